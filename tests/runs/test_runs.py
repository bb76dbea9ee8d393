"""Report runs: queued by the calendar, claimed once, taken up again, waiting for the inbox."""

import hashlib
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pandas
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from deliveries.applying.apply import apply_waiting
from deliveries.models import InboxRow, WaitingRow
from deliveries.partner_ids.ownership import reassign
from deliveries.partner_ids.permissions import operator
from deliveries.rederiving.moves import run_moves
from portal.common.masking import Masking
from portal.common.periods import Month
from portal.tenants.models import Feed, GatewayAccount, PartnerId, Tenant
from reports.models import ReportRun
from reports.monthly.layout import build_tables
from reports.monthly.selector import MonthScope
from reports.runs.due_months import queue_due_runs
from reports.runs.editions import open_edition
from reports.runs.report_scope import ReportScope
from reports.runs.runs import StillWaiting, build_now, build_report, due_runs, request_run, retry_run
from reports.runs.selectors import report_months
from tests.conftest import NOW
from tests.deliveries.helpers import apply, dlr, put

pytestmark = pytest.mark.django_db

OCTOBER = Month(2026, 10)
DELIVERED = {"sentTimestamp": "2026-10-05T10:00:00Z", "timestamp": "2026-10-05T10:00:05Z"}


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        }
    }


