"""Report runs: jobs that are requested, wait for the inbox, and are built once."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Max

from deliveries.applying.apply import oldest_waiting
from deliveries.counts.causes import close_month
from portal.accounts.models import record
from portal.common import jobs
from portal.common.periods import Month, is_final
from portal.tenants.models import GatewayAccount, Tenant
from reports.models import ReportRun
from reports.monthly.layout import MonthFigures, build_tables
from reports.monthly.selector import MonthScope, month_figures
from reports.runs import kept_tables
from reports.runs.editions import OF_A_FILE, delete_attempts, delete_files, store_editions, store_masked_edition
from reports.runs.events import tell_failed, tell_made
from reports.runs.fingerprint import content_hash
from reports.runs.revisions import changes_of, revision_of
from reports.runs.summary import stored_countries

logger = logging.getLogger(__name__)

Progress = Callable[[int], None]  # percent


class StillWaiting(Exception):
    """Inbox rows from before the report's cut are not applied yet; `oldest` is when the first was received."""

    def __init__(self, oldest: datetime) -> None:
        super().__init__(f"delivery reports received at {oldest.isoformat(timespec='seconds')} are not applied yet")
        self.oldest = oldest


class BeingMade(Exception):
    """Another process is making the month's report at this moment."""

    def __init__(self, month: Month) -> None:
        super().__init__(f"the report of {month} is being made by another process")


def request_run(
    *,
    tenant: Tenant,
    month: Month,
    requested_by: str,
    now: datetime,
    account: GatewayAccount | None = None,
    kind: str | None = None,
) -> ReportRun:
    """Queue a report of `month` and wake the worker; return the open run if there is one.

    For an account's report `tenant` is its pool. The kind follows from the date unless it is given.
    """
    with transaction.atomic():
        lock_runs(tenant)  # before the looks: of two requests at once the second one finds the first one's run
        run = _open_run(tenant, month)
        if run is None:
            run = _create(tenant, month, account, kind, requested_by, now)
        transaction.on_commit(lambda: wake(run.id))
    return run


def retry_run(*, run: ReportRun, requested_by: str, now: datetime) -> bool:
    """Queue a failed or cancelled run again. Return False if it is neither, was removed, or the month is being made."""
    with transaction.atomic():
        lock_runs(run.tenant)
        stopped = ReportRun.objects.filter(
            id=run.id, state__in=[ReportRun.State.FAILED, ReportRun.State.CANCELLED], removed_at=None
        )
        if not stopped.exists() or not jobs.retry(ReportRun, ids=[run.id]):
            return False
        ReportRun.objects.filter(id=run.id).update(
            requested_by=requested_by, requested_at=now, done=0, waits_for_inbox=False
        )
        transaction.on_commit(lambda: wake(run.id))
    return True


def wake(run_id: int) -> None:
    """Send a run to a worker. Without the broker, the next poll of the rows finds it."""
    jobs.wake("reports.build_report", run_id, expires=60)


def due_runs(*, now: datetime) -> list[int]:
    """Return the runs that a worker should take: queued and not delayed, or left by a worker whose lease is over."""
    return list(ReportRun.objects.filter(jobs.due(now)).order_by("id").values_list("id", flat=True)[:100])


def build_report(*, run_id: int, now: datetime) -> str:
    """Build a run unless another worker has it. Return its state after that, "waiting" or "taken" (by another worker).

    A run waits while the inbox holds rows from before its cut.
    """
    run = ReportRun.objects.select_related("tenant", "account").filter(id=run_id).first()
    if run is None or not run.is_open:
        return run.state if run else "gone"
    if run.state == ReportRun.State.QUEUED and (oldest := _not_applied(run)) is not None:
        ReportRun.objects.filter(id=run.id, state=ReportRun.State.QUEUED).update(waits_for_inbox=True)
        logger.info("run %s waits for delivery reports received at %s", run.id, oldest)
        return "waiting"
    claimed = jobs.claim(ReportRun, run_id, now=now, lease=_lease(), on_failed=tell_failed)
    if claimed is None:
        run.refresh_from_db()
        return "taken" if run.is_open else run.state
    jobs.run(claimed, lambda run: _build(run, lambda percent: None), on_failed=tell_failed)
    return claimed.state


