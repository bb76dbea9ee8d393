"""Tables of pages as files: the same figures as the page and the API, for a month, to the unit."""

import csv
from datetime import date
from pathlib import Path

import openpyxl
import pandas
import pytest
from django.utils import timezone

from campaigns.models import Campaign, ConversionEvent, ConversionKind
from deliveries.exports.kinds import unseal
from deliveries.exports.making import run_exports
from deliveries.models import Export
from portal.accounts.models import AuditEntry, Membership, Role
from tests.api.conftest import call, mine
from tests.conftest import NOW, make_user
from tests.deliveries.helpers import apply
from tests.exports.conftest import path_of
from tests.pages.searched import text_of
from tests.pages.test_overview import sent

__all__ = ["call", "mine"]

pytestmark = pytest.mark.django_db
making = pytest.mark.django_db(transaction=True)  # files are read in a snapshot of its own

URL = "/t/nordic-retail/exports/table/"
DAYS = "from=2026-11-01&to=2026-11-30"
COUNTS = ("messages", "parts", "delivered", "failed", "pending", "unknown")


@pytest.fixture(autouse=True)
def month(feed, tenant, monkeypatch):
    """A month in which every class, two countries, four operators and two campaigns have messages."""
    apply(
        feed,
        sent("a", 1001, "2026-11-02T10:00:00", 5, refId="sale", operator="fi.elisa", segments=2),
        sent("b", 1001, "2026-11-02T11:00:00", 50, refId="sale", operator="fi.elisa"),
        sent("c", 1006, "2026-11-03T12:00:00", refId="sale", operator="fi.telia"),
        sent("d", 1000, "2026-11-03T13:00:00"),
        sent("e", 9999, "2026-11-09T11:00:00", to="+46701234567"),
        sent("f", 1001, "2026-11-19T10:00:00", 20, to="+46701234567", refId="news", operator="se.=1+1"),
        sent("g", 1001, "2026-11-19T10:00:00", 20, to="+46701234567", refId="call +358 40 765 4398"),
        sent("h", 1001, "2026-10-10T10:00:00", refId="before"),
    )
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def manager(client, person):
    client.force_login(person)
    return client


def made(client, table: str, format_: str = "parquet", query: str = DAYS) -> Export:
    answer = client.post(f"{URL}?table={table}&{query}", {"format": format_})
    assert (answer.status_code, answer["Location"]) == (302, "/t/nordic-retail/exports/")
    export = Export.objects.latest("id")
    run_exports(export_id=export.id)
    export.refresh_from_db()
    assert (export.state, export.error) == ("done", "")
    return export


def rows_of(export: Export) -> list[dict]:
    return pandas.read_parquet(path_of(export)).to_dict("records")


@making
def test_files_have_the_figures_of_the_api(manager, mine):
    for table, keys in (
        ("countries", ("country",)),
        ("operators", ("country", "operator")),
        ("partner_ids", ("partner_id",)),
    ):
        url = f"/api/v1/statistics/?{DAYS}&group_by={','.join(keys)}"
        groups = mine.client.get(url, headers=mine.headers).json()["groups"]

        rows = rows_of(made(manager, table))

        found = {tuple(row[key] for key in keys): [row[name] for name in COUNTS] for row in rows}
        assert found == {tuple(g["key"][key] for key in keys): [g[name] for name in COUNTS] for g in groups}
        assert len(rows) == len(groups) > 0
        rates = {tuple(row[key] for key in keys): row["delivery_rate"] for row in rows}
        assert rates == {tuple(g["key"][key] for key in keys): g["delivery_rate"] for g in groups}


@making
def test_file_has_the_figures_of_the_overview(manager):
    page = manager.get(f"/t/nordic-retail/overview/?{DAYS}").context
    for table, shown in (("countries", page["countries"].rows), ("operators", page["operators"].rows)):
        rows = rows_of(made(manager, table))
        assert [[row[name] for name in COUNTS] for row in rows] == [
            [getattr(group.totals, name) for name in COUNTS] for group in shown
        ]
        assert [row["median"] for row in rows if row["delivered"]] == [
            g.kpis.median for g in shown if g.totals.delivered
        ]
    campaigns = rows_of(made(manager, "campaigns"))
    assert sum(row["messages"] for row in campaigns) == page["figures"].kpis.volume.messages == 7
    named = {row["campaign"]: row["messages"] for row in campaigns if row["customer"]}
    assert named == {one.name: one.kpis.volume.messages for one in page["figures"].campaigns}


@making
def test_file_has_the_rows_of_the_list_of_campaigns_in_its_order(manager):
    listed = manager.get(f"/t/nordic-retail/campaigns/?{DAYS}&q=s&sort=name").context["rows"]

    rows = rows_of(made(manager, "campaigns", query=f"{DAYS}&q=s&sort=name&state=active"))

    assert [row["campaign"] for row in rows] == [
        *(row.name for row in listed),
        "(campaigns that do not match)",
        "(no campaign)",
    ]
    assert (rows[0]["first_day"], rows[0]["last_day"]) == (listed[0].found.first, listed[0].found.last)
    assert sum(row["messages"] for row in rows) == 7


