"""A month of campaigns, A/B tests, segments, conversions: pages, API and files have the same figures, to the unit."""

from urllib.parse import urlencode

import pandas
import pytest

from campaigns.models import ConversionEvent
from deliveries.exports.making import run_exports
from deliveries.models import ConversionWindow, Export
from tests.api.conftest import call, mine
from tests.exports.conftest import path_of
from tests.pages.campaign_month import PERIOD, month
from tests.pages.test_overview import Page

__all__ = ["call", "mine", "month"]

pytestmark = pytest.mark.django_db(transaction=True)  # files are read in a snapshot of its own

T = "/t/nordic-retail"
CLASSES = ("delivered", "pending", "failed", "unknown")
DAYS = dict(part.split("=") for part in PERIOD.split("&"))


def tables(client, address: str) -> dict[str, list[list[str]]]:
    """Return the rows of each table of a page; figures as its CSV has them."""
    answer = client.get(f"{T}/{address}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return Page(answer.content.decode()).rows


def file(client, address: str) -> list[dict]:
    """Return the rows of the file that a page of the portal makes."""
    assert client.post(f"{T}/exports/table/{address}", {"format": "parquet"}).status_code == 302
    export = Export.objects.latest("id")
    run_exports(export_id=export.id)
    export.refresh_from_db()
    assert (export.state, export.error) == ("done", "")
    found = pandas.read_parquet(path_of(export))
    return found.astype(object).where(found.notna(), None).to_dict("records")


def counts(figures: dict, *names: str) -> list[int]:
    return [int(figures[name]) for name in names]


def test_campaign(client, person, mine, month):
    client.force_login(person)
    api = mine.get(f"campaigns/{month['id']}/").json()
    page = tables(client, f"campaigns/{month['id']}/")

    of_page = [int(row[1]) for row in page["status"][1:]]
    assert of_page == counts(api["figures"], *CLASSES, "messages")
    [listed] = [row for row in tables(client, f"campaigns/?{PERIOD}")["campaigns"] if row[0] == "sale"]
    [filed] = [row for row in file(client, f"?table=campaigns&{PERIOD}&state=active") if row["campaign"] == "sale"]
    assert counts(filed, *CLASSES, "messages") == of_page
    assert [int(listed[4]), float(listed[5]), int(listed[6])] == [
        filed["messages"], pytest.approx(filed["delivery_rate"], abs=1e-5), filed["failed"],
    ]  # fmt: skip
    assert float(listed[5]) == pytest.approx(api["figures"]["delivery_rate"], abs=1e-5)
    by_operator = {row["operator"]: row["messages"] for row in file(client, f"?table=operators&{PERIOD}&campaign=sale")}
    assert {row[0].split()[0]: int(row[1]) for row in page["operators"][1:]} == by_operator
    assert sum(by_operator.values()) == of_page[-1] == 84


def test_recipients(client, person, mine, month):
    client.force_login(person)
    for group in ("all", *CLASSES, "unreadable"):
        shown = client.get(f"{T}/campaigns/{month['id']}/recipients/{group}/").context
        rows = shown["recipients"] if "recipients" in shown else shown["rows"]
        query = {} if group == "all" else {"group": group}
        answered = mine.get(f"campaigns/{month['id']}/recipients/", size=100, **query).json()["data"]
        filed = file(client, f"recipients/{month['id']}/{group}/")
        assert len(rows) == len(answered) == len(filed), group
        if group == "all":
            numbers = {one["message"]["destination"] for one in answered}
            assert {row["number"] for row in filed} == numbers
            assert len(numbers) == len(rows) > 20


def test_ab(client, person, mine, month):
    client.force_login(person)
    api = mine.get(f"campaigns/{month['id']}/ab/").json()
    page = tables(client, f"campaigns/{month['id']}/ab/")

    names = ("messages", "delivered", "failed", "pending", "unknown")
    assert [[row[0], *map(int, row[1:6])] for row in page["variants"][1:]] == [
        [variant["name"], *counts(variant, *names)] for variant in api["variants"]
    ]
    assert sum(variant["messages"] for variant in api["variants"]) == 72
    differences = [float(row[1]) for row in page["differences"][1:]]
    assert differences == [pytest.approx(pair["difference"], abs=1e-5) for pair in api["comparisons"]]


@pytest.mark.parametrize("query", [{}, {"campaign": "sale"}])
def test_segments(client, person, mine, month, query):
    client.force_login(person)
    more = "".join(f"&{name}={value}" for name, value in query.items())
    api = mine.get("segments/shop/", **DAYS, **query).json()
    page = tables(client, f"segments/?{PERIOD}&key=shop{more}")["values"]

    answered = {
        row["value"]: [row["messages"], row["recipients"], row["delivery_rate"], row["conversions"]["rate"]]
        for row in api["data"]
    }
    shown = {row[0]: [int(row[2]), int(row[3]), float(row[4]), float(row[5])] for row in page[1:-1]}
    assert shown == {value: pytest.approx(figures, abs=1e-5) for value, figures in answered.items()}
    assert int(page[-1][2]) == api["total"]["messages"] == sum(row["messages"] for row in api["data"])
    assert len(shown) == 3


def test_conversions(client, person, mine, month):
    client.force_login(person)
    shown = {
        row.name: [row.events, row.attributed]
        for row, _values in client.get(f"{T}/conversions/?{PERIOD}").context["kinds"]
    }
    events = mine.get("conversions/", size=100, **DAYS).json()["data"]

    assert shown == {
        name: [
            sum(one["kind"] == name for one in events),
            sum(one["kind"] == name and one["attributed_message_id"] is not None for one in events),
        ]
        for name in ("purchase", "sign-up")
    }
    of_campaign = mine.get(f"campaigns/{month['id']}/").json()["conversions"]
    kinds = [row.figures for row in client.get(f"{T}/campaigns/{month['id']}/conversions/").context["kinds"]]
    assert [[one.kind, one.events, one.converted, one.rate] for one in kinds] == [
        [one["kind"], one["events"], one["converted"], one["rate"]] for one in of_campaign
    ]
    [listed] = [row for row in tables(client, f"campaigns/?{PERIOD}")["campaigns"] if row[0] == "sale"]
    assert int(listed[10]) == sum(one.events for one in kinds) > 0


def test_tables_of_a_campaign(client, person, mine, month):
    client.force_login(person)
    shown = client.get(f"{T}/campaigns/{month['id']}/").context
    of_sale = f"&{PERIOD}&campaign=sale"

    statuses = file(client, f"?table=statuses{of_sale}")
    assert [[row["counts_as"], row["messages"], row["share"]] for row in statuses] == [
        [row.name, row.messages, row.share] for row in shown["status_rows"]
    ]
    assert [[row["seconds"], row["share"]] for row in file(client, f"?table=speed{of_sale}")] == [
        [row.seconds, row.share] for row in shown["speed"]
    ]
    assert [
        [row[name] for name in ("result_code", "messages", "share")]
        for row in file(client, f"?table=failures{of_sale}")
    ] == [[row.result_code, row.messages, row.share] for row in shown["failure_rows"]]
    days = [[row["day"], row["messages"], row["delivered"]] for row in file(client, f"?table=days{of_sale}")]
    assert days == [
        [column.first.isoformat(), column.kpis.volume.messages, column.kpis.volume.delivered]
        for column in shown["columns"]
        if column.kpis.volume.messages
    ]
    hours = client.get(f"{T}/campaigns/{month['id']}/hours/").context["rows"]
    assert [[row["hour"], row["messages"], row["delivered"]] for row in file(client, f"?table=hours{of_sale}")] == [
        [row.hour, row.messages, row.delivered] for row in hours
    ]
    assert sum(row.messages for row in hours) == sum(row["messages"] for row in statuses) == 84


def test_conversions_of_a_campaign(client, person, mine, month):
    client.force_login(person)
    of_campaign = mine.get(f"campaigns/{month['id']}/").json()["conversions"]
    names = ("kind", "events", "converted")

    rows = file(client, "?table=conversions&campaign=sale")
    by_variant = file(client, "?table=variant_conversions&campaign=sale")

    assert [[row[name] for name in names] for row in rows] == [[one[name] for name in names] for one in of_campaign]
    assert [row["conversion_rate"] for row in rows] == [one["rate"] for one in of_campaign]
    page = client.get(f"{T}/campaigns/{month['id']}/conversions/").context["variants"]
    assert {row["variant"]: [row["addressed"], row["converted"]] for row in by_variant} == {
        row.name or "(no variant)": [row.figures.addressed, row.figures.converted] for row in page
    }
    tested = mine.get(f"campaigns/{month['id']}/ab/").json()["conversions"]["variants"]
    assert {one["name"]: [one["addressed"], one["converted"]] for one in tested}.items() <= {
        row["variant"]: [row["addressed"], row["converted"]] for row in by_variant
    }.items()
    assert len(by_variant) == 3


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"metric": "within", "within": "30"},
        {"a": "sale|A", "b": "sale|B"},
        {"metric": "converted"},
        {"metric": "revenue"},
        {"metric": "revenue", "a": "sale|A", "b": "sale|B"},
    ],
)
def test_tables_of_an_ab_test(client, person, mine, month, query):
    client.force_login(person)
    ConversionWindow.objects.update(minutes=60)  # no event is expected any more
    api = mine.get(f"campaigns/{month['id']}/ab/", **query).json()
    page = client.get(f"{T}/campaigns/{month['id']}/ab/", query)
    chosen = page.context["test_query"]
    assert f"table=ab_differences&amp;{chosen.replace('&', '&amp;')}" in page.content.decode()

    variants = file(client, f"?table=ab_variants&{chosen}")
    places = file(client, f"?table=ab_places&{chosen}")
    differences = file(client, f"?table=ab_differences&{chosen}")

    names = ("messages", "delivered", "failed", "pending", "unknown", "counted", "reached", "rate")
    assert [[row["variant"], *(row[name] for name in names)] for row in variants] == [
        [one["name"], *(one[name] for name in names)] for one in api["variants"]
    ]
    revenue = [row["revenue_per_recipient"] and float(row["revenue_per_recipient"]) for row in variants]
    assert revenue == pytest.approx([one["revenue_per_recipient"] for one in api["variants"]], abs=1e-6)
    assert {row["currency"] or None for row in (*variants, *differences)} == {api["currency"]}
    names = ("variant", "messages", "delivered", "counted", "reached")
    assert [[row[name] for name in names] for row in places] == [[one[name] for name in names] for one in api["places"]]
    figures = [f"{'revenue_' if api['currency'] else ''}{name}" for name in ("difference", "low", "high")]
    assert [[float(row[name]) for name in figures] for row in differences] == [
        pytest.approx([one["difference"], *one["interval"]], abs=1e-6) for one in api["comparisons"]
    ]
    assert [[row["better"], row["p_value"], row["win_probability"]] for row in differences] == [
        [one["better"], one["p_value"], one["win_probability"]] for one in api["comparisons"]
    ]
    shown = tables(client, f"campaigns/{month['id']}/ab/?{urlencode(query)}")["differences"][1:]
    assert [float(row[1]) for row in shown] == [
        pytest.approx(one["difference"], abs=1e-4) for one in api["comparisons"]
    ]
    assert (len(variants), len(places), len(differences)) == (2, 4, 1)