def build_now(
    *, scope: MonthScope, month: Month, requested_by: str, now: datetime, progress: Progress = lambda percent: None
) -> tuple[ReportRun, MonthFigures]:
    """Create a report in this process and return its run and figures. Raises StillWaiting and BeingMade.

    A run that waits for a worker is claimed, so that the month's report is not created twice.
    """
    with transaction.atomic():
        lock_runs(scope.tenant)
        run = _open_run(scope.tenant, month)
        if run is None:
            run = _create(scope.tenant, month, scope.account, None, requested_by, now)
        if run.state == ReportRun.State.QUEUED and (oldest := _not_applied(run)) is not None:
            raise StillWaiting(oldest)
        ReportRun.objects.filter(id=run.id).update(not_before=None)  # the command does not wait for a retry's time
        # a new one before anybody else can see it
        claimed = jobs.claim(ReportRun, run.id, lease=_lease(), on_failed=tell_failed)
        if claimed is None:
            raise BeingMade(month)
    try:
        return claimed, _build(claimed, progress)
    except Exception as error:
        jobs.fail(claimed, error, on_failed=tell_failed)
        raise


def lock_runs(tenant: Tenant) -> None:
    """Serialise requests for the tenant's runs, so that revision numbers are unique and consecutive."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('report_run'), %s)", [tenant.id])


def _create(
    tenant: Tenant,
    month: Month,
    account: GatewayAccount | None,
    kind: str | None,
    requested_by: str,
    now: datetime,
) -> ReportRun:
    last = ReportRun.objects.filter(tenant=tenant, month=month.first_day).aggregate(last=Max("revision"))["last"]
    if kind is None:
        kind = final_or_provisional(MonthScope(tenant, account), month, now)
    record("report.request", actor=requested_by, tenant=tenant, subject=str(month), details={"kind": kind})
    return ReportRun.objects.create(
        tenant=tenant,
        account=account,
        month=month.first_day,
        kind=kind,
        revision=(last or 0) + 1,
        requested_by=requested_by,
        requested_at=now,
    )


def final_or_provisional(scope: MonthScope, month: Month, now: datetime) -> str:
    """Return "final" once the grace has passed in every zone that the month is made of."""
    grace = timedelta(hours=settings.REPORT_GRACE_HOURS)
    final = all(is_final(month, now, zone, grace) for zone in scope.timezones())
    return ReportRun.Kind.FINAL if final else ReportRun.Kind.PROVISIONAL


def _open_run(tenant: Tenant, month: Month) -> ReportRun | None:
    return jobs.open_jobs(ReportRun).filter(tenant=tenant, month=month.first_day).first()


def _not_applied(run: ReportRun) -> datetime | None:
    """Return when the oldest row was received that the report needs and lacks; None if there is none."""
    scope, month = MonthScope(run.tenant, run.account), Month.of(run.month)
    closes = max(month.bounds(zone)[1] for zone in scope.timezones())
    cut = min(closes, run.requested_at)
    oldest = oldest_waiting()
    return oldest if oldest is not None and oldest < cut else None


def _lease() -> timedelta:
    return timedelta(seconds=settings.REPORT_LEASE_SECONDS)


def _build(run: ReportRun, progress: Progress) -> MonthFigures:
    run.waits_for_inbox, run.done, run.total = False, 0, 100
    _beat(run, 0, progress)
    scope, month = MonthScope(run.tenant, run.account), Month.of(run.month)
    kind = run.kind if run.kind == ReportRun.Kind.FINAL else final_or_provisional(scope, month, run.requested_at)
    if kind == ReportRun.Kind.FINAL:
        close_month(month)
    figures = month_figures(scope=scope, month=month, kind=kind, revision=run.revision)
    _beat(run, 20, progress)
    tables = build_tables(figures)
    outcome = _outcome(figures, kind) | {"content_hash": content_hash(tables, figures.header)}
    newest = _newest_revision(run)

    def beat(done: int, of: int) -> None:
        _beat(run, 20 + 75 * done // max(of, 1), progress)

    if newest and newest.content_hash == outcome["content_hash"] and _has_file(newest):
        if not newest.masked_file:
            _add_masked_edition(newest, figures, beat)
        _store_unchanged(run, newest, outcome)
        progress(100)
        return replace(figures, header=replace(figures.header, revision=newest.revision))
    revision = revision_of(newest, scope, figures, tables)
    if newest is not None and revision is not None:
        outcome["changes"] = changes_of(newest, outcome)
    outcome |= store_editions(run, tables, figures.header, beat, revision)
    outcome["kept_file"] = kept_tables.store(run, tables, figures.ledger, figures.header.language)
    _store(run, outcome)
    progress(100)
    return figures


def _add_masked_edition(newest: ReportRun, figures: MonthFigures, beat: Callable[[int, int], None]) -> None:
    """Give a revision that was made before there was a masked edition its own, of the same figures and moment."""
    header = replace(figures.header, revision=newest.revision, data_as_of=newest.data_as_of)
    tables = build_tables(replace(figures, header=header))
    full = (newest.file, newest.bytes, newest.sha256)
    fields = store_masked_edition(newest, tables, header, full, beat)
    ReportRun.objects.filter(id=newest.id).update(**fields)
    newest.refresh_from_db()


def _has_file(run: ReportRun) -> bool:
    return run.has_file and default_storage.exists(run.file)


def _newest_revision(run: ReportRun) -> ReportRun | None:
    """Return the newest finished revision of the run's month that the readers of the run may see."""
    runs = ReportRun.objects.filter(
        tenant_id=run.tenant_id, month=run.month, state=ReportRun.State.DONE, revision__isnull=False, removed_at=None
    )
    if run.account is not None and run.account.owner_since is not None:
        runs = runs.filter(requested_at__gte=run.account.owner_since)
    return runs.order_by("-revision").first()


