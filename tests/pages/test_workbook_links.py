"""Every linked figure of a month's workbook opens as many messages as the cell says."""

from io import BytesIO

import openpyxl
import pytest
from django.conf import settings
from django.utils import timezone

from campaigns.merging import merge
from campaigns.models import Campaign, RefIdScheme
from portal.common.periods import Month
from reports.monthly.layout import build_tables
from reports.monthly.selector import MonthScope, month_figures
from reports.monthly.writers import xlsx
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.pages.test_figures_open import listed
from tests.segments.sample import message

pytestmark = pytest.mark.django_db


@pytest.fixture
def month(feed, tenant, family, monkeypatch) -> None:
    """Messages of two customers, variants and campaigns (one merged into another), with every kind of outcome."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    refs = ("sale|A", "sale|A", "sale|B", "news", "old", "", "=1+1|+2")
    codes = (1001, 1001, 1006, 1000, 2103, 9999)
    apply(
        feed,
        *(
            message(
                f"m{n}",
                codes[n % 6],
                number=f"+35840{n:07}" if n % 4 else None,
                day=f"2026-11-{4 + n % 2:02}",
                ref_id=refs[n % 7],
                partner="nr-no" if n % 5 == 0 else "nr-fi",
                operator=("fi.elisa", "")[n % 3 == 0],
            )
            for n in range(42)
        ),
    )
    own = Campaign.objects.filter(tenant=tenant)
    merge(campaign=own.get(name="old"), into=own.get(name="sale"), actor="x")


def linked_cells(scope) -> list[tuple[str, str, int, str]]:
    figures = month_figures(scope=scope, month=Month.of(NOW.date()), kind="provisional", revision=1)
    file = BytesIO()
    xlsx.write(build_tables(figures), figures.header, file)
    return [
        (sheet.title, cell.coordinate, cell.value, cell.hyperlink.target)
        for sheet in openpyxl.load_workbook(file)
        for row in sheet
        for cell in row
        if cell.hyperlink and cell.hyperlink.target
    ]


def test_every_linked_figure_of_the_workbook_opens_as_many_messages(client, owner, tenant, month):
    client.force_login(owner)
    cells = linked_cells(MonthScope(tenant))

    counts = {href: listed(client, href) for href in {href for *_, href in cells}}
    wrong = [(sheet, at, value, counts[href]) for sheet, at, value, href in cells if counts[href] != value]
    assert wrong == []
    assert {href.partition("/t/")[0] for *_, href in cells} == {settings.PUBLIC_URL}
    sheets = {sheet for sheet, *_ in cells}
    assert sheets == {"Summary", "Countries", "Partner IDs", "Campaigns", "Operators", "Days", "Errors"}
    assert any("tenant=nr-norge" in href for *_, href in cells)
    assert len(counts) > 60