@making
def test_campaigns_have_their_events_unless_narrowed_to_a_country(manager, tenant):
    sale = Campaign.objects.get(name="sale")
    for event_id in ("order-1", "order-2"):
        ConversionEvent.objects.create(
            tenant=tenant, kind=ConversionKind.objects.get_or_create(tenant=tenant, name="purchase")[0],
            event_id=event_id, occurred_at=NOW, source="api", recipient_key=b"1" * 16, reason="",
            attributed_campaign_id=sale.id, attributed_message_id="a", attributed_message_day=date(2026, 11, 2),
        )  # fmt: skip
    listed = manager.get(f"/t/nordic-retail/campaigns/?{DAYS}").context["rows"]

    rows = rows_of(made(manager, "campaigns"))
    in_finland = rows_of(made(manager, "campaigns", query=f"{DAYS}&country=FI"))

    events = {row["campaign"]: row["conversions"] for row in rows if row["customer"]}
    assert events == {row.found.campaign.name: row.conversions for row in listed}
    assert events["sale"] == 2
    assert [row["conversions"] for row in in_finland if not pandas.isna(row["conversions"])] == []


@making
def test_workbook_and_csv_have_numbers_days_and_shares(manager):
    book = openpyxl.load_workbook(path_of(made(manager, "campaigns", "xlsx")))
    assert book.sheetnames == ["Campaigns", "About this file"]
    head, first, *_rest = [list(row) for row in book["Campaigns"]]
    cells = {name.value: cell for name, cell in zip(head, first, strict=True)}
    assert (cells["Campaign"].value, cells["Messages"].value, cells["First day"].value.date()) == (
        "sale", 3, date(2026, 11, 2),
    )  # fmt: skip
    assert (round(cells["Delivery rate"].value, 4), cells["Delivery rate"].number_format) == (0.6667, "0.00%")
    assert cells["First day"].number_format == "yyyy-mm-dd"
    operators = openpyxl.load_workbook(path_of(made(manager, "operators", "xlsx")))["Operators"]
    assert {cell.data_type for row in operators for cell in row if cell.value == "se.=1+1"} == {"s"}

    with Path(path_of(made(manager, "campaigns", "csv"))).open(encoding="utf-8-sig", newline="") as file:
        line = next(csv.DictReader(file, delimiter=";"))
    assert (line["Campaign"], line["Delivery rate"], line["First day"]) == ("sale", "66,67%", "2026-11-02")


@making
def test_numbers_in_names_are_masked_for_roles_that_see_masked_numbers(client, tenant):
    client.force_login(make_user("anna@example.com", tenant, Role.ANALYST))

    export = made(client, "campaigns")

    names = [row["campaign"] for row in rows_of(export)]
    assert "call +358 •••••••98" in names
    assert (export.in_full, export.oldest) == (False, {})


@making
def test_rights_and_customers_are_those_of_the_moment_when_it_is_made(manager, person, tenant):
    manager.post(f"{URL}?table=countries&{DAYS}", {"format": "csv"})
    Membership.objects.filter(user=person).update(role=Role.VIEWER)

    run_exports()

    assert Export.objects.values_list("state", "problem").get() == ("cancelled", "rights")


@making
def test_page_keeps_the_filters_and_says_them(manager, tenant):
    page = manager.get(f"{URL}?table=operators&{DAYS}&country=FI")
    assert "Operators · 1 – 30 Nov 2026 · Country: Finland" in text_of(page)

    export = made(manager, "operators", query=f"{DAYS}&country=FI")

    assert unseal(export.sealed)["filters"] == {"country": ["FI"]}
    assert {row["country"] for row in rows_of(export)} == {"FI"}
    assert export.file_name == f"nordic-retail_operators_{export.id}.parquet"
    assert AuditEntry.objects.get(action="export.asked").details["kind"] == "operators"


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("table=colours", 404, ""),
        ("table=campaigns&sort=colour", 404, ""),
        ("table=campaigns&q=" + "x" * 257, 404, ""),
        ("table=countries&from=x", 422, "write a day as"),
        ("table=partner_ids&campaign=sale", 422, "This table cannot be narrowed to one campaign."),
        ("table=countries&country=FII", 422, "there is no FII"),
        ("table=countries&tenant=baltic-parcel", 404, ""),
        ("table=conversion_events&reason=colour", 404, ""),
        ("table=conversion_kinds&country=FI", 422, "This table cannot be narrowed to a country or an operator."),
        ("table=hours", 422, "This table is of one campaign."),
        ("table=hours&campaign=nothing", 422, "There is no campaign of this name, or there are several."),
        ("table=ab_places&campaign=sale&split=a:b", 422, "Planned split: A positive number for each variant"),
    ],
)
def test_what_cannot_be_followed_makes_no_file(manager, other_tenant, query, status, words):
    answer = manager.post(f"{URL}?{query}", {"format": "csv"})

    assert (answer.status_code, words in text_of(answer)) == (status, True)
    assert not Export.objects.exists()


def test_pages_lead_to_it_for_those_who_may(client, manager, tenant):
    overview = text_of(manager.get(f"/t/nordic-retail/overview/?{DAYS}&country=FI"))
    assert f"{URL}?{DAYS}&compare=previous&country=FI&table=operators" in overview
    listed = text_of(manager.get(f"/t/nordic-retail/campaigns/?{DAYS}&q=sa"))
    assert f"{URL}?{DAYS}&compare=previous&table=campaigns&q=sa&state=active&sort=-messages" in listed
    client.force_login(make_user("ville@example.com", tenant, Role.VIEWER))
    assert URL not in text_of(client.get("/t/nordic-retail/overview/"))
    assert client.get(URL).status_code == 403
