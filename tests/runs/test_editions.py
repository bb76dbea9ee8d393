"""The two editions of a workbook: in full and with numbers masked; one file where nothing is masked."""

import io

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from portal.common.masking import Masking
from portal.common.periods import Month
from reports.models import ReportRun
from reports.monthly.masked_tables import masked_tables
from reports.monthly.tables import Column, Table
from reports.runs.editions import NoMaskedEdition, open_edition
from reports.runs.runs import build_report, request_run
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db

IN_FULL, MASKED = Masking(in_full=True), Masking(in_full=False)
OWN = {
    "sentTimestamp": "2026-10-05T10:00:00Z",
    "timestamp": "2026-10-05T10:00:05Z",
    "gateCustomParameters": {"platformPartnerId": "nr-fi"},
}


@pytest.fixture(autouse=True)
def _files(settings):
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"default": memory}


def make(tenant) -> ReportRun:
    run = request_run(tenant=tenant, month=Month(2026, 10), requested_by="a@example.com", now=timezone.now())
    assert build_report(run_id=run.id, now=timezone.now()) == "done"
    return ReportRun.objects.get(id=run.id)


def campaigns(run: ReportRun, masking: Masking) -> list[tuple]:
    with open_edition(run, masking) as file:
        book = openpyxl.load_workbook(io.BytesIO(file.read()))
    rows = book["Campaigns"].iter_rows(min_row=1, max_col=5, values_only=True)
    return [(row[0], row[4]) for row in rows if (row[0] and "•" in row[0]) or "46701112" in str(row[0])]


def test_masked_edition_has_the_same_rows_with_numbers_masked(feed, tenant):
    apply(feed, dlr("a", refId="to +46701112233", **OWN), dlr("b", refId="to +46701112833", **OWN))
    run = make(tenant)

    assert sorted(campaigns(run, IN_FULL)) == [("to +46701112233", 1), ("to +46701112833", 1)]
    assert campaigns(run, MASKED) == [("to +46 •••••••33", 1), ("to +46 •••••••33", 1)]
    full, masked = run.edition(IN_FULL), run.edition(MASKED)
    assert (full.is_masked, masked.is_masked, full.sha256 != masked.sha256) == (False, True, True)
    assert (default_storage.size(masked.file), run.file_name("x", masked)) == (masked.bytes, "x_2026-10_r1_masked.xlsx")


def test_month_without_numbers_has_one_file(feed, tenant):
    apply(feed, dlr("a", refId="sale", **OWN))
    run = make(tenant)

    assert run.edition(MASKED) == run.edition(IN_FULL)
    assert len(default_storage.listdir(f"reports/{tenant.id}")[1]) == 1


def test_run_of_before_gets_its_masked_edition_when_it_is_made_again(feed, tenant):
    apply(feed, dlr("a", refId="to +46701112233", **OWN))
    first = make(tenant)
    ReportRun.objects.update(masked_file="", masked_bytes=None, masked_sha256="")
    first.refresh_from_db()
    with pytest.raises(NoMaskedEdition):
        open_edition(first, MASKED)

    again = make(tenant)
    first.refresh_from_db()

    assert again.same_as == first
    assert campaigns(first, MASKED) == campaigns(again, MASKED) == [("to +46 •••••••33", 1)]


def test_partner_ids_are_masked_only_where_they_tell_a_number():
    table = Table(
        key="Partner IDs",
        columns=(Column("Partner ID", "text"), Column("Messages", "int")),
        rows=[("+358407654398", 2), ("12345678901", 1)],
        total=(None, 3),
        subtotals=[("+358407654398", 2)],
    )

    (masked,) = masked_tables([table], {"+358407654398"})

    assert masked.rows == [("+358 •••••••98", 2), ("12345678901", 1)]
    assert (masked.subtotals, masked.total) == ([("+358 •••••••98", 2)], (None, 3))
