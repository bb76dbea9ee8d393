"""Asking for runs of a definition, cancelling and retrying them."""

from datetime import datetime

from django.db import transaction

from portal.accounts.models import record
from portal.common import jobs
from reports.models import DefinitionRun, ReportDefinition
from reports.schedules.periods import Days, days_of


class DefinitionArchived(ValueError):
    """The definition is archived and makes no more runs."""


def request_definition_run(
    *,
    definition: ReportDefinition,
    requested_by: str,
    cause: str,
    now: datetime,
    due_at: datetime | None = None,
    days: Days | None = None,
) -> DefinitionRun:
    """Queue a run and wake a worker. Raises DefinitionArchived.

    Its days are `days`, else those at `due_at`, which a schedule gives, else at `now`: a late worker still reports on
    the days that were due. A second request for the same due time gets the first one's run in any state; one without a
    due time gets an open run of the same days.
    """
    with transaction.atomic():
        # Of two requests at once the second one finds the first one's run.
        definition = (
            ReportDefinition.objects.select_for_update(of=("self",)).select_related("tenant").get(id=definition.id)
        )
        if definition.archived_at is not None:
            raise DefinitionArchived(f"the definition {definition.id} is archived")
        first, last = days or run_days(definition, at=due_at or now)
        run = _earlier_run(definition, (first, last), due_at)
        if run is None:
            run = DefinitionRun.objects.create(
                tenant=definition.tenant,
                definition=definition,
                cause=cause,
                due_at=due_at,
                requested_by=requested_by,
                first=first,
                last=last,
            )
            record(
                "definition_run.asked", actor=requested_by, tenant=definition.tenant, subject=definition.name,
                details={"run": run.id, "cause": cause, "first": str(first), "last": str(last)},
            )  # fmt: skip
        transaction.on_commit(lambda: wake(run.id))
    return run


def run_days(definition: ReportDefinition, *, at: datetime) -> Days:
    """Return the days that a run of the definition reports on at an instant."""
    if definition.period == ReportDefinition.Period.CUSTOM:
        assert definition.first is not None and definition.last is not None  # by constraint
        return definition.first, definition.last
    return days_of(definition.period, at=at, zone=definition.tenant.timezone)


def wake(run_id: int) -> None:
    """Send a run to a worker. Without the broker, the next poll of the rows finds it."""
    jobs.wake("reports.make_definition_run", run_id, expires=60)


def cancel(run: DefinitionRun, *, actor: str) -> bool:
    """Cancel a run that waits or is being made. Return False if it is neither."""
    with transaction.atomic():
        if not jobs.cancel(DefinitionRun, ids=[run.id]):
            return False
        _record("definition_run.cancelled", run, actor)
    return True


def retry(run: DefinitionRun, *, requested_by: str) -> bool:
    """Queue a failed or cancelled run again, for the same days. Return False if it is neither, or if they are made."""
    with transaction.atomic():
        definition = ReportDefinition.objects.select_for_update().get(id=run.definition_id)
        stopped = DefinitionRun.objects.filter(
            id=run.id, state__in=[DefinitionRun.State.FAILED, DefinitionRun.State.CANCELLED]
        )
        if definition.archived_at is not None or not stopped.exists():
            return False
        if not jobs.retry(DefinitionRun, ids=[run.id]):
            return False
        DefinitionRun.objects.filter(id=run.id).update(
            cause=DefinitionRun.Cause.RETRY, requested_by=requested_by, skipped="", done=0, total=0
        )
        _record("definition_run.retried", run, requested_by)
        transaction.on_commit(lambda: wake(run.id))
    return True


def _record(action: str, run: DefinitionRun, actor: str) -> None:
    record(action, actor=actor, tenant=run.tenant, subject=run.definition.name, details={"run": run.id})


def _earlier_run(definition: ReportDefinition, days: Days, due_at: datetime | None) -> DefinitionRun | None:
    if due_at is not None:
        return DefinitionRun.objects.filter(definition=definition, due_at=due_at).first()
    first, last = days
    return jobs.open_jobs(DefinitionRun).filter(definition=definition, first=first, last=last).first()
