"""Events for gates: queued with what happens, sent one by one by the same dispatcher, signed, repeated and recorded."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from standardwebhooks import Webhook

from deliveries.checks.reconcile_gates import find_gate_differences, recount_gates
from deliveries.gates.event_examples import BODIES
from deliveries.gates.events import queue_event
from deliveries.gates.replaying.asking import replay_one
from deliveries.models import Gate, GateAttempt, GateDelivery, GateEvent, GateHour
from deliveries.retention import gates as retention
from portal.tenants.scope import web_scope
from tests.deliveries.helpers import apply, dlr
from tests.gates.dispatching import dispatching
from tests.gates.factors import SECRET, make_gate
from tests.gates.receivers import Receiver, answers
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)

BODY = BODIES[Gate.Event.EXPORT_READY]


def queue(tenant, event="export.ready", body=BODY) -> int:
    return queue_event(tenant_id=tenant.id, event=event, body=body, now=timezone.now())


def outcomes(gate: Gate) -> list[str]:
    return list(GateAttempt.objects.filter(gate_id=gate.pk).order_by("id").values_list("outcome", flat=True))


def is_done(gate: Gate, *expected: str) -> None:
    until(lambda: sorted(outcomes(gate)) == sorted(expected), f"{expected}, not {outcomes(gate)}", within=30)


def hurry(gate: Gate) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE gate_delivery SET due_at = now() WHERE gate_id = %s AND token IS NULL", [gate.pk])
        cursor.execute("SELECT pg_notify('gates', '')")


def test_event_goes_to_the_gates_of_its_tenant_that_send_it(tenant, other_tenant):
    chosen = make_gate(tenant, events=["export.ready", "alert.opened"])
    held = make_gate(tenant, events=["export.ready"], state=Gate.State.PAUSED)
    make_gate(tenant, events=["alert.opened"])
    make_gate(tenant)
    make_gate(other_tenant, events=["export.ready"])

    assert queue(tenant) == 2
    event = GateEvent.objects.get()
    rows = set(GateDelivery.objects.values_list("gate_id", "inbox_id", "account_id", "message_id"))
    assert rows == {(one.pk, -event.id, 0, event.public_id) for one in (chosen, held)}
    assert queue(tenant, "alert.closed") == 0
    assert GateEvent.objects.count() == 1  # what no gate sends is not stored


def test_event_is_queued_with_the_transaction_that_makes_it_true(tenant):
    make_gate(tenant, events=["export.ready"])
    with transaction.atomic():
        queue(tenant)
        transaction.set_rollback(True)
    assert not GateDelivery.objects.exists()
    assert not GateEvent.objects.exists()


def test_pages_may_queue_events_of_their_own_tenant_alone(tenant, other_tenant):
    make_gate(tenant, events=["export.ready"])
    make_gate(other_tenant, events=["export.ready"])
    with web_scope([tenant.id]):
        assert queue(tenant) == 1
        assert queue(other_tenant) == 0


def test_unknown_event_is_refused(tenant):
    with pytest.raises(ValueError, match=r"export\.unknown"):
        queue(tenant, "export.unknown")


def test_event_arrives_signed_beside_reports_and_in_no_batch(feed, tenant):
    with Receiver(answers(200, b"ok")) as receiver:
        gate = make_gate(tenant, receiver.url("/hook"), events=["export.ready"], batch_size=10)
        own = {"platformPartnerId": "nr-fi"}
        apply(feed, *(dlr(f"m{n}", gateCustomParameters=own) for n in range(4)))
        queue(tenant)
        queue(tenant)
        apply(feed, *(dlr(f"n{n}", gateCustomParameters=own) for n in range(4)))
        with dispatching():
            is_done(gate, *["delivered"] * 10)
        bodies = [json.loads(request.body) for request in receiver.requests]
        events = [request for request in receiver.requests if isinstance(json.loads(request.body), dict)]
    assert sum(len(body) for body in bodies if isinstance(body, list)) == 8
    stored = dict(GateEvent.objects.values_list("public_id", "at"))
    assert {request.headers["webhook-id"] for request in events} == stored.keys()
    assert len(events) == 2
    for request in events:
        body = Webhook(SECRET).verify(request.body.decode(), request.headers)
        id_ = request.headers["webhook-id"]
        assert body.pop("timestamp") == stored[id_].isoformat().replace("+00:00", "Z")
        own = {"id": id_, "tenant": tenant.slug, "tenant_name": tenant.name}
        assert body == {"type": "export.ready", "data": own | BODY}
        assert request.headers["content-type"] == "application/json"
    assert GateDelivery.objects.count() == 0
    assert sum(GateHour.objects.values_list("number", flat=True)) == 10


def test_gate_of_events_alone_forwards_no_reports(feed, tenant):
    with Receiver() as receiver, dispatching():
        gate = make_gate(tenant, receiver.url(), events=["export.ready"], forwards_reports=False)
        other = make_gate(tenant)
        apply(feed, dlr("one", gateCustomParameters={"platformPartnerId": "nr-fi"}))
        is_done(other, "delivered")
        queue(tenant)
        is_done(gate, "delivered")
        (request,) = receiver.requests
    assert json.loads(request.body)["type"] == "export.ready"


def test_failed_event_is_repeated_with_its_id_and_may_be_replayed(tenant):
    with Receiver(answers(500), answers(200)) as receiver, dispatching():
        form = {"content_type": "application/xml", "template": "id=${id}"}  # of reports alone
        gate = make_gate(tenant, receiver.url(), events=["export.ready"], destination=form)
        queue(tenant)
        is_done(gate, "http_500")
        assert Gate.objects.get().failing_since is not None
        hurry(gate)
        is_done(gate, "http_500", "delivered")
        replay_one(gate, GateAttempt.objects.order_by("id")[0], actor="anna@example.com", now=timezone.now())
        is_done(gate, "http_500", "delivered", "delivered")
        requests = list(receiver.requests)
    assert len({(one.headers["webhook-id"], one.body, one.path) for one in requests}) == 1
    assert Gate.objects.get().failing_since is None


def test_gone_receiver_switches_off_and_events_are_held(tenant):
    with Receiver(answers(410)) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url(), events=["export.ready"])
        queue(tenant)
        is_done(gate, "http_410")
        until(lambda: Gate.objects.get().state == Gate.State.OFF, "the gate is off")
        queue(tenant)
    assert GateDelivery.objects.filter(attempts=0).count() == 1
    assert len(receiver.requests) == 1


def test_deleted_event_is_not_sent(tenant):
    with Receiver() as receiver:
        gate = make_gate(tenant, receiver.url(), events=["export.ready"])
        queue(tenant)
        GateEvent.objects.all().delete()
        with dispatching():
            is_done(gate, "gone")
        assert receiver.requests == []


def test_hourly_counts_of_events_are_counted_again(tenant):
    gate = make_gate(tenant, events=["export.ready"])
    queue(tenant)
    with dispatching():
        is_done(gate, "delivered")
    before = list(GateHour.objects.values_list())
    GateHour.objects.update(number=7)
    (difference,) = find_gate_differences(now=timezone.now())
    assert (difference.counted, difference.actual) == (7, 1)
    recount_gates([difference])
    assert list(GateHour.objects.values_list()) == before  # the same bucket: the time since the event


def test_numbers_in_a_body_are_masked_and_it_is_stored_encrypted(tenant, settings):
    gate = make_gate(tenant, events=["report.ready"])
    link = f"{settings.PUBLIC_URL}/t/a/reports/358401234567/"
    queue(tenant, "report.ready", {"name": "For +358401234567", "texts": ["0401234567"], "url": link})
    assert "url" not in GateEvent.objects.get().sealed
    with Receiver() as receiver:
        gate.destinations.update(url=receiver.url())
        with dispatching():
            is_done(gate, "delivered")
        data = json.loads(receiver.requests[0].body)["data"]
    assert data["name"] == "For +358 •••••••67"
    assert data["texts"] == ["•••••••"]
    assert data["url"] == link


def test_retention_keeps_events_that_wait_or_may_be_repeated(tenant):
    gate = make_gate(tenant, events=["export.ready"], state=Gate.State.PAUSED)
    for _ in range(3):
        queue(tenant)
    waiting, sent, young = GateEvent.objects.order_by("id")
    now = timezone.now()
    GateEvent.objects.filter(id__in=[waiting.id, sent.id]).update(at=now - timedelta(days=45))
    GateDelivery.objects.filter(gate_id=gate.pk, inbox_id=-sent.id).delete()

    assert retention.count_expired(now=now).events == 1
    assert retention.delete_expired(now=now).events == 1
    assert set(GateEvent.objects.values_list("id", flat=True)) == {waiting.id, young.id}
