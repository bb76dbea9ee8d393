"""The event `report.ready`: gates tell each run that has ended, once."""

import pytest

from deliveries.gates.event_examples import BODIES
from deliveries.gates.events import read_events
from deliveries.models import Gate, GateDelivery
from reports.models import ReportDefinition
from tests.deliveries.helpers import apply
from tests.gates.factors import make_gate
from tests.schedules.conftest import made, saved
from tests.segments.sample import message

pytestmark = pytest.mark.django_db


def bodies(gate: Gate) -> list[dict]:
    events = GateDelivery.objects.filter(gate_id=gate.pk, inbox_id__lt=0).order_by("-inbox_id")
    keys = events.values_list("tenant_id", "inbox_id")
    found = read_events(list(keys))
    return [dict(found[key].body) for key in keys]


def test_gates_tell_a_run_with_files_and_one_without(feed, tenant, person, settings):
    settings.PUBLIC_URL = "https://reports.example.com"
    gate = make_gate(tenant, events=["report.ready"])
    apply(feed, message("a", day="2026-11-05"))
    definition = saved(person, tenant, "volumes", formats=["json", "csv"])

    first = made(definition)
    ReportDefinition.objects.filter(id=definition.id).update(condition="changed")
    second = made(definition, cause="schedule")

    done, skipped = bodies(gate)
    assert set(done) == set(BODIES[Gate.Event.REPORT_READY])
    assert (done["run"], done["formats"], done["skipped"]) == (first.id, ["csv", "json"], None)
    assert (done["first"], done["last"], done["state"], done["rows"]) == (
        "2026-11-01",
        "2026-11-20",
        "final",
        first.rows,
    )
    assert done["url"] == f"https://reports.example.com/t/{tenant.slug}/reports/definitions/{definition.id}/"
    assert (skipped["run"], skipped["formats"], skipped["skipped"]) == (second.id, [], "unchanged")