def _outcome(figures: MonthFigures, kind: str) -> dict:
    """Return what a finished run says of its figures."""
    return {
        "kind": kind,
        "data_as_of": figures.header.data_as_of,
        "messages": sum(volume.messages for volume in figures.countries.values()),
        "maturity": figures.header.maturity,
        "totals": figures.count_totals,
        "rows_hash": figures.rows_hash,
        "causes": figures.causes,
        "language": figures.header.language,
        "countries": stored_countries(figures.countries),
    }


def _beat(run: ReportRun, percent: int, progress: Progress) -> None:
    """Write the progress, and extend the lease."""
    run.done = percent
    jobs.renew(run, "waits_for_inbox", lease=_lease())
    progress(percent)


def _store(run: ReportRun, outcome: dict) -> None:
    run.done = run.total
    try:
        with transaction.atomic():
            jobs.finish(run, **outcome)
            tell_made(run)
    except jobs.LeaseLost:
        delete_files(outcome)
        raise
    delete_attempts(run, revision=run.revision)


def _store_unchanged(run: ReportRun, newest: ReportRun, outcome: dict) -> None:
    """End the run as the same as `newest`, whose file it gets. Its counts are those that later ones are compared to."""
    outcome |= {
        name: getattr(newest, name)
        for name in ("rows", "kept_file", *OF_A_FILE, *(f"masked_{name}" for name in OF_A_FILE))
    }
    run.done, revision = run.total, run.revision
    with transaction.atomic():
        jobs.finish(run, **outcome, revision=None, same_as=newest)
        same = {name: outcome[name] for name in ("totals", "rows_hash", "causes", "language", "countries")}
        ReportRun.objects.filter(id=newest.id).update(**same)
        tell_made(run)
    delete_attempts(run, revision=revision)
