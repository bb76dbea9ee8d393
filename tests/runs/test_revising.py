"""Revisions are made by themselves and say what changed: a sheet with causes, a sentence, what the run stores."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from campaigns.models import Campaign, RefIdScheme
from deliveries.counts.causes import Cause
from deliveries.erasure.erase import erase_number
from deliveries.models import CountCause, PartnerMove
from deliveries.rederiving.moves import run_moves
from deliveries.rederiving.recount import request_recount, run_recounts
from portal.common.masking import Masking
from portal.common.periods import Month
from portal.tenants.models import GatewayAccount, PartnerId
from reports.models import ReportRun
from reports.monthly.changes_since import changes_since
from reports.monthly.layout import build_tables
from reports.monthly.ledger import Reason
from reports.monthly.selector import MonthScope, month_figures
from reports.runs import kept_tables
from reports.runs.cause_texts import revision_text
from reports.runs.editions import open_edition
from reports.runs.erased_files import delete_erased_files
from reports.runs.revising import ACTOR, queue_revisions
from reports.runs.runs import build_report, request_run
from reports.schedules.erased import delete_files_of_month
from tests.deliveries.helpers import NOW, apply, dlr

pytestmark = pytest.mark.django_db

OCTOBER = Month(2026, 10)
IN_FULL, MASKED = Masking(in_full=True), Masking(in_full=False)


@pytest.fixture(autouse=True)
def _files(settings):
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"default": memory}


def report(id_: str, code: int = 1001, *, ref: str = "sale", partner: str = "nr-fi", to: str = "+358401234567") -> dict:
    return dlr(
        id_,
        code,
        sentTimestamp="2026-10-05T10:00:00Z",
        timestamp="2026-10-05T10:00:05Z",
        gateCustomParameters={"platformPartnerId": partner},
        refId=ref,
        operator="fi.elisa",
        segments=2,
        customParameters={"destination": to},
    )


def make(tenant, account: GatewayAccount | None = None) -> ReportRun:
    run = request_run(tenant=tenant, account=account, month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    return built(run)


def built(run: ReportRun) -> ReportRun:
    assert build_report(run_id=run.id, now=timezone.now()) == "done"
    return ReportRun.objects.select_related("tenant", "account").get(id=run.id)


def sheet(run: ReportRun, masking: Masking = IN_FULL, name: str = "Changes") -> list[tuple]:
    """Return the rows of the sheet below its header, [] where there is none."""
    with open_edition(run, masking) as file:
        book = openpyxl.load_workbook(io.BytesIO(file.read()))
    return list(book[name].iter_rows(min_row=2, values_only=True)) if name in book.sheetnames else []


def test_revision_says_for_each_cell_what_changed_and_why(feed, account, tenant):
    apply(feed, report("a", 1000), report("b", 1000, partner="later"))
    first = make(tenant)
    assert sheet(first) == []
    assert revision_text(first) == ""

    apply(feed, report("a"))
    PartnerId.objects.update_or_create(account=account, value="later", defaults={"tenant": tenant, "declared_at": NOW})
    PartnerMove.objects.create(tenant=tenant, partner=PartnerId.objects.get(value="later"))
    run_moves()
    second = make(tenant)

    late, moved = "Late delivery reports", "Partner IDs declared or moved"
    rows = {row[:3]: row[3:] for row in sheet(second)}
    assert {key: row for key, row in rows.items() if key[0] == "Countries" and key[1] == "Finland"} == {
        ("Countries", "Finland", "Messages"): (1, 2, 1, f"{moved} +1"),
        ("Countries", "Finland", "SMS parts"): (2, 4, 2, f"{moved} +2"),
        ("Countries", "Finland", "Delivered parts"): (0, 2, 2, f"{late} +2"),
        ("Countries", "Finland", "Billed parts"): (0, 2, 2, f"{late} +2"),
        ("Countries", "Finland", "Delivered"): (0, 1, 1, f"{late} +1"),
        ("Countries", "Finland", "Delivery rate"): (0, 0.5, 50, f"{late}; {moved}"),  # percentage points
    }
    with open_edition(second, IN_FULL) as file:
        cells = list(openpyxl.load_workbook(io.BytesIO(file.read()))["Changes"].iter_rows(min_row=2))
    formats = {cell.number_format for *_, old, new, cell, _causes in cells if old.number_format == "0.00%"}
    assert formats == {'#,##0.00" pt"'}
    assert rows["Partner IDs", "later · Finland", "Pending"] == (None, 1, 1, f"{moved} +1")
    assert rows["Partner IDs", "nr-fi · Finland", "Pending"] == (1, 0, -1, f"{late} −1")
    assert rows["Days", "2026-10-05", "Messages"] == (1, 2, 1, f"{moved} +1")
    assert rows["Operators", "Total", "Messages"] == (1, 2, 1, f"{moved} +1")
    assert rows["Summary", "Messages", "Value"] == (1, 2, 1, f"{moved} +1")
    assert rows["Latency", "Finland", "Delivered (messages with a known time)"] == (None, 1, 1, f"{late} +1")
    assert {key for key in rows if "Revision" in key or "Data as of" in key} == set()
    assert revision_text(second) == (
        "Changed since revision 1: +1 messages, +1 delivered, +2 SMS parts"
        " (late delivery reports: +1 delivered, −1 pending; partner IDs declared or moved: +1 messages, +1 pending,"
        " +2 SMS parts)."
    )


def test_cells_of_the_sheet_are_those_in_which_the_workbooks_differ(feed, tenant):
    """Old and new values of every changed cell, read back from both workbooks, and causes that add up."""
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    apply(feed, *(report(f"{n}", 1000 + n % 3, ref=f"sale {n % 2}|A") for n in range(6)))
    first = make(tenant)
    apply(feed, *(report(f"{n}", 1001, ref=f"sale {n % 2}|A") for n in range(2, 5)), report("new", ref="more|B"))
    second = make(tenant)

    changes = [row for row in sheet(second) if row[0] == "Campaigns" and row[1] != "Total"]
    names = [column.key for column in next(t for t in kept_tables.load(second).tables if t.key == "Campaigns").columns]
    before, after = (
        {f"{row[0]} · {row[1]} · {row[3]}": dict(zip(names, row, strict=True)) for row in sheet(run, name="Campaigns")}
        for run in (first, second)
    )
    expected = {
        (row, name, before.get(row, {}).get(name), after.get(row, {}).get(name))
        for row in before | after
        for name in names[4:]
        if row.split(" · ")[0] != "Total" and before.get(row, {}).get(name) != after.get(row, {}).get(name)
    }
    assert {(row, column, old, new) for _sheet, row, column, old, new, _difference, _causes in changes} == expected
    assert len(expected) > 10
    assert {causes for *_row, causes in changes if causes} >= {"Late delivery reports +1"}


def test_sheet_of_changes_masks_numbers_for_those_who_see_them_masked(feed, tenant):
    apply(feed, report("a", 1000, ref="to +46701112233"))
    make(tenant)
    apply(feed, report("a", ref="to +46701112233"))
    run = make(tenant)

    def shown(masking: Masking) -> set[str]:
        return {row[1] for row in sheet(run, masking) if row[0] == "Campaigns" and row[1] != "Total"}

    assert shown(IN_FULL) == {"to +46701112233 · Finland"}
    assert shown(MASKED) == {"to +46 •••••••33 · Finland"}


def test_names_that_changed_without_a_cause_are_said_so(feed, tenant):
    apply(feed, report("a", ref="one"), report("b", 1000, ref="two"))
    make(tenant)
    one, two = Campaign.objects.filter(tenant=tenant).order_by("name")
    Campaign.objects.filter(id=two.id).update(merged_into=one)

    rows = {row[:3]: row[3:] for row in sheet(make(tenant))}

    assert rows["Campaigns", "one · Finland", "Messages"] == (1, 2, 1, "Names, groups or times changed +1")
    assert rows["Campaigns", "two · Finland", "Messages"] == (1, None, -1, "Names, groups or times changed −1")


def test_report_of_an_account_has_its_causes_too(feed, account, tenant):
    apply(feed, report("a", 1000), report("b", 1000, partner="later"))
    make(account.pool, account)
    PartnerId.objects.update_or_create(account=account, value="later", defaults={"tenant": tenant, "declared_at": NOW})
    PartnerMove.objects.create(tenant=tenant, partner=PartnerId.objects.get(value="later"))
    run_moves()

    rows = {row[:3]: row[3:] for row in sheet(make(account.pool, account))}

    own = f"{tenant.name} ({tenant.slug})"
    moved = "Partner IDs declared or moved"
    zones = f"{tenant.timezone}"
    assert rows["Partner IDs", f"later · {own} · {zones} · Finland", "Messages"] == (None, 1, 1, f"{moved} +1")
    assert rows["Campaigns", f"Subtotal · {own} · {zones}", "Messages"] == (1, 2, 1, f"{moved} +1")
    assert not any(key[0] in ("Countries", "Summary") for key in rows)


def test_kept_tables_are_those_of_the_workbook(feed, tenant):
    apply(feed, report("a"), report("b", 1000))
    run = make(tenant)

    figures = month_figures(scope=MonthScope(tenant), month=OCTOBER, kind="final", revision=1)
    kept = kept_tables.load(run)
    made = [replace(table, found=(), found_subtotals=(), found_total=None) for table in build_tables(figures)]
    (now, *tables), (then, *stored) = made, kept.tables
    assert (stored, kept.language, kept.ledger) == (tables, tenant.language, {})
    assert [row for row in then.rows if row[0] != "Data as of"] == [row for row in now.rows if row[0] != "Data as of"]


def test_next_revision_is_made_once_a_day_for_forty_days(feed, tenant):
    apply(feed, report("a", 1000))
    first = make(tenant)
    assert queue_revisions(now=first.finished_at + timedelta(days=2)) == []

    apply(feed, report("a"))
    assert queue_revisions(now=first.finished_at + timedelta(hours=23)) == []
    assert queue_revisions(now=first.finished_at + timedelta(days=41)) == []
    (run,) = queue_revisions(now=first.finished_at + timedelta(days=2))
    assert (run.requested_by, run.kind, run.revision) == (ACTOR, "final", 2)
    assert queue_revisions(now=first.finished_at + timedelta(days=2, hours=1)) == []

    second = built(run)
    apply(feed, report("new"))
    assert queue_revisions(now=run.requested_at + timedelta(hours=20)) == []
    assert [r.revision for r in queue_revisions(now=run.requested_at + timedelta(days=1, hours=1))] == [3]
    assert default_storage.exists(first.file)
    assert default_storage.exists(second.file)


def test_provisional_and_removed_reports_are_not_revised(feed, tenant, other_tenant):
    apply(feed, report("a", 1000), report("b", 1000, partner="baltic-ee"))
    early = request_run(
        tenant=tenant, month=OCTOBER, requested_by="a@example.com", now=datetime(2026, 11, 1, tzinfo=UTC)
    )
    assert built(early).kind == "provisional"
    removed = make(other_tenant)
    ReportRun.objects.filter(id=removed.id).update(removed_at=timezone.now())
    apply(feed, report("a"), report("b", partner="baltic-ee"))

    assert queue_revisions(now=timezone.now() + timedelta(days=2)) == []


def test_reasons_of_an_outdated_report_are_the_causes_since(feed, tenant):
    apply(feed, report("a", 1000, ref="sale|A"), report("b", 1000, ref="sale|B"))
    run = make(tenant)
    apply(feed, report("a", ref="sale|A"))
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    request_recount(tenant=tenant, reason="refId scheme", now=NOW)
    run_recounts()

    none = {"messages": 0, "parts": 0, "delivered": 0, "failed": 0, "pending": 0, "unknown": 0}
    late = none | {"delivered": 1, "pending": -1}
    changed = changes_since([run], {tenant.id: [tenant.id]})[run.id]
    assert changed.differences == late
    assert changed.reasons == (Reason(Cause.LATE_REPORTS, late), Reason(Cause.SETTINGS, none))
    assert [reason.are_rows_moved for reason in changed.reasons] == [False, True]


def test_erasure_deletes_kept_tables_and_what_the_ledger_has_of_the_month(feed, tenant):
    number = "+358407654321"
    apply(feed, report("a", 1000, ref=f"to {number}", to=number))
    run = make(tenant)
    apply(feed, report("a", ref=f"to {number}", to=number))
    assert CountCause.objects.count() > 0

    erase_number(number=number, tenant=tenant, actor="tests")
    delete_erased_files(now=timezone.now(), also=delete_files_of_month)

    assert not default_storage.exists(run.kept_file)
    assert not CountCause.objects.exists()
    next_run = ReportRun.objects.get(tenant=tenant, state="queued")
    assert sheet(built(next_run)) == []
