"""/api/v1/segments/: the keys, and the figures by value as the page shows them, strictly, masked, in pages."""

import pytest
from django.utils import timezone

from campaigns.models import SegmentKey
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.segments.sample import chosen, message, number_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def sent(feed, tenant, other_tenant):
    """Messages of two months; a kiosk and a stand have few recipients."""
    chosen(tenant, "shop", "tier")
    chosen(other_tenant, "shop", "secret")
    shops = {"north": (30, 10), "south": (39, 1), "kiosk": (3, 0), "stand": (4, 0), "": (12, 1)}
    codes = [(shop, code) for shop, (ok, no) in shops.items() for code in [1001] * ok + [1006] * no]
    apply(
        feed,
        *(
            message(f"m{n}", code, number=number_of(n), shop=shop, day=("2026-10-20", "2026-11-19")[n % 2])
            for n, (shop, code) in enumerate(codes)
        ),
        message("theirs", shop="west", partner="baltic-ee"),
    )


def rows(answer, *names: str) -> list[tuple]:
    return [tuple(row[name] for name in ("value", "messages", *names)) for row in answer.json()["data"]]


def test_keys_are_those_that_the_tenants_have_chosen(mine, theirs, sent, tenant):
    SegmentKey.objects.filter(tenant=tenant, key="tier").update(figures="unique")
    none = {"counting": [], "done": 0, "total": 0, "failed": [], "figures_from": None}
    shop = {"key": "shop", "tenants": ["nordic-retail"], "refused": {}} | none
    tier = {"key": "tier", "tenants": [], "refused": {"nordic-retail": "unique"}} | none
    listed = mine.get("segments/").json()
    assert listed == {
        "data": [shop | {"url": "/api/v1/segments/shop/"}, tier | {"url": "/api/v1/segments/tier/"}],
        "next_cursor": None,
        "data_as_of": listed["data_as_of"],
        "timezone": "UTC",
    }
    assert [row["key"] for row in theirs.get("segments/").json()["data"]] == ["secret", "shop"]
    assert [mine.get(f"segments/{key}/").status_code for key in ("shop", "tier", "secret")] == [200, 404, 404]


def test_values_have_their_figures(mine, sent):
    answer = mine.get("segments/shop/", **{"from": "2026-10-01", "to": "2026-11-20"})
    assert rows(answer, "delivered", "values", "time", "recipients") == [
        ("(none)", 13, 12, 1, None, None),
        ("kiosk", 3, 3, 1, None, None),
        ("north", 40, 30, 1, None, None),
        ("south", 40, 39, 1, None, None),
        ("stand", 4, 4, 1, None, None),
    ]
    body = answer.json()
    assert (body["total"]["messages"], body["read_from"], body["recipients"]) == (100, "counts", None)
    north = body["data"][2]
    assert north["against_others"]["is_sure"]
    assert north["against_others"]["difference"] == pytest.approx(30 / 40 - 58 / 60)
    assert north["latency"]["median"] == pytest.approx(5.05, abs=0.01)


def test_short_periods_have_recipients(mine, sent):
    answer = mine.get("segments/shop/", **{"from": "2026-11-01", "to": "2026-11-20"})
    assert sum(row["recipients"] for row in answer.json()["data"]) == answer.json()["recipients"] == 50


@pytest.mark.parametrize(("time", "times"), [("month", {"2026-10", "2026-11"}), ("day", {"2026-10-20", "2026-11-19"})])
def test_values_by_time(mine, sent, time, times):
    days = {"from": "2026-10-01", "to": "2026-11-20"}
    answer = mine.get("segments/shop/", group_by=time, **days)
    found = rows(answer, "time")
    assert {at for _value, _messages, at in found} == times
    whole = dict(rows(mine.get("segments/shop/", **days)))
    assert {value: sum(n for other, n, _at in found if other == value) for value in whole} == whole


def test_campaign_is_read_from_its_messages(mine, sent):
    days = {"from": "2026-10-01", "to": "2026-11-20"}
    answer = mine.get("segments/shop/", campaign="sale", **days)
    assert (answer.json()["read_from"], answer.json()["total"]["billed_parts"]) == ("messages", None)
    assert rows(answer, "delivered") == rows(mine.get("segments/shop/", **days), "delivered")
    by_month = mine.get("segments/shop/", campaign="sale", group_by="month", **days)
    assert rows(by_month, "time") == rows(mine.get("segments/shop/", group_by="month", **days), "time")
    assert mine.get("segments/shop/", campaign="no such", **days).json()["data"] == []


