"""A month of campaigns, A/B tests, segments, conversions: pages, API and files have the same figures, to the unit."""

import pandas
import pytest

from deliveries.exports.making import run_exports
from deliveries.models import Export
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
    return pandas.read_parquet(path_of(export)).to_dict("records")


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
        row.name: [row.events, row.attributed] for row in client.get(f"{T}/conversions/?{PERIOD}").context["kinds"]
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
    kinds = client.get(f"{T}/campaigns/{month['id']}/conversions/").context["kinds"]
    assert [[one.kind, one.events, one.converted, one.rate] for one in kinds] == [
        [one["kind"], one["events"], one["converted"], one["rate"]] for one in of_campaign
    ]
    [listed] = [row for row in tables(client, f"campaigns/?{PERIOD}")["campaigns"] if row[0] == "sale"]
    assert int(listed[10]) == sum(one.events for one in kinds) > 0