@pytest.fixture
def messages(feed, tenant, other_tenant):
    """Two messages of the tenant, one of another, one of the pool; all of October."""
    own = {"gateCustomParameters": {"platformPartnerId": "nr-fi"}, "customParameters": {"destination": "+358401234567"}}
    apply(
        feed,
        dlr("a", refId="sale", segments=2, **DELIVERED, **own),
        dlr("b", 1006, refId="sale", **DELIVERED, **own),
        dlr("c", **DELIVERED, gateCustomParameters={"platformPartnerId": "baltic-ee"}),
        dlr("d", **DELIVERED, gateCustomParameters={"platformPartnerId": "nobody"}),
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_calendar_queues_each_closed_month_provisionally_and_then_finally(messages, tenant, other_tenant, account):
    # Helsinki's October ends at 22:00 UTC, the grace of 72 h on 3 November at 22:00 UTC
    assert queue_due_runs(now=at("2026-10-31T21:59:59")) == []

    closed = queue_due_runs(now=at("2026-10-31T22:00:00"))

    wanted = {(tenant.id, None), (other_tenant.id, None), (account.pool_id, account.id)}
    assert {(run.tenant_id, run.account_id) for run in closed} == wanted
    assert {(run.kind, run.revision, str(run.month)) for run in closed} == {("provisional", 1, "2026-10-01")}
    assert queue_due_runs(now=at("2026-11-01T12:00:00")) == []
    for run in closed:
        assert build_report(run_id=run.id, now=timezone.now()) == "done"
    assert queue_due_runs(now=at("2026-11-03T21:59:59")) == []

    final = queue_due_runs(now=at("2026-11-03T22:00:00"))

    assert {(run.tenant_id, run.account_id) for run in final} == wanted
    assert {(run.kind, run.revision) for run in final} == {("final", 2)}
    assert queue_due_runs(now=at("2026-11-20T00:00:00")) == []


def test_account_of_several_zones_closes_with_the_last_of_them(messages, account, tenant):
    Tenant.objects.filter(id=tenant.id).update(timezone="America/New_York")
    assert account.pool_id not in {run.tenant_id for run in queue_due_runs(now=at("2026-11-01T03:59:00"))}
    assert account.pool_id in {run.tenant_id for run in queue_due_runs(now=at("2026-11-01T04:00:00"))}


def test_tenant_without_messages_gets_the_month_that_it_saw_end_and_no_other(tenant, account):
    Tenant.objects.update(created_at=at("2026-10-20T00:00:00"))
    assert {(run.tenant_id, str(run.month)) for run in queue_due_runs(now=at("2026-11-10T00:00:00"))} == {
        (tenant.id, "2026-10-01"),
        (account.pool_id, "2026-10-01"),
    }
    ReportRun.objects.all().delete()
    Tenant.objects.update(created_at=at("2026-11-02T00:00:00"))
    assert queue_due_runs(now=at("2026-11-10T00:00:00")) == []


def test_run_makes_one_file_whose_cells_and_digest_are_right(messages, tenant):
    run = request_run(tenant=tenant, month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    assert request_run(tenant=tenant, month=OCTOBER, requested_by="b@example.com", now=timezone.now()) == run

    assert build_report(run_id=run.id, now=timezone.now()) == "done"

    run.refresh_from_db()
    assert (run.kind, run.revision, run.attempts, run.percent, run.messages, run.maturity) == (
        "final",
        1,
        1,
        100,
        2,
        1.0,
    )
    with open_edition(run, Masking(in_full=True)) as file:
        content = file.read()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (run.sha256, run.bytes)
    countries = pandas.read_excel(default_storage.path(run.file), sheet_name="Countries", engine="calamine")
    assert countries.iloc[0].tolist()[:11] == ["FI", "Finland", 2, 3, 2, 2, 1, 1, 0, 0, 0.5]
    assert build_report(run_id=run.id, now=timezone.now()) == "done"
    assert len(default_storage.listdir(f"reports/{tenant.id}")[1]) == 1


def test_run_waits_while_the_inbox_holds_rows_from_before_its_cut(messages, feed, tenant):
    put(feed, dlr("e", gateCustomParameters={"platformPartnerId": "nr-fi"}, **DELIVERED))
    WaitingRow.objects.update(received_at=at("2026-10-31T12:00:00"))
    run = request_run(tenant=tenant, month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    assert build_report(run_id=run.id, now=timezone.now()) == "waiting"
    assert ReportRun.objects.get(id=run.id).is_waiting
    assert due_runs(now=timezone.now()) == [run.id]
    with pytest.raises(StillWaiting):
        build_now(scope=MonthScope(tenant), month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    # a row from after the month's close does not hold it up
    WaitingRow.objects.update(received_at=at("2026-11-01T12:00:00"))
    assert build_report(run_id=run.id, now=timezone.now()) == "done"


def test_run_of_a_dead_worker_is_taken_up_when_its_lease_is_over(messages, tenant):
    run = request_run(tenant=tenant, month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    now = timezone.now()
    ReportRun.objects.filter(id=run.id).update(state="running", attempts=1, lease_until=now + timedelta(seconds=9))
    half = default_storage.save(f"reports/{tenant.id}/2026-10_r1_1.xlsx", ContentFile(b"half a workbook"))
    assert (due_runs(now=now), build_report(run_id=run.id, now=now)) == ([], "taken")

    later = now + timedelta(seconds=10)
    assert (due_runs(now=later), build_report(run_id=run.id, now=later)) == ([run.id], "done")

    run.refresh_from_db()
    assert (run.attempts, default_storage.listdir(f"reports/{tenant.id}")[1]) == (2, ["2026-10_r1_2.xlsx"])
    assert not default_storage.exists(half)


def test_failing_run_is_tried_five_times_and_retried_by_hand(messages, tenant, settings, tmp_path):
    run = request_run(tenant=tenant, month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "reports").write_text("a file where the folder should be")

    later = [timezone.now() + timedelta(hours=number) for number in range(6)]
    states = [build_report(run_id=run.id, now=later[0]), build_report(run_id=run.id, now=later[0])]
    states += [build_report(run_id=run.id, now=now) for now in later[1:]]

    assert states == ["queued", "taken", "queued", "queued", "queued", "failed", "failed"]
    run.refresh_from_db()
    assert run.error.startswith(("FileExistsError", "NotADirectoryError"))
    (row,) = (
        row
        for row in report_months(report_scope=ReportScope(tenant, frozenset({tenant.id})), now=timezone.now())
        if row.month == OCTOBER
    )
    assert (row.failed, row.open, row.latest) == (run, None, None)
    (tmp_path / "files" / "reports").unlink()
    assert retry_run(run=run, requested_by="staff@example.com", now=timezone.now())
    assert build_report(run_id=run.id, now=timezone.now()) == "done"


def test_parent_report_sums_its_children(messages, tenant, other_tenant):
    parent = Tenant.objects.create(slug="group", name="Group")
    Tenant.objects.filter(id__in=[tenant.id, other_tenant.id]).update(parent=parent)
    run, figures = build_now(scope=MonthScope(parent), month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    assert (run.messages, sorted(figures.partner_ids)) == (
        3,
        [("baltic-ee", "Baltic Parcel (baltic-parcel)", "ZZ"), ("nr-fi", "Nordic Retail Oy (nordic-retail)", "FI")],
    )
    assert figures.tenant_zones == {
        "Group (group)": "UTC",
        "Nordic Retail Oy (nordic-retail)": "Europe/Helsinki",
        "Baltic Parcel (baltic-parcel)": "Europe/Tallinn",
    }


def test_children_with_equal_partner_ids_and_campaigns_are_rows_of_their_own(messages, feed, tenant, other_tenant):
    parent = Tenant.objects.create(slug="group", name="Group")
    Tenant.objects.filter(id__in=[tenant.id, other_tenant.id]).update(parent=parent)
    pool = Tenant.objects.create(slug="pool-second", name="Pool of second", kind="pool")
    second = GatewayAccount.objects.create(name="second", platform_id="X", timezone="Europe/Helsinki", pool=pool)
    PartnerId.objects.create(account=second, value="nr-fi", tenant=other_tenant)
    theirs = {"gateCustomParameters": {"platformPartnerId": "nr-fi"}, "refId": "sale"}
    apply(Feed.objects.create(account=second, name="main", dialect="link"), dlr("e", **DELIVERED, **theirs))

    _run, figures = build_now(scope=MonthScope(parent), month=OCTOBER, requested_by="a@example.com", now=timezone.now())

    tables = {table.key: table for table in build_tables(figures)}
    mine, others = "Nordic Retail Oy (nordic-retail)", "Baltic Parcel (baltic-parcel)"
    rows = [(row[0], row[1], row[2], row[5]) for row in tables["Partner IDs"].rows]
    assert rows == [
        ("nr-fi", mine, "Europe/Helsinki", 2),
        ("baltic-ee", others, "Europe/Tallinn", 1),
        ("nr-fi", others, "Europe/Tallinn", 1),
    ]
    assert [(row[0], row[1], row[5]) for row in tables["Partner IDs"].subtotals] == [
        ("nr-fi", None, 3),
        (None, others, 2),
        (None, mine, 2),
    ]
    sale = [(row[2], row[6]) for row in tables["Campaigns"].rows if row[0] == "sale"]
    assert sale == [(mine, 2), (others, 1)]


def test_final_month_with_pending_messages_carries_a_warning(feed, tenant):
    apply(feed, dlr("a", 1000, gateCustomParameters={"platformPartnerId": "nr-fi"}, **DELIVERED))
    _run, figures = build_now(scope=MonthScope(tenant), month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    assert figures.header.maturity == 0.0
    assert figures.header.warning.startswith("Some messages have no final state")


def test_command_writes_all_formats_with_the_same_figures(messages, tenant, account, tmp_path, capsys):
    for format_ in ("xlsx", "rfc4180", "json"):
        call_command(
            "monthly_report", tenant=tenant.slug, month="2026-10", out=tmp_path / f"r.{format_}", format=format_
        )
    told = capsys.readouterr().out.splitlines()
    assert [line.split(": ", 1)[1].split(",")[:4] for line in told] == [
        ["Nordic Retail Oy", " 2026-10", " final", f" {number}"]
        for number in ("revision 1", "unchanged: revision 1", "unchanged: revision 1")
    ]
    wanted = ["FI", "Finland", 2, 3, 2, 2, 1, 1, 0, 0, 0.5]
    assert pandas.read_excel(tmp_path / "r.xlsx", sheet_name="Countries", engine="calamine").iloc[0].tolist() == wanted
    with zipfile.ZipFile(tmp_path / "r.rfc4180") as archive, archive.open("2026-10 Countries.csv") as file:
        assert pandas.read_csv(file).iloc[0].tolist() == wanted
    read = orjson.loads((tmp_path / "r.json").read_bytes())
    assert list(read["tables"]["Countries"][0].values()) == wanted


def test_command_makes_the_account_report_with_every_partner_id(messages, account, tmp_path):
    call_command("monthly_report", account=account.name, month="2026-10", out=tmp_path / "r.json", format="json")
    rows = orjson.loads((tmp_path / "r.json").read_bytes())["tables"]["Partner IDs"]
    assert sorted((row["Partner ID"], row["Tenant"], row["Messages"]) for row in rows) == [
        ("baltic-ee", "Baltic Parcel (baltic-parcel)", 1),
        ("nobody", "(unassigned)", 1),
        ("nr-fi", "Nordic Retail Oy (nordic-retail)", 2),
    ]
    assert PartnerId.objects.get(value="nobody").tenant_id == account.pool_id


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tenant": "nobody"}, "--tenant: there is no tenant nobody"),
        ({"tenant": "pool-link-main"}, "--tenant: there is no tenant pool-link-main"),
        ({"account": "nobody"}, "--account: there is no gateway account nobody"),
        ({"tenant": "nordic-retail", "month": "2126-10"}, "--month: 2126-10 has not begun in Europe/Helsinki"),
        ({"tenant": "nordic-retail", "out": Path("/no/folder/r.xlsx")}, "--out: there is no folder /no/folder"),
    ],
)
def test_command_tells_what_is_wrong(tenant, tmp_path, options, message):
    with pytest.raises(CommandError) as error:
        call_command("monthly_report", **({"month": "2026-10", "out": tmp_path / "r.xlsx"} | options))
    assert str(error.value) == message


def test_command_that_waits_in_vain_says_what_to_do(messages, feed, tenant, tmp_path):
    put(feed, dlr("e"))
    WaitingRow.objects.update(received_at=at("2026-10-31T12:00:00"))
    with pytest.raises(CommandError, match=r"1 rows wait in the inbox.*apply_inbox"):
        call_command("monthly_report", tenant=tenant.slug, month="2026-10", out=tmp_path / "r.xlsx", wait=0)
    WaitingRow.objects.update(received_at=InboxRow.objects.order_by("-id")[0].received_at)
    apply_waiting()
    call_command("monthly_report", tenant=tenant.slug, month="2026-10", out=tmp_path / "r.xlsx", wait=0)


def test_month_before_a_hand_over_stays_as_it_was_to_the_cell(messages, feed, tenant, other_tenant, tmp_path):
    apply(feed, dlr("n", gateCustomParameters={"platformPartnerId": "nr-fi"}, sentTimestamp="2026-11-02T10:00:00Z"))
    before = _tables(tenant, OCTOBER, tmp_path)

    partner = PartnerId.objects.get(value="nr-fi")
    reassign(partner_id=partner.id, tenant=other_tenant, permissions=operator("x"), now=NOW, from_day=date(2026, 11, 1))
    assert run_moves() == 1
    late = {"gateCustomParameters": {"platformPartnerId": "nr-fi"}, **DELIVERED}
    apply(feed, dlr("a", refId="sale", segments=2, **late))  # heard of already, and once more

    assert before["Countries"][0][:4] == ["FI", "Finland", "2", "3"]
    assert _tables(tenant, OCTOBER, tmp_path) == before
    assert _partner_ids(other_tenant, OCTOBER, tmp_path) == [["baltic-ee", "ZZ", "1"]]
    november = {t.slug: _partner_ids(t, Month(2026, 11), tmp_path) for t in (tenant, other_tenant)}
    assert november == {"nordic-retail": [], "baltic-parcel": [["nr-fi", "ZZ", "1"]]}


def _partner_ids(tenant: Tenant, month: Month, folder: Path) -> list[list[str]]:
    """Return partner ID, country and messages of a workbook's rows."""
    rows = _tables(tenant, month, folder)["Partner IDs"]
    return [[row[0], row[1], row[3]] for row in rows if row[0] not in ("Total", "nan")]


def _tables(tenant: Tenant, month: Month, folder: Path) -> dict[str, list[list]]:
    """Return the rows of a workbook's tables."""
    out = folder / "r.xlsx"
    call_command("monthly_report", tenant=tenant.slug, month=str(month), out=out, format="xlsx")
    sheets = pandas.read_excel(out, sheet_name=None, engine="calamine")
    return {
        name: sheet.astype(str).values.tolist() for name, sheet in sheets.items() if name not in ("Cover", "Summary")
    }
