"""Runs that bring the recipients of a monthly report the revision of a month that they already have."""

from datetime import datetime, timedelta

from django.db.models import Q

from portal.common.periods import Month
from reports.models import DefinitionRun, ReportDefinition, ReportRun
from reports.schedules.clock import scheduled
from reports.schedules.periods import Days
from reports.schedules.runs import request_definition_run

ACTOR = "revision"
_WITHIN = timedelta(days=7)  # after the revision: the clock may have been away

State = DefinitionRun.State
_MAILED = Q(due_at__isnull=False) | Q(cause=DefinitionRun.Cause.REVISION)


def request_revised_runs(*, now: datetime) -> list[DefinitionRun]:
    """Request a run of each scheduled monthly report whose mailed month was revised since. Each revision has one."""
    revised = ReportRun.objects.filter(
        kind=ReportRun.Kind.FINAL, state=ReportRun.State.DONE, account=None, removed_at=None, revision__isnull=False,
        changes__isnull=False, finished_at__gt=now - _WITHIN,
    )  # fmt: skip
    newest = revised.order_by("tenant_id", "month", "-revision").distinct("tenant_id", "month")
    return [
        request_definition_run(
            definition=definition,
            requested_by=ACTOR,
            cause=DefinitionRun.Cause.REVISION,
            now=now,
            days=_days(revision),
        )
        for revision in newest
        for definition in _without(revision)
    ]


def _without(revision: ReportRun) -> list[ReportDefinition]:
    """Return the definitions whose recipients have an earlier report of the month, and no run that brings this one."""
    first, last = _days(revision)
    mailed = DefinitionRun.objects.filter(
        _MAILED, tenant_id=revision.tenant_id, definition__kind=ReportDefinition.Kind.MONTHLY, first=first, last=last
    )
    have_earlier = mailed.filter(state=State.DONE, skipped="", finished_at__lte=revision.finished_at)
    has_it = Q(report_run=revision) | Q(report_run__same_as=revision)
    gets_it = Q(state__in=[State.QUEUED, State.RUNNING]) | Q(created_at__gte=revision.finished_at)
    bring_it = mailed.filter(has_it | gets_it)
    found = scheduled().filter(id__in=have_earlier.values("definition"))
    return list(found.exclude(id__in=bring_it.values("definition")).order_by("id"))


def _days(revision: ReportRun) -> Days:
    month = Month.of(revision.month)
    return month.first_day, month.last_day
