"""The event `report.ready`: gates tell each run that has ended, once."""

import pytest

from deliveries.gates.event_examples import BODIES
from deliveries.gates.events import read_events
from deliveries.models import Gate, GateDelivery
from portal.accounts.access import access_of
from reports.models import ReportDefinition
from reports.schedules.checking import WrongDefinition, check_definition
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


def test_a_report_tells_the_gates_that_were_chosen_for_it(feed, tenant, person):
    chosen, other = (make_gate(tenant, events=["report.ready"], name=name) for name in ("one", "two"))
    unsubscribed = make_gate(tenant, events=["export.ready"], name="three")
    apply(feed, message("a", day="2026-11-05"))
    definition = saved(person, tenant, "volumes", formats=["json"])

    told = []
    for gates in ([chosen.id], [], [unsubscribed.id]):
        ReportDefinition.objects.filter(id=definition.id).update(gates=gates)
        made(definition)
        told.append([len(bodies(gate)) for gate in (chosen, other, unsubscribed)])

    assert told == [[1, 0, 0], [2, 1, 0], [2, 1, 0]]


@pytest.mark.parametrize("of", ["another tenant", "nobody"])
def test_a_gate_that_is_not_the_tenants_is_refused(tenant, other_tenant, person, of):
    gates = [make_gate(other_tenant, events=["report.ready"]).id if of == "another tenant" else 10**9]
    definition = saved(person, tenant, "volumes", formats=["json"])
    definition.gates = gates

    with pytest.raises(WrongDefinition) as refused:
        check_definition(definition, access_of(person, slug=tenant.slug))

    assert refused.value.field == "gates"
