"""Conversions by the values of a segment key, against counting by hand; the page and the API say the same."""

import pytest
from django.utils import timezone

from deliveries.attributing.attribute import attribute_due
from tests.attributing.sample import event
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.segments.sample import chosen, message, number_of

pytestmark = pytest.mark.django_db

DAYS = {"from": "2026-11-01", "to": "2026-11-20"}
LATER = 24 * 60 + 30  # minutes after the start of the sample's events: half an hour after the messages
M = 1_000_000


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def sent(feed, tenant) -> None:
    """Recipients 0-9 of North got a message (0 two), 10 and 11 did not; South has 20-30, the kiosk 40-42."""
    chosen(tenant, "shop")
    shops = {"north": range(12), "south": range(20, 31), "kiosk": range(40, 43)}
    apply(
        feed,
        *(
            message(
                f"m{n}", 1006 if n in (10, 11) else 1001, number=number_of(n), shop=shop,
                ref_id="news" if shop == "south" else "sale",
            )
            for shop, numbers in shops.items()
            for n in numbers
        ),
        message("again", number=number_of(0), shop="north", ref_id="sale", seconds=9),
    )  # fmt: skip


@pytest.fixture
def bought(sent, feed, tenant) -> None:
    eur = {"currency": "EUR"}
    for n, more in (
        (0, {"value": 10 * M, **eur}), (0, {"value": 5 * M, **eur}), (1, {"value": 7 * M, "currency": "SEK"}),
        (2, {}), (20, {"value": 4 * M, **eur}), (40, {"value": 2 * M, **eur}), (50, {"value": M, **eur}),
    ):  # fmt: skip
        event(tenant, f"e{n} {more}", LATER, number_of(n), **more)
    failed = {"account_id": feed.account_id, "message_id": "m10"}  # its revenue counts, its recipient got nothing
    event(tenant, "failed", LATER, None, value=M, **eur, **failed)
    attribute_due()


def money(total: float, messages: int, recipients: int, currency: str = "EUR") -> dict:
    return {
        "currency": currency, "total": total, "per_message": total / messages, "per_recipient": total / recipients,
    }  # fmt: skip


def test_values_have_conversions_of_the_recipients_that_got_a_message(mine, bought):
    body = mine.get("segments/shop/", **DAYS).json()
    found = {row["value"]: row["conversions"] for row in body["data"]}
    north = found["north"]
    assert (north["converted"], north["recipients"], north["rate"]) == (3, 10, 0.3)
    assert north["interval"] == pytest.approx([0.108, 0.603], abs=0.001)
    assert north["revenue"] == [money(16, 11, 10), money(7, 11, 10, "SEK")]
    assert (found["south"]["rate"], found["south"]["revenue"]) == (1 / 11, [money(4, 11, 11)])
    assert (found["kiosk"]["rate"], found["kiosk"]["revenue"]) == (1 / 3, [money(2, 3, 3)])
    total = body["conversions"]
    assert (total["converted"], total["recipients"]) == (5, 24)
    assert total["revenue"] == [money(22, 25, 24), money(7, 25, 24, "SEK")]
    of_news = mine.get("segments/shop/", campaign="news", **DAYS).json()
    assert [(row["value"], row["conversions"]) for row in of_news["data"]] == [("south", found["south"])]
    assert of_news["conversions"] == found["south"]


@pytest.mark.parametrize(("who", "scopes"), [("owner", ("read", "numbers")), ("viewer", ("read",))])
@pytest.mark.parametrize("query", [{}, {"campaign": "sale"}])
def test_page_shows_what_the_api_says(client, request, call, tenant, bought, who, scopes, query):
    client.force_login(request.getfixturevalue(who))
    answer = client.get("/t/nordic-retail/segments/", query | DAYS | {"key": "shop"})
    body = call(tenant, *scopes).get("segments/shop/", **query, **DAYS).json()

    def figures(found) -> tuple | None:
        if found is None:
            return None
        revenue = [(one.currency, one.total, one.per_message, one.per_recipient) for one in found.revenue]
        return found.converted, found.recipients, found.rate, list(found.interval), revenue

    def answered(found: dict | None) -> tuple | None:
        if found is None:
            return None
        revenue = [tuple(one.values()) for one in found["revenue"]]
        return found["converted"], found["recipients"], found["rate"], found["interval"], revenue

    shown = answer.context["found"]
    rows = {row.value: figures(row.conversions) for row in shown.rows}
    assert rows == {row["value"]: answered(row["conversions"]) for row in body["data"]}
    assert figures(shown.conversions) == answered(body["conversions"])
    text = answer.text.replace("\N{NO-BREAK SPACE}", " ")
    if who == "owner":
        assert ("3 of 10" in text, "1.6000 EUR" in text) == (True, True)
    else:  # the kiosk's three recipients are in a group, whose recipients are not said
        assert rows["(small)"] is None


def test_tenant_without_events_has_none(mine, client, owner, sent):
    client.force_login(owner)
    assert "Revenue per recipient" not in client.get("/t/nordic-retail/segments/", DAYS).text
    assert mine.get("segments/shop/", **DAYS).json()["conversions"] is None


def test_what_has_no_recipients_or_is_of_an_account_has_none(mine, whole_account, bought):
    for caller, query in ((mine, {"period": "90d"}), (whole_account, DAYS)):
        body = caller.get("segments/shop/", **query).json()
        assert [body["conversions"], *(row["conversions"] for row in body["data"])] == [None] * (len(body["data"]) + 1)
    by_day = mine.get("segments/shop/", group_by="day", **DAYS).json()
    assert {row["conversions"] and "some" for row in by_day["data"]} == {None}
