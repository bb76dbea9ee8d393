"""Workbooks that may contain an erased number: deleted with a note, and their months created again.

Each month is a job, `ErasedMonth` (deliveries/erasure/erased_names.py). The figures are the same, except for the
masked names.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from deliveries.counts.causes import forget_month
from deliveries.models import ErasedMonth
from portal.accounts.models import record
from portal.common import jobs
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.models import ReportRun
from reports.runs.runs import request_run

ACTOR = "erasure"
_WAIT = timedelta(seconds=30)  # for a report that is being made


Also = Callable[[Collection[int], Month, datetime, datetime], bool]
"""Delete further files: of these tenants and month, from before the first instant; False while one is being made."""


def delete_erased_files(*, now: datetime, also: Also) -> int:
    """Delete the workbooks made before an erasure that changed names in their months; return how many.

    A report that is being made at this moment may have read the older names: its month waits for a later call.
    """
    deleted: list[int] = []
    jobs.run_all(ErasedMonth, lambda row: deleted.extend(_delete_files(row, now, also)))
    return len(deleted)


def _delete_files(row: ErasedMonth, now: datetime, also: Also) -> Iterator[int]:
    """Delete the files of one month; yield the ids of their runs."""
    forget_month(row.tenant_id, Month.of(row.month))
    if row.seen_at is None:
        row.seen_at = now
        jobs.renew(row, "seen_at")
    runs = _runs(row).filter(Q(started_at=None) | Q(started_at__lte=row.seen_at))
    is_being_made = runs.filter(state=ReportRun.State.RUNNING).exists()
    with_files = runs.filter(state=ReportRun.State.DONE, file_erased_at=None, removed_at=None)
    for run in with_files.select_related("tenant", "account"):
        _delete(run, now)
        yield run.id
        jobs.renew(row)
    are_others_done = also(with_parents(row.tenant), Month.of(row.month), row.seen_at, now)
    if is_being_made or not are_others_done:
        raise jobs.Paused(f"{row}: a report of this month is being made", delay=_WAIT)
    row.delete()


def _runs(row: ErasedMonth):
    """Return the runs that show the tenant's names of the month: its own, its parents', and those of accounts."""
    of_tenants = Q(account=None, tenant_id__in=with_parents(row.tenant))
    return ReportRun.objects.filter(of_tenants | Q(account__isnull=False), month=row.month)


def with_parents(tenant: Tenant) -> list[int]:
    """Return the tenant and all above it."""
    found: dict[int, None] = {}
    above: Tenant | None = tenant
    while above is not None and above.id not in found:
        found[above.id] = None
        above = above.parent
    return list(found)


def _delete(run: ReportRun, now: datetime) -> None:
    """Delete a run's files and ask for the next revision; the files first: stopped in between, it is done again."""
    for name in {run.file, run.masked_file, run.kept_file} - {""}:
        default_storage.delete(name)
    with transaction.atomic():
        ReportRun.objects.filter(id=run.id).update(file_erased_at=now)
        record(
            "report.file_erased", actor=ACTOR, tenant=run.tenant, subject=f"{run.month:%Y-%m} r{run.number}",
            details={"run": run.id},
        )  # fmt: skip
        request_run(
            tenant=run.tenant,
            account=run.account,
            month=Month.of(run.month),
            kind=run.kind,
            requested_by=ACTOR,
            now=now,
        )
