"""The clock: next times, runs that are due once, downtime, and tenants that move to another zone."""

from datetime import UTC, datetime, time, timedelta

import pytest

from reports.models import DefinitionRun, ReportDefinition
from reports.schedules.clock import set_next_times, tick
from reports.schedules.definitions import change_definition, stop_definition
from tests.report_mails.conftest import make_definition

pytestmark = pytest.mark.django_db

SAVED = datetime(2026, 3, 25, 12, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def definition(tenant, manager) -> ReportDefinition:
    return make_definition(tenant, manager, changed_at=SAVED, at=time(3, 30))


def next_at(definition) -> datetime | None:
    definition.refresh_from_db()
    return definition.next_at


def runs() -> list[tuple[datetime, str, str]]:
    found = DefinitionRun.objects.order_by("id").values_list("due_at", "cause", "last")
    return [(due_at, cause, str(last)) for due_at, cause, last in found]


def test_due_run_is_requested_once_for_the_days_before_it(definition):
    assert tick(now=utc("2026-03-26 01:29:59")) == []
    assert next_at(definition) == utc("2026-03-26 01:30")

    assert len(tick(now=utc("2026-03-26 01:30:20"))) == 1
    assert tick(now=utc("2026-03-26 01:31:20")) == []

    assert runs() == [(utc("2026-03-26 01:30"), "schedule", "2026-03-25")]
    assert next_at(definition) == utc("2026-03-27 01:30")


def test_after_downtime_only_the_newest_due_time_has_a_run(definition):
    set_next_times(now=SAVED)
    tick(now=utc("2026-04-02 10:00"))  # 03:30 did not exist on 2026-03-29
    assert runs() == [(utc("2026-04-02 00:30"), "schedule", "2026-04-01")]
    assert next_at(definition) == utc("2026-04-03 00:30")


def test_changed_time_counts_from_the_change_on(definition, manager):
    tick(now=SAVED)
    changed = utc("2026-03-25 20:00")
    change_definition(definition=definition, values={"at": time(22, 30)}, actor=manager, now=changed)
    assert next_at(definition) is None

    tick(now=utc("2026-03-25 20:30:40"))

    assert runs() == [(utc("2026-03-25 20:30"), "schedule", "2026-03-24")]


def test_tenant_that_moves_to_another_zone_gets_its_local_time(definition, tenant):
    tick(now=SAVED)
    tenant.timezone = "Asia/Kathmandu"
    tenant.save()

    assert tick(now=utc("2026-03-26 01:30")) == []  # 03:30 in Helsinki

    assert next_at(definition) == utc("2026-03-26 21:45")


@pytest.mark.parametrize("end", ["stopped", "archived"])
def test_stopped_or_archived_definition_has_no_runs(definition, end):
    tick(now=SAVED)
    if end == "stopped":
        stop_definition(definition=definition, reason="by_person", actor="x", now=SAVED)
    else:
        ReportDefinition.objects.update(archived_at=SAVED, next_at=None)
    assert tick(now=SAVED + timedelta(days=3)) == []
    assert next_at(definition) is None


def test_definition_that_fails_does_not_stop_the_others(definition, tenant, manager, caplog):
    """Its next time is one of no calendar: the days of its period do not exist."""
    broken = make_definition(tenant, manager, name="Broken", changed_at=SAVED, at=time(3, 30))
    set_next_times(now=SAVED)
    ReportDefinition.objects.filter(id=broken.id).update(period="nonsense")

    tick(now=utc("2026-03-26 01:30"))

    assert [run.definition_id for run in DefinitionRun.objects.all()] == [definition.id]
    assert f"report definition {broken.id}: its run was not requested" in caplog.text
    assert next_at(broken) == utc("2026-03-26 01:30")


def test_weekly_and_monthly_ones_have_their_days(tenant, manager):
    weekly = make_definition(
        tenant, manager, name="W", frequency="weekly", weekday=1, period="last_week", changed_at=SAVED
    )
    monthly = make_definition(
        tenant, manager, name="M", frequency="monthly", month_day=31, period="last_month", changed_at=SAVED
    )
    set_next_times(now=SAVED)
    assert (next_at(weekly), next_at(monthly)) == (utc("2026-03-30 05:00"), utc("2026-03-31 05:00"))
    tick(now=utc("2026-05-01 05:00"))
    assert runs() == [
        (utc("2026-04-27 05:00"), "schedule", "2026-04-26"),
        (utc("2026-04-30 05:00"), "schedule", "2026-03-31"),
    ]
