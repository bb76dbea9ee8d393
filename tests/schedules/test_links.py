"""Every linked figure of a saved report's workbook opens as many messages as the cell says."""

import io
import re
from urllib.parse import urlsplit
from zipfile import ZipFile

import openpyxl
import pytest
from django.conf import settings
from django.http import QueryDict

from deliveries.message_pages.forms import MessageFilterForm
from deliveries.search.find import messages_after
from portal.accounts.access import access_of
from portal.tenants.models import PartnerId, Tenant
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.pages.campaign_month import CODES, month
from tests.pages.test_figures_open import listed
from tests.reports.payloads import FORMULAS
from tests.schedules.conftest import MASKED, content, made, saved
from tests.segments.sample import message

__all__ = ["month"]

pytestmark = pytest.mark.django_db

SALE, NUMBER = "sale", "+358401234567"  # the number is in a payload
PAYLOADS = [text for text in FORMULAS if "\0" not in text]  # the database takes none
# Kinds with their parameters, and the sheets whose figures have links.
CASES = [
    ("volumes", {}, "Summary, Countries, Partner IDs, Campaigns, Operators, Days, Errors"),
    ("volumes", {"group_by": ["campaign", "variant", "country"]}, "Summary, Groups"),
    ("volumes", {"group_by": ["hour", "country"]}, "Summary, Groups"),
    ("volumes", {"group_by": ["tenant", "week", "status"]}, "Summary, Groups"),
    ("volumes", {"group_by": ["month", "result_code"], "filters": {"country": ["FI"]}}, "Summary, Groups"),
    ("volumes", {"group_by": ["operator"], "filters": {"status": ["failed", "delivered"]}}, "Summary, Groups"),
    ("volumes", {"group_by": ["country"], "filters": {"country": ["FI", "SE"]}}, "Groups"),
    ("volumes", {"group_by": ["country", "reason"]}, "Summary, Groups"),
    ("volumes", {"group_by": ["sender_type"]}, "Summary, Groups"),
    ("errors", {"filters": {"operator": ["fi.elisa"]}}, "Summary, Errors, Reasons, Operators, Days"),
    ("operators", {"filters": {"partner_id": ["nr-fi"]}}, "Summary, Operators, Countries, Days"),
    ("campaign", {"campaign": SALE}, "Summary, Variants, Countries, Operators, Days, Errors"),
    ("ab_test", {"campaign": SALE}, "Variants, Places"),
    ("segment", {"key": "shop", "by": "tier"}, "Summary, Segments, Segments of two keys"),
    ("segment", {"key": "tier", "filters": {"campaign": ["sale"]}}, "Summary, Segments"),
]  # fmt: skip


@pytest.fixture
def reports(month, feed, account, person, tenant):
    """Return a function that makes a report and returns its workbook's linked cells by sheet.

    The messages are of two customers, and some have payloads in all of their texts.
    """
    child = Tenant.objects.create(slug="nr-norge", name="NR Norge", timezone="Europe/Helsinki", parent=tenant)
    PartnerId.objects.create(account=account, value="nr-no", tenant=child)
    PartnerId.objects.bulk_create(PartnerId(account=account, value=text, tenant=tenant) for text in PAYLOADS)
    apply(
        feed,
        *(
            message(f"n{n}", 1001 if n % 3 else 2103, day=f"2026-11-{5 + n:02}", ref_id="sale|B", partner="nr-no")
            for n in range(4)
        ),
        message("none", 1001, ref_id="news", operator=""),
        *(
            message(
                f"p{n}", CODES[n % 7], number=NUMBER, ref_id=f"{text}|{text}", operator=text, partner=text, shop=text
            )
            for n, text in enumerate(PAYLOADS)
        ),
        message("abroad", 1006, number="+46701234567", ref_id="news|A"),
    )  # fmt: skip

    def cells(kind: str, parameters: dict) -> dict[str, list[tuple[str, int, str]]]:
        if parameters.get("campaign") == SALE:
            parameters = parameters | {"campaign": month["id"]}
        run = made(saved(person, tenant, kind, name=f"{kind} {parameters}", parameters=parameters, formats=["xlsx"]))
        file = io.BytesIO(content(run, "xlsx"))
        assert re.findall(rb"<f[ >]|<c [^>]*t=\"[^isn]", parts_of(file, "xl/worksheets/sheet")) == []
        masked = parts_of(io.BytesIO(content(run, "xlsx", MASKED)), "xl/worksheets/_rels/")
        assert NUMBER[1:].encode() not in masked
        book = openpyxl.load_workbook(file)
        defined = {row[0] for row in book["Definitions"].iter_rows(min_row=2, values_only=True)}
        tables = [sheet for sheet in book.worksheets[2:] if sheet.title not in ("Definitions", "Notes")]
        heads = {cell.value for sheet in tables for cell in sheet[1]}
        assert heads - defined <= {None, "95% to", "PROVISIONAL"}
        found = {
            sheet.title: [
                (cell.coordinate, cell.value, cell.hyperlink.target)
                for row in sheet
                for cell in row
                if cell.hyperlink and cell.hyperlink.target
            ]
            for sheet in book
        }
        return {sheet: links for sheet, links in found.items() if links}

    return cells


def parts_of(file: io.BytesIO, prefix: str) -> bytes:
    """Return the workbook's parts of these names."""
    with ZipFile(file) as archive:
        return b"".join(archive.read(name) for name in archive.namelist() if name.startswith(prefix))


def matching(href: str, access) -> int:
    """Return how many messages the list's own form finds."""
    form = MessageFilterForm(QueryDict(urlsplit(href).query), access=access, today=NOW.date())
    assert form.is_valid(), (href, form.errors)
    return len(messages_after(form.query(), None, limit=1000))


@pytest.mark.any_python
def test_every_linked_figure_of_each_kind_opens_as_many_messages(client, owner, reports):
    client.force_login(owner)
    access = access_of(owner, slug="nordic-retail")
    counts: dict[str, int] = {}
    wrong, walked = [], set()
    for kind, parameters, sheets in CASES:
        found = reports(kind, parameters)
        assert (kind, parameters, ", ".join(found)) == (kind, parameters, sheets)
        for sheet, cells in found.items():
            for at, value, href in cells:
                if href not in counts:
                    counts[href] = matching(href, access)
                if counts[href] != value:
                    wrong.append((kind, parameters, sheet, at, value, counts[href], href))
            walked.add(cells[-1][2])

    assert wrong == []
    assert {href: listed(client, href) for href in walked} == {href: counts[href] for href in walked}
    assert {href.partition("/messages/")[0] for href in counts} == {f"{settings.PUBLIC_URL}/t/nordic-retail"}
    assert any(NUMBER[1:] in href for href in counts)  # in full; the masked edition has none
    assert len(counts) > 150
