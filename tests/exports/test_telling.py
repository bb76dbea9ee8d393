"""The event `export.ready`: in the transaction in which an export is done, refused, or fails for good."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from deliveries.exports import making
from deliveries.exports.making import run_exports
from deliveries.gates.events import read_events
from deliveries.models import Export, GateDelivery, GateEvent
from portal.accounts.models import Membership, Role
from portal.common.jobs import MAX_ATTEMPTS
from tests.exports.conftest import asked, made
from tests.gates.factors import make_gate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def gate(tenant):
    return make_gate(tenant, events=["export.ready"], forwards_reports=False)


def told() -> list[dict]:
    """Return the bodies of the events that wait at the gate, in their order."""
    keys = list(GateDelivery.objects.order_by("-inbox_id").values_list("tenant_id", "inbox_id"))
    events = read_events(keys)
    assert {event.type for event in events.values()} <= {"export.ready"}
    assert GateEvent.objects.count() == len(keys)
    return [events[key].body for key in keys]


def test_finished_export_is_told_with_links_and_no_search(person, tenant, messages, settings):
    export = made(person, tenant)

    (body,) = told()
    assert body == {
        "export": export.id,
        "kind": "messages",
        "format": "csv",
        "state": "ready",
        "problem": None,
        "rows": export.done,
        "bytes": export.bytes,
        "numbers": "full",
        "expires_at": export.expires_at.isoformat().replace("+00:00", "Z"),
        "url": f"{settings.PUBLIC_URL}/t/{tenant.slug}/exports/",
        "api_url": f"{settings.PUBLIC_URL}/api/v1/exports/{export.id}/",
    }


def test_refused_export_is_told_with_its_problem(person, tenant, messages):
    export = asked(person, tenant)
    Membership.objects.filter(user=person).update(role=Role.VIEWER)
    run_exports(export_id=export.id)

    (body,) = told()
    assert (body["export"], body["state"], body["problem"], body["rows"]) == (export.id, "failed", "rights", None)


def test_export_that_failed_is_told_after_its_last_attempt(person, tenant, messages, monkeypatch):
    monkeypatch.setattr(making, "_write_done", lambda *args: 1 / 0)
    export = made(person, tenant)
    for _ in range(MAX_ATTEMPTS - 1):
        assert told() == []
        Export.objects.update(not_before=None)
        run_exports()

    export.refresh_from_db()
    assert export.state == "failed"
    assert [(body["state"], body["problem"]) for body in told()] == [("failed", None)]


def test_export_whose_worker_died_for_the_last_time_is_told(person, tenant, messages):
    export = asked(person, tenant)
    ended = timezone.now() - timedelta(minutes=1)
    Export.objects.filter(id=export.id).update(state="running", attempts=MAX_ATTEMPTS, lease_until=ended)
    run_exports()

    export.refresh_from_db()
    assert export.state == "failed"
    assert [body["state"] for body in told()] == ["failed"]


def test_event_is_stored_encrypted(person, tenant, messages):
    made(person, tenant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM gate_event")
        [(sealed,)] = cursor.fetchall()
    with pytest.raises(json.JSONDecodeError):
        json.loads(sealed)
