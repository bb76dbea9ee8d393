"""/api/v1/campaigns/: listed, found, with figures; merged and masked."""

import pytest
from django.utils import timezone

from campaigns.merging import merge
from campaigns.models import Campaign
from portal.accounts.models import Role
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from tests.api.conftest import sent
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def several(feed, tenant, other_tenant):
    apply(
        feed,
        sent("a", 1001, "nr-fi", refId="autumn"),
        sent("b", 1006, "nr-fi", refId="autumn"),
        sent("c", 1001, "nr-fi", refId="spring"),
        sent("d", 1001, "nr-fi", refId="to 358401234567"),
        sent("o", 1001, "baltic-ee", refId="of another"),
    )


def ids() -> dict[str, int]:
    return dict(Campaign.objects.values_list("name", "id"))


def names(answer) -> list[str]:
    return [row["name"] for row in answer.json()["data"]]


def test_campaign_has_what_people_say_about_it(mine, several, tenant):
    manager = make_user("manager@example.com", tenant, Role.MANAGER)
    Campaign.objects.filter(name="autumn").update(
        title="Autumn sale",
        note="To members.",
        tags=["newsletter"],
        owner=manager,
        planned_start="2026-11-02",
        planned_split={"A": 50, "B": 50},
        day_notes={"2026-11-02": "Began late."},
        archived_at=NOW,
    )

    answer = mine.get(f"campaigns/{ids()['autumn']}/").json()

    figures = answer.pop("figures")
    assert (figures["messages"], figures["delivered"], figures["failed"]) == (2, 1, 1)
    assert figures["latency"]["median"] == pytest.approx(5.05, abs=0.01)
    (variant,) = answer.pop("variants")
    assert (variant["variant"], variant["messages"]) == ("", 2)
    assert answer == {
        "id": ids()["autumn"],
        "tenant": "nordic-retail",
        "name": "autumn",
        "title": "Autumn sale",
        "note": "To members.",
        "tags": ["newsletter"],
        "owner": "manager@example.com",
        "planned_start": "2026-11-02",
        "planned_split": {"A": 50, "B": 50},
        "day_notes": {"2026-11-02": "Began late."},
        "conversion_window": None,
        "archived_at": "2026-11-20T12:00:00Z",
        "merged_into": None,
        "created_at": answer["created_at"],
        "url": f"/api/v1/campaigns/{ids()['autumn']}/",
        "first_day": "2026-11-02",
        "last_day": "2026-11-02",
        "timezone": "Europe/Helsinki",
        "data_as_of": answer["data_as_of"],
        "provisional_from": None,
        "costs": None,
        "conversions": [],
        "conversions_as_of": "2026-11-20T12:00:00Z",
        "replies": None,
    }


def test_campaigns_are_listed_newest_first_by_pages(mine, several):
    first = mine.get("campaigns/", size=2)
    second = mine.get("campaigns/", size=2, cursor=first.json()["next_cursor"])

    newest = [name for name, _id in sorted(ids().items(), key=lambda pair: -pair[1]) if name != "of another"]
    assert names(first) + names(second) == newest
    assert second.json()["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "AUT"}, ["autumn"]),
        ({"q": "big"}, ["spring"]),
        ({"state": "archived"}, ["spring"]),
        ({"state": "active", "q": "s"}, []),
        ({"tenant": "nordic-retail", "q": "autumn"}, ["autumn"]),
    ],
)
def test_campaigns_are_found(mine, several, query, found):
    Campaign.objects.filter(name="spring").update(title="Big Offer", archived_at=NOW)

    assert names(mine.get("campaigns/", **query)) == found


@pytest.mark.parametrize(
    ("query", "parameter"),
    [({"state": "gone"}, "state"), ({"cursor": "x"}, "cursor"), ({"size": 501}, "size"), ({"order": "name"}, "order")],
)
def test_wrong_parameters_are_named(mine, several, query, parameter):
    answer = mine.get("campaigns/", **query)

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, parameter)


def test_merged_campaign_names_where_it_counts(mine, several):
    autumn, spring = (Campaign.objects.get(name=name) for name in ("autumn", "spring"))
    merge(campaign=spring, into=autumn, actor="x")

    whole, part = (mine.get(f"campaigns/{id_}/").json() for id_ in (autumn.id, spring.id))

    assert whole["figures"]["messages"] == 3
    assert (part["merged_into"], part["figures"], part["first_day"], part["variants"]) == (autumn.id, None, None, [])
    assert sorted(names(mine.get("campaigns/", q="spring"))) == ["autumn", "spring"]


def test_numbers_are_masked_without_the_scope(call, tenant, several):
    masked, full = call(tenant, "read"), call(tenant)

    assert "358401234567" not in masked.get("campaigns/").content.decode()
    assert "to +358 •••••••67" in names(masked.get("campaigns/"))
    assert "to 358401234567" in names(full.get("campaigns/"))
    assert names(masked.get("campaigns/", q="4567")) == []
    assert names(full.get("campaigns/", q="4567")) == ["to 358401234567"]


def test_campaign_of_another_tenant_is_not_found(mine, theirs, several):
    assert mine.get(f"campaigns/{ids()['of another']}/").status_code == 404
    assert mine.get("campaigns/9999999999/").status_code == 404
    assert names(theirs.get("campaigns/")) == ["of another"]


def test_account_s_key_sees_the_campaigns_of_its_account(call, whole_account, several, tenant):
    pool = Tenant.objects.create(slug="pool-second", name="Pool of second", kind="pool")
    second = GatewayAccount.objects.create(name="second", platform_id="TWO", pool=pool)
    PartnerId.objects.create(account=second, value="nr-second", tenant=tenant, declared_at=NOW)
    feed = Feed.objects.create(account=second, name="main", dialect="link")
    apply(feed, sent("s", 1001, "nr-second", refId="elsewhere"), sent("t", 1001, "nr-second", refId="autumn"))

    other = call(pool, account=second)

    assert "elsewhere" not in names(whole_account.get("campaigns/"))
    assert sorted(names(other.get("campaigns/"))) == ["autumn", "elsewhere"]
    assert whole_account.get(f"campaigns/{ids()['elsewhere']}/").status_code == 404
    assert other.get(f"campaigns/{ids()['autumn']}/").json()["figures"]["messages"] == 1
    assert whole_account.get(f"campaigns/{ids()['autumn']}/").json()["figures"]["messages"] == 2


@pytest.mark.parametrize("more", (0, 3))
def test_query_count_of_the_list_is_fixed(mine, several, feed, django_assert_num_queries, more):
    apply(feed, *(sent(f"m{n}", 1001, "nr-fi", refId=f"c{n}") for n in range(more)))
    mine.get("campaigns/")

    with django_assert_num_queries(11):
        mine.get("campaigns/")
