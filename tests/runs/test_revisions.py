"""A report is a revision only where it differs from the newest one of its month."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from portal.common.periods import Month
from portal.tenants.models import GatewayAccount
from reports.models import ReportRun
from reports.monthly.layout import Column, build_tables
from reports.monthly.selector import MonthScope
from reports.runs.fingerprint import content_hash
from reports.runs.report_scope import ReportScope
from reports.runs.runs import BeingMade, build_now, build_report, request_run, retry_run
from reports.runs.selectors import report_months
from tests.deliveries.helpers import apply, dlr
from tests.reports.sample import HEADER, account_figures, sample_figures

pytestmark = pytest.mark.django_db

OCTOBER = Month(2026, 10)
OWN = {
    "sentTimestamp": "2026-10-05T10:00:00Z",
    "timestamp": "2026-10-05T10:00:05Z",
    "gateCustomParameters": {"platformPartnerId": "nr-fi"},
}


@pytest.fixture(autouse=True)
def _files(settings):
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"default": memory}


@pytest.fixture
def messages(feed, tenant):
    apply(feed, dlr("a", refId="sale", segments=2, **OWN), dlr("b", 1000, **OWN))


def make(tenant, account: GatewayAccount | None = None, *, now: datetime | None = None) -> ReportRun:
    now = now or timezone.now()
    run = request_run(tenant=tenant, account=account, month=OCTOBER, requested_by="a@example.com", now=now)
    assert build_report(run_id=run.id, now=timezone.now()) == "done"
    return ReportRun.objects.get(id=run.id)


def revisions(tenant) -> list[int | None]:
    return list(ReportRun.objects.filter(tenant=tenant).order_by("id").values_list("revision", flat=True))


def test_report_that_comes_out_as_the_newest_is_no_revision(messages, tenant):
    first, again = make(tenant), make(tenant)

    assert (first.revision, again.revision, again.same_as, again.number) == (1, None, first, 1)
    assert (again.file, again.sha256, again.bytes, again.rows) == (first.file, first.sha256, first.bytes, first.rows)
    assert again.data_as_of >= first.data_as_of
    assert len(default_storage.listdir(f"reports/{tenant.id}")[1]) == 1
    (row,) = (
        row
        for row in report_months(report_scope=ReportScope(tenant, frozenset({tenant.id})), now=timezone.now())
        if row.latest
    )
    assert (row.latest, row.unchanged, row.older, row.open, row.failed) == (first, again, [], None, None)


def test_next_revision_has_the_next_number_and_is_compared_with_the_newest(messages, feed, tenant):
    make(tenant), make(tenant)
    apply(feed, dlr("b", **OWN))
    third, fourth = make(tenant), make(tenant)

    assert revisions(tenant) == [1, None, 2, None]
    assert fourth.same_as == third


def test_figures_of_before_make_a_revision_again(messages, feed, tenant):
    """It is compared with the newest revision alone, not with the ones before."""
    make(tenant)
    tenant.language = "fi"
    tenant.save()
    make(tenant)
    tenant.language = "en"
    tenant.save()
    make(tenant)

    assert revisions(tenant) == [1, 2, 3]


def test_provisional_report_becomes_final_as_a_revision(messages, tenant):
    soon = make(tenant, now=datetime(2026, 11, 1, tzinfo=UTC))
    later = make(tenant, now=datetime(2026, 11, 20, tzinfo=UTC))

    assert [(run.kind, run.revision) for run in (soon, later)] == [("provisional", 1), ("final", 2)]


def test_report_whose_newest_file_is_gone_gets_a_file(messages, tenant):
    first = make(tenant)
    default_storage.delete(first.file)

    second = make(tenant)

    assert second.revision == 2
    assert default_storage.exists(second.file)


def test_report_from_before_fingerprints_is_followed_by_a_revision(messages, tenant):
    first = make(tenant)
    ReportRun.objects.filter(id=first.id).update(content_hash="", rows_hash="", totals=None)

    assert make(tenant).revision == 2


def test_new_owner_of_an_account_does_not_get_what_was_made_before(messages, account, tenant):
    make(account.pool, account)
    GatewayAccount.objects.filter(id=account.id).update(owner=tenant, owner_since=timezone.now())

    assert make(account.pool, GatewayAccount.objects.get(id=account.id)).revision == 2
    assert make(account.pool, GatewayAccount.objects.get(id=account.id)).number == 2


def test_killed_attempt_of_an_unchanged_run_leaves_no_file(messages, tenant):
    make(tenant)
    run = request_run(tenant=tenant, month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    ReportRun.objects.filter(id=run.id).update(
        state="running", attempts=1, lease_until=timezone.now() - timedelta(seconds=1)
    )
    with default_storage.open(f"reports/{tenant.id}/2026-10_r2_1.xlsx", "wb") as file:
        file.write(b"half a workbook")

    assert build_report(run_id=run.id, now=timezone.now()) == "done"

    assert default_storage.listdir(f"reports/{tenant.id}")[1] == ["2026-10_r1_1.xlsx"]


def test_exports_by_command_make_one_revision(messages, tenant, tmp_path, capsys):
    for format_ in ("json", "xlsx", "csv", "xlsx"):
        out = tmp_path / f"report.{format_}"
        call_command("monthly_report", tenant=tenant.slug, month="2026-10", out=out, format=format_)

    said = [line.split(", ")[3] for line in capsys.readouterr().out.splitlines()]
    assert said == ["revision 1", *["unchanged: revision 1"] * 3]
    assert revisions(tenant) == [1, None, None, None]
    assert b'"revision": 1,' in (tmp_path / "report.json").read_bytes()
    with default_storage.open(ReportRun.objects.get(revision=1).file) as file:
        assert (tmp_path / "report.xlsx").read_bytes() == file.read()


def test_command_takes_up_the_run_that_waits(messages, tenant):
    run = request_run(tenant=tenant, month=OCTOBER, requested_by="a@example.com", now=timezone.now())

    made, _figures = build_now(scope=MonthScope(tenant), month=OCTOBER, requested_by="command", now=timezone.now())

    assert (made, made.state, made.requested_by) == (run, "done", "a@example.com")
    assert build_report(run_id=run.id, now=timezone.now()) == "done"
    assert revisions(tenant) == [1]


def test_command_waits_for_the_one_who_makes_the_report(messages, tenant, tmp_path):
    run = request_run(tenant=tenant, month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    ReportRun.objects.filter(id=run.id).update(
        state="running", attempts=1, lease_until=timezone.now() + timedelta(minutes=5)
    )

    with pytest.raises(BeingMade, match="the report of 2026-10 is being made by another process"):
        build_now(scope=MonthScope(tenant), month=OCTOBER, requested_by="command", now=timezone.now())
    with pytest.raises(CommandError, match="try again when it is done"):
        call_command("monthly_report", tenant=tenant.slug, month="2026-10", out=tmp_path / "r.xlsx", wait=0)

    assert revisions(tenant) == [1]
    ReportRun.objects.filter(id=run.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    made, _figures = build_now(scope=MonthScope(tenant), month=OCTOBER, requested_by="command", now=timezone.now())
    assert made == run


def test_failed_run_is_not_retried_beside_an_open_one(messages, tenant):
    failed = request_run(tenant=tenant, month=OCTOBER, requested_by="a@example.com", now=timezone.now())
    ReportRun.objects.filter(id=failed.id).update(state="failed")
    request_run(tenant=tenant, month=OCTOBER, requested_by="a@example.com", now=timezone.now())

    assert not retry_run(run=failed, requested_by="staff@example.com", now=timezone.now())


# --- the digest ---


def digest(figures) -> str:
    return content_hash(build_tables(figures), figures.header)


def test_digest_does_not_depend_on_moment_and_revision():
    later = replace(HEADER, revision=9, data_as_of=datetime(2027, 1, 1, tzinfo=UTC), oldest_waiting=HEADER.data_as_of)

    assert digest(sample_figures(header=later)) == digest(sample_figures())


@pytest.mark.parametrize(
    "header",
    [
        replace(HEADER, language="fi"),
        replace(HEADER, state="final"),
        replace(HEADER, timezone="Europe/Tallinn"),
        replace(HEADER, title_subject="Nordic Retail Ab"),
        replace(HEADER, warning="late"),
        replace(HEADER, maturity=0.5),
    ],
)
def test_digest_depends_on_what_the_report_says_of_itself(header):
    assert digest(sample_figures(header=header)) != digest(sample_figures())


def test_digest_depends_on_every_table_its_rows_subtotals_and_columns():
    figures = account_figures()
    tables = build_tables(figures)
    found = {content_hash(tables, figures.header)}
    for n, table in enumerate(tables):
        changed = [replace(table, columns=(*table.columns[:-1], Column("New", "int")))]
        if table.key == "Summary":
            changed.append(replace(table, rows=[*table.rows[:-1], ("Latency p99", 1, None, None)]))
        else:
            changed.append(replace(table, rows=list(reversed(table.rows))))
        if table.subtotals:
            changed.append(replace(table, subtotals=table.subtotals[1:]))
        found |= {content_hash([*tables[:n], other, *tables[n + 1 :]], figures.header) for other in changed}

    assert len(found) == 1 + 2 * len(tables) + 2