def test_keys_without_numbers_see_no_small_group(call, tenant, sent):
    answer = call(tenant, "read").get("segments/shop/", **{"from": "2026-10-01", "to": "2026-11-20"})
    assert rows(answer, "values") == [("(small)", 20, 3), ("north", 40, 1), ("south", 40, 1)]
    answer = call(tenant, "read").get("segments/shop/", **{"from": "2026-10-01", "to": "2026-11-20"}, group_by="month")
    assert "kiosk" not in answer.content.decode()


def test_pages_go_through_every_row_once(mine, call, tenant, sent):
    for caller, query in ((mine, {}), (mine, {"group_by": "month"}), (call(tenant, "read"), {})):
        query |= {"from": "2026-10-01", "to": "2026-11-20"}
        seen, cursor = [], None
        while cursor or not seen:
            answer = caller.get("segments/shop/", size=2, **query | ({"cursor": cursor} if cursor else {})).json()
            seen += [(row["value"], row["time"]) for row in answer["data"]]
            cursor = answer["next_cursor"]
        whole = [(row["value"], row["time"]) for row in caller.get("segments/shop/", **query).json()["data"]]
        assert seen == whole
    first = mine.get("segments/", size=1).json()
    second = mine.get("segments/", size=1, cursor=first["next_cursor"]).json()
    assert [row["key"] for row in (*first["data"], *second["data"])] == ["shop", "tier"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"group_by": "week"}, "group_by"),
        ({"colour": "red"}, "colour"),
        ({"cursor": "abc"}, "cursor"),
        ({"tenant": "baltic-parcel"}, "tenant"),
        ({"period": "90d", "recipients": "yes"}, "recipients"),
        ({"from": "2026-11-40"}, "from"),
    ],
)
def test_wrong_parameters_are_named(mine, sent, query, name):
    answer = mine.get("segments/shop/", **query)
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == [name]


def test_accounts_key_sees_what_is_counted_at_its_account(whole_account, sent):
    listed = {row["key"]: row["tenants"] for row in whole_account.get("segments/").json()["data"]}
    assert listed["shop"] == ["baltic-parcel", "nordic-retail"]
    answer = whole_account.get("segments/shop/", **{"from": "2026-11-01", "to": "2026-11-20"})
    assert ("west", 1) in rows(answer)


@pytest.mark.parametrize(("who", "scopes"), [("owner", ("read", "numbers")), ("viewer", ("read",))])
@pytest.mark.parametrize("query", [{}, {"campaign": "sale"}])
def test_page_and_api_say_the_same_of_a_month(client, request, call, tenant, sent, who, scopes, query):
    query |= {"from": "2026-11-01", "to": "2026-11-30"}
    client.force_login(request.getfixturevalue(who))
    page = client.get("/t/nordic-retail/segments/", query | {"key": "shop"}).context
    body = call(tenant, *scopes).get("segments/shop/", **query).json()

    def told(value, kpis, recipients, standout) -> tuple:
        volume = kpis.volume
        counts = (volume.messages, volume.parts, volume.delivered, volume.failed, volume.pending, volume.unknown)
        return value, counts, kpis.final, kpis.median, kpis.p95, recipients, standout and standout.difference

    names = ("messages", "parts", "delivered", "failed", "pending", "unknown")
    answered = {
        (
            row["value"],
            tuple(row[name] for name in names),
            row["final"],
            row["latency"]["median"],
            row["latency"]["p95"],
            row["recipients"],
            row["against_others"] and row["against_others"]["difference"],
        )
        for row in body["data"]
    }
    shown = {told(one.row.value, one.row.kpis, one.row.recipients, one.row.standout) for one in page["rows"]}
    assert shown == answered
    assert (page["found"].total.volume.messages, page["found"].recipients) == (
        body["total"]["messages"],
        body["recipients"],
    )
    assert ("(small)" in {row.value for row in page["found"].rows}) == (who == "viewer")