RECIPIENTS = ("addressed", "converted", "counted", "reached")


@pytest.mark.parametrize("minutes", [60, 11 * 24 * 60], ids=["over", "running"])
def test_conversions_of_an_ab_test(client, person, mine, month, minutes):
    """As a card beside the comparison of messages, and as its table of variants; chosen by refIds or not."""
    client.force_login(person)
    ConversionWindow.objects.update(minutes=minutes)
    for query, table in (
        ({}, "ab-conversions"),
        ({"a": "sale|A", "b": "sale|B"}, "ab-conversions"),
        ({"metric": "converted"}, "variants"),
        ({"metric": "revenue"}, "variants"),
    ):
        api = mine.get(f"campaigns/{month['id']}/ab/", **query).json()["conversions"]
        page = client.get(f"{T}/campaigns/{month['id']}/ab/", query)
        chosen = page.context["test_query"]
        assert f"table=ab_conversions&amp;{chosen.replace('&', '&amp;')}" in page.content.decode(), query
        rows = file(client, f"?table=ab_conversions&{chosen}")

        assert [[row["variant"], *counts(row, *RECIPIENTS), row["rate"], row["currency"]] for row in rows] == [
            [one["name"], *counts(one, *RECIPIENTS), one["rate"], "EUR"] for one in api["variants"]
        ], query
        for filed, one in zip(rows, api["variants"], strict=True):
            ends = one["rate_interval"] or [None, None], one["revenue_interval"] or [None, None]
            assert [filed["low"], filed["high"]] == ends[0]
            money = [filed[name] for name in ("revenue_per_recipient", "revenue_low", "revenue_high")]
            assert [amount and float(amount) for amount in money] == pytest.approx(
                [one["revenue_per_recipient"], *ends[1]], abs=1e-6
            )
        shown = tables(client, f"campaigns/{month['id']}/ab/?{urlencode(query)}")[table][1:]
        assert [[row[0], *map(int, row[1:3]), float(row[3])] for row in shown] == [
            [one["name"], one["addressed"], one["converted"], pytest.approx(one["rate"], abs=1e-5)]
            for one in api["variants"]
        ], query
        assert (api["is_running"], len(rows)) == (minutes > 60, 2)
    is_part = [0 < row["reached"] <= row["counted"] < row["addressed"] for row in rows]
    assert any(is_part) == (minutes > 60)


