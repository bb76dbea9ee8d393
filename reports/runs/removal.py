"""Removal of a month's report: its files are deleted, its rows stay so that revision numbers are never reused."""

from datetime import datetime

from django.core.files.storage import default_storage
from django.db import transaction

from portal.accounts.models import record
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.models import ReportRun
from reports.runs.report_scope import ReportScope
from reports.runs.runs import lock_runs


class NothingToRemove(Exception):
    """The month has no report that is not removed already."""


class StillBeingMade(Exception):
    """The month's report is queued or being created, so it cannot be removed yet."""


def removable_runs(report_scope: ReportScope, month: Month) -> list[ReportRun]:
    """Return the runs of the month that a removal would cover, newest first."""
    runs = report_scope.runs().filter(month=month.first_day, removed_at=None)
    return list(runs.select_related("same_as").order_by("-id"))


def remove_month(*, report_scope: ReportScope, owner: Tenant, month: Month, actor: str, now: datetime) -> int:
    """Remove all revisions of a month's report and return how many there were.

    The audit entry is `owner`'s. The files are deleted before the rows are marked: a removal that is interrupted in
    between can be repeated. Raises NothingToRemove and StillBeingMade.
    """
    with transaction.atomic():
        lock_runs(report_scope.tenant)  # no new run of the month begins meanwhile
        runs = removable_runs(report_scope, month)
        if not runs:
            raise NothingToRemove
        if any(run.is_open for run in runs):
            raise StillBeingMade
        for name in sorted({name for run in runs for name in (run.file, run.masked_file, run.kept_file) if name}):
            default_storage.delete(name)
        ReportRun.objects.filter(id__in=[run.id for run in runs]).update(removed_at=now)
        revisions = sorted(run.revision for run in runs if run.revision is not None and run.state == run.State.DONE)
        record(
            "report.removed",
            actor=actor,
            tenant=owner,
            subject=f"{report_scope.name} {month}",
            details={"revisions": revisions, "final": any(is_final(run) for run in runs)},
        )
    return len(revisions)


def is_final(run: ReportRun) -> bool:
    """Return whether the run is a finished final report, which invoices may rest on."""
    return run.state == ReportRun.State.DONE and run.kind == ReportRun.Kind.FINAL
