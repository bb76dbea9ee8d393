"""Different recipients and conversions in the statistics: as segments and campaigns have them, within limits."""

from datetime import date

import pytest
from django.utils import timezone

from campaigns.merging import merge
from campaigns.models import Campaign
from deliveries.models import Message
from tests.api.test_segment_conversions import DAYS, bought, sent  # noqa: F401  fixtures
from tests.api.test_tables import table
from tests.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.parametrize("scopes", [("read", "numbers"), ("read",)])
def test_values_of_a_key_are_those_of_segments(call, tenant, bought, scopes):  # noqa: F811
    caller = call(tenant, *scopes)
    rows = caller.get("segments/shop/", **DAYS, recipients="yes").json()

    answer = caller.get("statistics/", **DAYS, group_by="segment:shop", include="recipients,conversions").json()

    found = {g["key"]["segment:shop"]: (g["recipients"], g["conversions"]) for g in answer["groups"]}
    assert found == {row["value"]: (row["recipients"], row["conversions"]) for row in rows["data"]}
    assert (answer["total"]["recipients"], answer["total"]["conversions"]) == (rows["recipients"], rows["conversions"])
    assert answer["total"]["conversions"]["converted"] == 5
    assert ("(small)" in found) == (scopes == ("read",))


@pytest.mark.parametrize(
    ("name", "column"),
    [("country", "country"), ("variant", "variant"), ("operator", "operator"), ("sender_type", "sender_type"),
     ("status", "status"), ("result_code", "result_code"), ("partner_id", "partner_id"), ("day", "day")],
)  # fmt: skip
def test_recipients_of_each_group_are_the_different_ones_of_its_messages(mine, bought, name, column):  # noqa: F811
    answer = mine.get("statistics/", **DAYS, group_by=name, include="recipients").json()

    counted = {
        str(value): Message.objects.filter(**{column: value}).values("recipient_key").distinct().count()
        for value in Message.objects.values_list(column, flat=True)
    }
    assert {str(group["key"][name]): group["recipients"] for group in answer["groups"]} == counted
    assert answer["total"]["recipients"] == Message.objects.values("recipient_key").distinct().count() == 26


def test_times_and_tenants_have_their_names(mine, bought):  # noqa: F811
    Message.objects.exclude(message_id="m0").update(day=date(2026, 11, 16))
    query = {"group_by": "tenant,week,month", "include": "recipients"}

    groups = mine.get("statistics/", **DAYS, **query).json()["groups"]

    assert [(*group["key"].values(), group["recipients"]) for group in groups] == [
        ("nordic-retail", "2026-W47", "2026-11", 26)
    ]


def test_merged_campaigns_have_each_recipient_once(mine, tenant, bought):  # noqa: F811
    names = {one.name: one for one in Campaign.objects.filter(tenant=tenant)}
    merge(campaign=names["news"], into=names["sale"], actor="test")
    Message.objects.filter(message_id="m20").update(recipient_key=Message.objects.get(message_id="m0").recipient_key)

    answer = mine.get("statistics/", **DAYS, group_by="campaign", include="recipients,conversions").json()

    (sale,) = answer["groups"]
    assert (sale["key"], sale["recipients"]) == ({"campaign": "sale"}, 25)
    of_campaign = mine.get(f"campaigns/{names['sale'].id}/").json()["conversions"]
    assert sale["conversions"]["recipients"] == of_campaign[0]["recipients"]


def test_campaign_may_have_any_days(mine, bought):  # noqa: F811
    days = {"from": "2026-01-01", "to": "2026-11-20"}
    asked = {"include": "recipients,conversions"}

    of_sale = mine.get("statistics/", **days, **asked, campaign="sale").json()["total"]
    assert (of_sale["recipients"], of_sale["conversions"]["converted"]) == (15, 4)
    refused = mine.get("statistics/", **days, **asked).json()
    assert refused["errors"] == [
        {
            "parameter": "include",
            "detail": "recipients are counted in at most 31 days, or of a `campaign`: choose a shorter period",
        }
    ]


@pytest.mark.parametrize("name", ["hour", "reason"])
def test_groups_without_recipients_are_refused(mine, bought, name):  # noqa: F811
    answer = mine.get("statistics/", **DAYS, group_by=name, include="conversions")

    assert answer.json()["detail"] == f"include: recipients are not counted by {name}"


def test_account_has_no_conversions(mine, whole_account, bought):  # noqa: F811
    for caller, query in ((whole_account, {}), (mine, {"account": "link-main"})):
        total = caller.get("statistics/", **DAYS, **query, include=["recipients", "conversions"]).json()["total"]
        assert (total["recipients"], total["conversions"]) == (26, None)


def test_csv_has_columns_for_what_is_included(mine, bought):  # noqa: F811
    query = {"group_by": "segment:shop", "include": "recipients,conversions", "format": "csv"}

    rows = {row["segment:shop"]: row for row in table(mine.get("statistics/", **DAYS, **query))}

    names = ("recipients", "conversions_converted", "conversions_recipients", "conversions_rate",
             "conversions_revenue_EUR", "conversions_revenue_SEK")  # fmt: skip
    assert [rows["north"][name] for name in names] == ["12", "3", "10", "0.3", "16.0", "7.0"]
    assert [rows["south"][name] for name in names[:1]] == ["11"]
    assert "recipients" not in table(mine.get("statistics/", **DAYS, format="csv"))[0]