@pytest.mark.parametrize("changed", [{"currency": "SEK"}, {"value": None, "currency": ""}], ids=["second", "none"])
def test_revenue_without_one_currency_is_nowhere(client, person, mine, month, changed):
    client.force_login(person)
    ConversionWindow.objects.update(minutes=60)
    attributed = ConversionEvent.objects.exclude(attributed_message_id=None)
    sold = attributed.filter(attributed_campaign_id=month["id"])
    chosen = sold.values_list("pk", flat=True)[: 1 if "value" not in changed else None]
    attributed.filter(pk__in=list(chosen)).update(**changed)
    api = mine.get(f"campaigns/{month['id']}/ab/", metric="revenue").json()
    page = client.get(f"{T}/campaigns/{month['id']}/ab/", {"metric": "revenue"}).context
    names = ("revenue_per_recipient", "revenue_low", "revenue_high")

    assert (api["outcome"], api["currency"], api["conversions"]["currency"]) == ("no_events", None, None)
    for one in (*api["variants"], *api["conversions"]["variants"]):
        assert (one["revenue_per_recipient"], one["revenue_interval"]) == (None, None)
        assert one["reached"] > 0
    for table in ("ab_variants", "ab_conversions"):
        rows = file(client, f"?table={table}&{page['test_query']}")
        assert [[row[name] for name in (*names, "currency")] for row in rows] == [[None, None, None, ""]] * 2
    assert [(row.rate.mean, row.revenue) for row in page["recipients"]] == [(None, None)] * 2


