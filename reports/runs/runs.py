"""Report runs: requested, claimed with a lease, built once, and claimed again if a worker dies."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from deliveries.applying.apply import oldest_waiting
from portal.accounts.models import record
from portal.common import jobs
from portal.common.periods import Month, is_final
from portal.common.redaction import redact
from portal.tenants.models import GatewayAccount, Tenant
from reports.models import ReportRun
from reports.monthly.layout import MonthFigures, build_tables
from reports.monthly.selector import Scope, month_figures
from reports.runs.editions import OF_A_FILE, delete_attempts, delete_files, store_editions, store_masked_edition
from reports.runs.fingerprint import content_hash

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
OPEN = (ReportRun.State.QUEUED, ReportRun.State.WAITING, ReportRun.State.RUNNING)

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


class KeyReused(ValueError):
    """The idempotency key was given before, for another report."""


def request_run(
    *,
    tenant: Tenant,
    month: Month,
    requested_by: str,
    now: datetime,
    account: GatewayAccount | None = None,
    kind: str | None = None,
    idempotency_key: str = "",
) -> ReportRun:
    """Queue a report of `month` and wake the worker; return the open run if there is one.

    For an account's report `tenant` is its pool. The kind follows from the date unless it is given. A second request of
    the same `requested_by` with the same `idempotency_key` gets the run of the first, in any state; raises KeyReused if
    it is for another tenant or month.
    """
    with transaction.atomic():
        _lock(tenant)  # before the looks: of two requests at once the second one finds the first one's run
        run = _run_of(tenant, month, requested_by, idempotency_key) or _open_run(tenant, month)
        if run is None:
            run = _create(tenant, month, account, kind, requested_by, now, idempotency_key)
        transaction.on_commit(lambda: wake(run.id))
    return run


def retry_run(*, run: ReportRun, requested_by: str, now: datetime) -> bool:
    """Queue a failed run again; return whether it had failed and no other run of the month is open."""
    with transaction.atomic():
        _lock(run.tenant)
        if _open_run(run.tenant, Month.of(run.month)) is not None:
            return False
        changed = ReportRun.objects.filter(id=run.id, state=ReportRun.State.FAILED).update(
            state=ReportRun.State.QUEUED, attempts=0, error="", requested_by=requested_by, requested_at=now, progress=0
        )
        transaction.on_commit(lambda: wake(run.id))
    return bool(changed)


def wake(run_id: int) -> None:
    """Send a run to a worker. Without the broker, the next poll of the rows finds it."""
    jobs.wake("reports.build_report", run_id, expires=60)


def due_runs(*, now: datetime) -> list[int]:
    """Return the runs that a worker should process: queued, waiting, or with an expired lease."""
    due = Q(state__in=[ReportRun.State.QUEUED, ReportRun.State.WAITING]) | Q(
        state=ReportRun.State.RUNNING, lease_until__lt=now
    )
    return list(ReportRun.objects.filter(due).order_by("id").values_list("id", flat=True)[:100])


def build_report(*, run_id: int, now: datetime) -> str:
    """Build a run unless another worker has it; return the state that it is in then ("taken": another's).

    A run waits while the inbox holds rows from before its cut. A failing one is tried MAX_ATTEMPTS times.
    """
    run = ReportRun.objects.select_related("tenant", "account").filter(id=run_id).first()
    if run is None or run.state not in OPEN:
        return run.state if run else "gone"
    if run.state != ReportRun.State.RUNNING and (oldest := _not_applied(run)) is not None:
        ReportRun.objects.filter(id=run.id, state=ReportRun.State.QUEUED).update(state=ReportRun.State.WAITING)
        logger.info("run %s waits for delivery reports received at %s", run.id, oldest)
        return ReportRun.State.WAITING
    if not _claim(run, now):
        return "taken"
    try:
        _build(run, lambda percent: None)
    except Exception as error:
        logger.exception("run %s failed", run.id)
        _fail(run, error)
    return run.state


def build_now(
    *, scope: Scope, month: Month, requested_by: str, now: datetime, progress: Progress = lambda percent: None
) -> tuple[ReportRun, MonthFigures]:
    """Create a report in this process and return its run and figures. Raises StillWaiting and BeingMade.

    A run that waits for a worker is claimed, so that the month's report is not created twice.
    """
    with transaction.atomic():
        _lock(scope.tenant)
        run = _open_run(scope.tenant, month)
        if run is None:
            run = _create(scope.tenant, month, scope.account, None, requested_by, now)
        if run.state != ReportRun.State.RUNNING and (oldest := _not_applied(run)) is not None:
            raise StillWaiting(oldest)
        if not _claim(run, timezone.now()):  # a new one before anybody else can see it
            raise BeingMade(month)
    try:
        return run, _build(run, progress)
    except Exception as error:
        _fail(run, error)
        raise


def _lock(tenant: Tenant) -> None:
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
    idempotency_key: str = "",
) -> ReportRun:
    last = ReportRun.objects.filter(tenant=tenant, month=month.first_day).aggregate(last=Max("revision"))["last"]
    if kind is None:
        kind = final_or_provisional(Scope(tenant, account), month, now)
    record("report.request", actor=requested_by, tenant=tenant, subject=str(month), details={"kind": kind})
    return ReportRun.objects.create(
        tenant=tenant,
        account=account,
        month=month.first_day,
        kind=kind,
        revision=(last or 0) + 1,
        requested_by=requested_by,
        requested_at=now,
        idempotency_key=idempotency_key,
    )


def _run_of(tenant: Tenant, month: Month, requested_by: str, idempotency_key: str) -> ReportRun | None:
    if not idempotency_key:
        return None
    run = ReportRun.objects.filter(requested_by=requested_by, idempotency_key=idempotency_key).first()
    if run is not None and (run.tenant_id, run.month) != (tenant.id, month.first_day):
        raise KeyReused(f"used for the report of {run.month:%Y-%m}, number {run.id}")
    return run


def final_or_provisional(scope: Scope, month: Month, now: datetime) -> str:
    """Return "final" once the grace has passed in every zone that the month is made of."""
    grace = timedelta(hours=settings.REPORT_GRACE_HOURS)
    final = all(is_final(month, now, zone, grace) for zone in scope.timezones())
    return ReportRun.Kind.FINAL if final else ReportRun.Kind.PROVISIONAL


def _open_run(tenant: Tenant, month: Month) -> ReportRun | None:
    return ReportRun.objects.filter(tenant=tenant, month=month.first_day, state__in=OPEN).first()


def _not_applied(run: ReportRun) -> datetime | None:
    """Return when the oldest row was received that the report needs and lacks; None if there is none."""
    scope, month = Scope(run.tenant, run.account), Month.of(run.month)
    closes = max(month.bounds(zone)[1] for zone in scope.timezones())
    cut = min(closes, run.requested_at)
    oldest = oldest_waiting()
    return oldest if oldest is not None and oldest < cut else None


def _lease() -> datetime:
    return timezone.now() + timedelta(seconds=settings.REPORT_LEASE_SECONDS)


def _claim(run: ReportRun, now: datetime) -> bool:
    """Claim the run unless another worker has it; the number of the attempt is the token that later writes check."""
    free = Q(state__in=[ReportRun.State.QUEUED, ReportRun.State.WAITING]) | Q(
        state=ReportRun.State.RUNNING, lease_until__lt=now
    )
    with transaction.atomic():
        claimed = ReportRun.objects.filter(free, id=run.id, attempts=run.attempts).update(
            state=ReportRun.State.RUNNING,
            attempts=F("attempts") + 1,
            lease_until=_lease(),
            started_at=now,
            progress=0,
        )
    if claimed:
        run.refresh_from_db()
        if run.attempts > MAX_ATTEMPTS:
            _fail(run, RuntimeError("its worker died every time"))
            return False
    return bool(claimed)


def _mine(run: ReportRun):
    return ReportRun.objects.filter(id=run.id, state=ReportRun.State.RUNNING, attempts=run.attempts)


class _LeaseLost(Exception):
    """Another worker took the run: this one's work is void."""


def _build(run: ReportRun, progress: Progress) -> MonthFigures:
    scope, month = Scope(run.tenant, run.account), Month.of(run.month)
    kind = run.kind if run.kind == ReportRun.Kind.FINAL else final_or_provisional(scope, month, run.requested_at)
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
    _store(run, outcome | store_editions(run, tables, figures.header, beat))
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
    return run.file_erased_at is None and default_storage.exists(run.file)


def _newest_revision(run: ReportRun) -> ReportRun | None:
    """Return the newest finished revision of the run's month that the readers of the run may see."""
    runs = ReportRun.objects.filter(
        tenant_id=run.tenant_id, month=run.month, state=ReportRun.State.DONE, revision__isnull=False
    )
    if run.account is not None and run.account.owner_since is not None:
        runs = runs.filter(requested_at__gte=run.account.owner_since)
    return runs.order_by("-revision").first()


def _outcome(figures: MonthFigures, kind: str) -> dict:
    """Return what a finished run says of its figures."""
    return {
        "state": ReportRun.State.DONE,
        "kind": kind,
        "progress": 100,
        "lease_until": None,
        "error": "",
        "data_as_of": figures.header.data_as_of,
        "messages": sum(volume.messages for volume in figures.countries.values()),
        "maturity": figures.header.maturity,
        "totals": figures.count_totals,
        "rows_hash": figures.rows_hash,
    }


def _beat(run: ReportRun, percent: int, progress: Progress) -> None:
    """Show how far it is, and keep the lease."""
    if not _mine(run).update(progress=percent, lease_until=_lease()):
        raise _LeaseLost(f"run {run.id} was taken over")
    progress(percent)


def _store(run: ReportRun, outcome: dict) -> None:
    if not _mine(run).update(**outcome, finished_at=timezone.now()):
        delete_files(outcome)
        raise _LeaseLost(f"run {run.id} was taken over")
    delete_attempts(run)
    run.refresh_from_db()


def _store_unchanged(run: ReportRun, newest: ReportRun, outcome: dict) -> None:
    """End the run as the same as `newest`, whose file it gets. Its counts are those that later ones are compared to."""
    outcome |= {name: getattr(newest, name) for name in ("rows", *OF_A_FILE, *(f"masked_{name}" for name in OF_A_FILE))}
    with transaction.atomic():
        if not _mine(run).update(**outcome, finished_at=timezone.now(), revision=None, same_as=newest):
            raise _LeaseLost(f"run {run.id} was taken over")
        ReportRun.objects.filter(id=newest.id).update(totals=outcome["totals"], rows_hash=outcome["rows_hash"])
    delete_attempts(run)
    run.refresh_from_db()


def _fail(run: ReportRun, error: Exception) -> None:
    """Queue the run for another attempt, or give it up; not when another worker has it."""
    given_up = run.attempts >= MAX_ATTEMPTS
    _mine(run).update(
        state=ReportRun.State.FAILED if given_up else ReportRun.State.QUEUED,
        lease_until=None,
        finished_at=timezone.now() if given_up else None,
        error=redact(f"{type(error).__name__}: {error}")[:500],
    )
    run.refresh_from_db()
