"""GET /api/v1/highlights/: the highlights of the Overview, masked, of the key's tenants alone."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.models import RefIdScheme
from portal.tenants.models import PartnerId
from tests.api.conftest import call
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply
from tests.overview.test_highlights import reports

__all__ = ["call"]

pytestmark = pytest.mark.django_db

DAYS = {"from": "2026-11-01", "to": "2026-11-20"}


@pytest.fixture
def traffic(feed, tenant, monkeypatch) -> None:
    """A slow day, a country that became worse, and a variant that is delivered better."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    PartnerId.objects.create(account=feed.account, value="nr-se", tenant=tenant, declared_at=NOW)
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    start = datetime(2026, 11, 2, 10, tzinfo=UTC)
    apply(
        feed,
        *(report for day in range(6) for report in reports(start + timedelta(days=day), f"u{day}-", 25)),
        *reports(start + timedelta(days=6), "slow", 25, seconds=600),
        *reports(start + timedelta(days=1), "a", 60, refId="to +358401234567|A"),
        *reports(start + timedelta(days=1), "af", 40, code=1006, refId="to +358401234567|A"),
        *reports(start + timedelta(days=1), "b", 100, refId="to +358401234567|B"),
        *reports(start + timedelta(days=7), "bad", 200, code=1006),
    )


def test_highlights_are_those_of_the_overview(call, client, tenant, traffic):
    client.force_login(make_user("mari@example.com", tenant, "manager"))
    shown = client.get(f"/t/{tenant.slug}/overview/", DAYS).context["highlights"]

    answer = call(tenant).get("highlights/", **DAYS).json()

    for name, found in (("slow_days", shown.slow_days), ("worse_countries", shown.worse_countries)):
        assert len(answer[name]) == len(found) == 1
    [slow], [worse], [winner] = shown.slow_days, shown.worse_countries, shown.winners
    told = asdict(slow) | {"day": str(slow.day)}
    assert answer["slow_days"] == [{name: told[name] for name in told if name != "is_masked"}]
    assert answer["worse_countries"] == [
        {
            "country": worse.country,
            "since": str(worse.since),
            "failed": worse.failed,
            "failed_share": worse.now,
            "failed_share_before": worse.before,
            "p_value": worse.p_value,
        }
    ]
    assert answer["winners"] == [
        {
            "campaign": "to +358401234567",
            "variant": "B",
            "delivery_rate": 1.0,
            "others": [{"variant": "A", "delivery_rate": 0.6}],
            "difference": winner.difference,
            "interval": [winner.low, winner.high],
        }
    ]
    assert (answer["are_days_compared"], answer["timezone"]) == (True, "Europe/Helsinki")


def test_names_are_masked_without_the_scope(call, tenant, traffic):
    masked = call(tenant, "read").get("highlights/", **DAYS)
    assert "401234567" not in masked.content.decode()
    assert len(masked.json()["winners"]) == 1


def test_long_periods_have_winners_alone(call, tenant, traffic):
    answer = call(tenant).get("highlights/", **{"from": "2026-07-01", "to": "2026-11-20"}).json()
    assert (answer["are_days_compared"], answer["slow_days"], answer["worse_countries"]) == (False, [], [])
    assert len(answer["winners"]) == 1


def test_filters_narrow_and_are_strict(call, tenant, other_tenant, account, traffic):
    key, nothing = call(tenant), {"slow_days": [], "worse_countries": [], "winners": []}

    def found(caller, **query) -> dict:
        answer = caller.get("highlights/", **DAYS | query).json()
        return {name: answer[name] for name in nothing}

    assert found(key, country="FI") == found(key, operator="none") == found(call(other_tenant)) == nothing
    assert [len(rows) for rows in found(key, operator="se.tele2", tenant=tenant.slug).values()] == [1, 1, 1]
    assert [len(rows) for rows in found(call(account.pool, account=account)).values()] == [1, 1, 1]
    for field, value in (("country", "Sweden"), ("operator", "SE.tele2"), ("tenant", "baltic-parcel"), ("size", "1")):
        answer = key.get("highlights/", **DAYS | {field: value})
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, field)


def test_number_of_queries_does_not_depend_on_the_traffic(call, tenant, feed, traffic, django_assert_num_queries):
    key = call(tenant)
    key.get("highlights/", **DAYS)
    start = datetime(2026, 11, 3, 12, tzinfo=UTC)
    apply(
        feed,
        *(
            one
            for n in range(5)
            for one in reports(
                start,
                f"more{n}-",
                3,
                refId=f"c{n}|A",
            )
        ),
    )
    with django_assert_num_queries(22):
        key.get("highlights/", **DAYS)