def test_conversion_events(client, person, mine, month):
    client.force_login(person)
    shown = client.get(f"{T}/conversions/?{PERIOD}").context
    events = mine.get("conversions/", size=100, **DAYS).json()["data"]

    kinds = file(client, f"?table=conversion_kinds&{PERIOD}")
    assert [[row["kind"], row["events"], row["attributed"], row["unattributed"]] for row in kinds] == [
        [row.name, row.events, row.attributed, row.unattributed] for row, _values in shown["kinds"]
    ]
    assert [[row["reason"], row["events"]] for row in file(client, f"?table=conversion_reasons&{PERIOD}")] == [
        [row.code, row.events] for row in shown["reasons"]
    ]
    rows = file(client, f"?table=conversion_events&{PERIOD}")
    names = ("event_id", "kind", "value", "currency", "reason")
    assert sorted([row[name] for name in names] for row in rows) == sorted(
        [one[name] for name in names] for one in events
    )
    assert {row["event_id"]: row["message_id"] for row in rows} == {
        one["event_id"]: one["attributed_message_id"] for one in events
    }
    without = file(client, f"?table=conversion_events&{PERIOD}&attributed=no&kind=purchase")
    assert sorted(row["event_id"] for row in without) == sorted(
        one["event_id"] for one in events if one["kind"] == "purchase" and one["reason"]
    )
    of_sale = file(client, f"?table=conversion_events&{PERIOD}&campaign=sale")
    [listed] = [row for row in tables(client, f"campaigns/?{PERIOD}")["campaigns"] if row[0] == "sale"]
    assert len(of_sale) == int(listed[10]) > 0
    assert len(rows) == 12


def test_segments_by_one_kind_of_events(client, person, mine, month):
    client.force_login(person)
    figures = {}
    for kind in ("", "purchase", "sign-up"):
        more = {"kind": kind} if kind else {}
        api = mine.get("segments/shop/", **DAYS, **more).json()
        page = client.get(f"{T}/segments/", DAYS | {"key": "shop"} | more).context
        filed = file(client, f"?table=segments&{PERIOD}&{page['file_query']}")
        figures[kind] = {row["value"]: row["conversions"]["converted"] for row in api["data"]}
        assert {row.row.value: row.row.conversions.converted for row in page["rows"]} == figures[kind]
        assert {row["value"]: row["converted"] for row in filed} == figures[kind]
    # each recipient has one event
    assert figures[""] == {v: figures["purchase"][v] + figures["sign-up"][v] for v in figures[""]}
    assert all(sum(of_kind.values()) for of_kind in figures.values())
