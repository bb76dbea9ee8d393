"""Workbooks that may contain an erased number: deleted with a note, and their months created again.

`ErasedMonth` is the queue (deliveries/erasure/erased_names.py). The figures are the same, except for the masked names.
"""

from collections.abc import Iterator
from datetime import datetime

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from deliveries.models import ErasedMonth
from portal.accounts.models import record
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.models import ReportRun
from reports.runs.runs import request_run

ACTOR = "erasure"


def delete_erased_files(*, now: datetime) -> int:
    """Delete the workbooks made before an erasure that changed names in their months; return how many.

    A report that is being made at this moment may have read the older names: its month waits for the next call.
    """
    deleted = 0
    for row in ErasedMonth.objects.select_related("tenant").order_by("id"):
        if row.seen_at is None:
            row.seen_at = now
            row.save(update_fields=["seen_at"])
        runs = _runs(row).filter(Q(started_at=None) | Q(started_at__lte=row.seen_at))
        is_being_made = runs.filter(state=ReportRun.State.RUNNING).exists()
        for run in runs.filter(state=ReportRun.State.DONE, file_erased_at=None, removed_at=None).select_related(
            "tenant", "account"
        ):
            _delete(run, now)
            deleted += 1
        if not is_being_made:
            row.delete()
    return deleted


def _runs(row: ErasedMonth):
    """Return the runs that show the tenant's names of the month: its own, its parents', and those of accounts."""
    of_tenants = Q(account=None, tenant_id__in=list(_with_parents(row.tenant)))
    return ReportRun.objects.filter(of_tenants | Q(account__isnull=False), month=row.month)


def _with_parents(tenant: Tenant) -> Iterator[int]:
    seen: set[int] = set()
    above: Tenant | None = tenant
    while above is not None and above.id not in seen:
        seen.add(above.id)
        yield above.id
        above = above.parent


def _delete(run: ReportRun, now: datetime) -> None:
    """Delete a run's files and ask for the next revision; the files first: stopped in between, it is done again."""
    for name in {run.file, run.masked_file} - {""}:
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
