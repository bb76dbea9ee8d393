"""Statistics by the values of a segment key: as the page and /segments/ say them, with small groups masked."""

import pytest
from django.utils import timezone

from tests.api.test_segments import sent  # noqa: F401  a fixture
from tests.api.test_tables import table
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

DAYS = {"from": "2026-10-01", "to": "2026-11-20"}
COUNTS = ("messages", "parts", "delivered", "failed", "pending", "unknown", "delivered_parts", "billed_parts", "final")


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def figures(row: dict) -> tuple:
    return tuple(row[name] for name in COUNTS), row["latency"], row["delivery_rate_interval"]


@pytest.mark.parametrize("scopes", [("read", "numbers"), ("read",)])
@pytest.mark.parametrize("time", [None, "day", "month"])
def test_groups_are_the_rows_of_segments(call, tenant, sent, scopes, time):  # noqa: F811
    caller = call(tenant, *scopes)
    by_time = {"group_by": time} if time else {}
    rows = caller.get("segments/shop/", **DAYS, **by_time).json()

    answer = caller.get("statistics/", **DAYS, group_by=",".join(filter(None, ["segment:shop", time]))).json()

    found = {(g["key"]["segment:shop"], g["key"].get(time)): figures(g) for g in answer["groups"]}
    assert found == {(row["value"], row["time"]): figures(row) for row in rows["data"]}
    assert figures(answer["total"]) == figures(rows["total"])
    assert {group["recipients"] for group in answer["groups"]} == {None}


def test_groups_by_further_names(mine, sent):  # noqa: F811
    answer = mine.get("statistics/", **DAYS, group_by="segment:shop,status", country="FI", order="-messages", limit=2)

    assert [(*group["key"].values(), group["messages"]) for group in answer.json()["groups"]] == [
        ("south", "delivered", 39), ("north", "delivered", 30),
    ]  # fmt: skip
    assert (answer.json()["other"]["messages"], answer.json()["total"]["messages"]) == (31, 100)


def test_compared_small_groups_are_one_in_both_periods(call, tenant, sent):  # noqa: F811
    periods = {"from": "2026-11-01", "to": "2026-11-20", "compare": "previous"}

    full, masked = (
        call(tenant, *scopes).get("statistics/", **periods, group_by="segment:shop").json()
        for scopes in (("read", "numbers"), ("read",))
    )

    named = {group["key"]["segment:shop"]: (group["messages"], group["before"]["messages"]) for group in full["groups"]}
    assert {group["key"]["segment:shop"]: (group["messages"], group["before"]["messages"])
            for group in masked["groups"]} == {
        "north": named["north"],
        "south": named["south"],
        "(small)": tuple(sum(named[shop][n] for shop in ("kiosk", "stand", "(none)")) for n in (0, 1)),
    }  # fmt: skip
    assert masked["total"]["messages"] == full["total"]["messages"]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"group_by": "segment:shop,country"}, "group_by"),
        ({"group_by": "segment:shop", "country": "FI"}, "country"),
    ],
)
def test_masked_keys_cannot_tell_few_recipients_apart(call, tenant, sent, query, parameter):  # noqa: F811
    answer = call(tenant, "read").get("statistics/", **DAYS, **query)

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (400, parameter)
    assert "scope “numbers”" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"group_by": "segment:"}, "group_by: one of hour, day"),
        ({"group_by": "segment:shops"}, "did you mean segment:shop?"),
        ({"group_by": "segment:secret"}, "no segment key “secret”"),
        ({"group_by": "segment:shop,segment:tier"}, "segment:shop cannot be combined with segment:tier"),
        ({"group_by": "segment:shop,campaign"}, "segment:shop cannot be combined with campaign"),
        ({"group_by": "segment:shop", "campaign": "sale"}, "GET /api/v1/segments/{key}/"),
        ({"group_by": "hour,segment:shop"}, "hour cannot be combined with segment:shop"),
        ({"group_by": "segment:shop", "tenant": "baltic-parcel"}, "tenant: no tenant of this name"),
    ],
)
def test_what_no_count_holds_is_refused(mine, sent, query, detail):  # noqa: F811
    answer = mine.get("statistics/", **DAYS, **query)

    assert answer.status_code == 400
    assert detail in answer.json()["detail"]


def test_csv_and_lines(mine, sent):  # noqa: F811
    query = {"group_by": "segment:shop", "format": "csv"}

    rows = table(mine.get("statistics/", **DAYS, **query))

    assert {row["segment:shop"]: row["messages"] for row in rows}["south"] == "40"


def test_account_and_tenant_narrow(mine, whole_account, sent):  # noqa: F811
    query = {"group_by": "segment:shop,tenant"}

    def keys(caller, **more) -> set:
        groups = caller.get("statistics/", **DAYS, **query, **more).json()["groups"]
        return {tuple(group["key"].values()) for group in groups}

    assert {tenant for _value, tenant in keys(mine, tenant="nordic-retail")} == {"nordic-retail"}
    assert ("west", "baltic-parcel") in keys(whole_account)
    assert keys(whole_account, tenant="baltic-parcel") == {("west", "baltic-parcel")}
