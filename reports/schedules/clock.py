"""The clock of schedules: gives definitions their next time and requests the runs that are due."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from reports.models import DefinitionRun, ReportDefinition
from reports.schedules.due import Frequency, Schedule, newest_due, next_due
from reports.schedules.runs import request_definition_run

logger = logging.getLogger(__name__)

ACTOR = "schedule"


def tick(*, now: datetime) -> list[DefinitionRun]:
    """Request the runs that are due by now, each once, and return them.

    After downtime a definition gets one run, of its newest due time.
    """
    set_next_times(now=now)
    due = scheduled().filter(next_at__lte=now).order_by("next_at", "id").values_list("id", flat=True)
    found = []
    for definition_id in list(due):
        try:
            run = _request(definition_id, now)
        except Exception:  # one definition must not stop the others; the next tick tries it again
            logger.exception("report definition %s: its run was not requested", definition_id)
            continue
        if run is not None:
            found.append(run)
    return found


def set_next_times(*, now: datetime) -> int:
    """Give each scheduled definition a next time that its schedule and its tenant's zone have; return how many changed.

    A new or changed definition is due first after its change. Where the tenant has moved to another zone, the next time
    is one of that zone.
    """
    changed = 0
    for definition in scheduled().select_related("tenant").order_by("id"):
        schedule, tz = schedule_of(definition), definition.tenant.timezone
        if definition.next_at is None:
            wanted = next_due(schedule, tz, definition.changed_at)
        elif _is_due_time(schedule, tz, definition.next_at):
            continue
        else:
            wanted = next_due(schedule, tz, now)
        # Only if nobody has changed it since it was read.
        same = scheduled().filter(id=definition.id, next_at=definition.next_at, changed_at=definition.changed_at)
        changed += same.update(next_at=wanted)
    return changed


def schedule_of(definition: ReportDefinition) -> Schedule:
    """Return the schedule of a definition that has one."""
    assert definition.at is not None  # by constraint
    return Schedule(Frequency(definition.frequency), definition.at, definition.weekday or 1, definition.month_day or 1)


def _request(definition_id: int, now: datetime) -> DefinitionRun | None:
    with transaction.atomic():
        rows = scheduled().select_for_update(skip_locked=True, of=("self",)).select_related("tenant")
        definition = rows.filter(id=definition_id, next_at__lte=now).first()
        if definition is None or definition.next_at is None:  # another clock has it, or it was stopped
            return None
        schedule, tz = schedule_of(definition), definition.tenant.timezone
        due_at = newest_due(schedule, tz, definition.next_at, now)
        run = request_definition_run(
            definition=definition, requested_by=ACTOR, cause=DefinitionRun.Cause.SCHEDULE, now=now, due_at=due_at
        )
        ReportDefinition.objects.filter(id=definition.id).update(next_at=next_due(schedule, tz, due_at))
    return run


def scheduled() -> QuerySet[ReportDefinition]:
    """Return the definitions that make runs by themselves."""
    return ReportDefinition.objects.filter(stopped_at=None, archived_at=None).exclude(frequency="")


def _is_due_time(schedule: Schedule, tz: str, instant: datetime) -> bool:
    return next_due(schedule, tz, instant - timedelta(microseconds=1)) == instant
