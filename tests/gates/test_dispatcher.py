"""The dispatcher sends what waits to real receivers, records every attempt, and loses nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from standardwebhooks import Webhook

from deliveries.erasure.erase import erase_number
from deliveries.gates import dispatcher
from deliveries.models import Gate, GateAttempt, GateDelivery, GateHour
from portal.tenants.models import PartnerId
from tests.deliveries.helpers import apply, dlr
from tests.gates.dispatching import dispatching, patient_egress
from tests.gates.factors import SECRET, make_gate
from tests.gates.receivers import Receiver, answers, closes, held, redirects
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "+358401234567"


def report(id_: str, code: int = 1001, **fields) -> dict:
    own = {"destination": NUMBER, "store": "7"}
    return dlr(id_, code, gateCustomParameters={"platformPartnerId": "nr-fi"}, customParameters=own, **fields)


def outcomes(gate: Gate) -> list[str]:
    return list(GateAttempt.objects.filter(gate_id=gate.pk).order_by("id").values_list("outcome", flat=True))


def is_done(gate: Gate, *expected: str) -> None:
    """Wait until the gate's attempts have these outcomes, in any order."""
    until(lambda: sorted(outcomes(gate)) == sorted(expected), f"{expected}, not {outcomes(gate)}", within=30)


def hurry(gate: Gate) -> None:
    """Make retries due at once."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE gate_delivery SET due_at = now() WHERE gate_id = %s AND token IS NULL", [gate.pk])
        cursor.execute("SELECT pg_notify('gates', '')")


def test_report_arrives_signed_and_once(feed, tenant):
    with Receiver(answers(200, b"ok")) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url("/dlr"), custom_parameters={"shop": "3"})
        apply(feed, report("one", refId="spring"))
        is_done(gate, "delivered")

        (request,) = receiver.requests
    body = json.loads(request.body)
    assert (body["id"], body["resultCode"], body["refId"]) == ("one", 1001, "spring")
    assert body["gateCustomParameters"] == {"shop": "3"}
    assert Webhook(SECRET).verify(request.body.decode(), request.headers) == body
    assert GateDelivery.objects.count() == 0
    attempt = GateAttempt.objects.get()
    assert (attempt.number, attempt.is_last, attempt.answer, attempt.request_body) == (
        1,
        True,
        "ok",
        request.body.decode(),
    )
    assert GateHour.objects.get(outcome="delivered").number == 1


def test_failures_are_repeated_with_the_same_id_until_it_arrives(feed, tenant):
    with Receiver(answers(500), closes, answers(200)) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url())
        apply(feed, report("one"))
        is_done(gate, "http_500")
        waiting = GateDelivery.objects.get()
        assert waiting.due_at - GateAttempt.objects.get().at >= timedelta(seconds=4)
        assert Gate.objects.get().failing_since is not None
        hurry(gate)
        is_done(gate, "http_500", "connect_error")
        hurry(gate)
        is_done(gate, "http_500", "connect_error", "delivered")

        ids = {request.headers["webhook-id"] for request in receiver.requests}
    assert len(ids) == 1
    assert Gate.objects.get().failing_since is None
    numbers = list(GateAttempt.objects.order_by("number").values_list("number", "is_last"))
    assert numbers == [(1, False), (2, False), (3, True)]


def test_time_to_live_ends_the_attempts(feed, tenant):
    with Receiver(answers(500)) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url(), ttl_ms=1000)
        apply(feed, report("one"))
        is_done(gate, "http_500")

    assert GateDelivery.objects.count() == 0  # the next attempt would be after its end
    assert GateAttempt.objects.get().is_last


def test_delivery_that_waited_too_long_ends_without_a_request(feed, tenant):
    with Receiver() as receiver:
        gate = make_gate(tenant, receiver.url(), ttl_ms=1000)
        apply(feed, report("one"))
        GateDelivery.objects.update(created_at=timezone.now() - timedelta(seconds=2))
        with dispatching():
            is_done(gate, "expired")

        assert receiver.requests == []
    assert GateAttempt.objects.get().destination_id is None


def test_redirects_are_not_followed(feed, tenant):
    with Receiver(answers(200)) as other, Receiver(redirects(other.url())) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url())
        apply(feed, report("one"))
        is_done(gate, "http_302")

        assert other.requests == []


def test_gone_switches_the_gate_off_and_later_reports_are_held(feed, tenant):
    with Receiver(answers(410)) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url())
        apply(feed, report("one"))
        is_done(gate, "http_410")
        until(lambda: Gate.objects.get().state == Gate.State.OFF, "the gate is off")
        apply(feed, report("two"))

    assert Gate.objects.get().off_reason == Gate.OffReason.GONE
    assert GateDelivery.objects.filter(message_id="two").exists()
    assert len(receiver.requests) == 1


def test_retry_after_is_obeyed(feed, tenant):
    with Receiver(answers(429, retry_after="3600")) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url())
        apply(feed, report("one"))
        is_done(gate, "http_429")

    assert GateDelivery.objects.get().due_at - timezone.now() > timedelta(minutes=59)


def test_empty_answer_is_repeated_where_an_acknowledgement_is_asked_for(feed, tenant):
    with Receiver(answers(200), answers(200, b"ok")) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url(), acknowledge=True)
        apply(feed, report("one"))
        is_done(gate, "not_acknowledged")
        hurry(gate)
        is_done(gate, "not_acknowledged", "delivered")


def test_all_destinations_get_it_and_only_the_missing_ones_again(feed, tenant):
    with Receiver(answers(200)) as good, Receiver(answers(500), answers(200)) as bad, dispatching():
        gate = make_gate(tenant, good.url(), bad.url(), gate_type="ALL")
        apply(feed, report("one"))
        is_done(gate, "delivered", "http_500")
        hurry(gate)
        is_done(gate, "delivered", "http_500", "delivered")

        assert (len(good.requests), len(bad.requests)) == (1, 2)
    assert GateDelivery.objects.count() == 0


def test_in_order_the_second_gets_it_where_the_first_fails(feed, tenant):
    with Receiver(answers(500)) as first, Receiver(answers(200)) as second, dispatching():
        gate = make_gate(tenant, first.url(), second.url(), gate_type="ONE_ORDERED")
        apply(feed, report("one"))
        is_done(gate, "http_500", "delivered")

        assert (len(first.requests), len(second.requests)) == (1, 1)
    assert Gate.objects.get().failing_since is None


def test_at_random_one_of_them_gets_it(feed, tenant):
    with Receiver() as first, Receiver() as second, dispatching():
        gate = make_gate(tenant, first.url(), second.url(), gate_type="ONE_RANDOM")
        apply(feed, *(report(f"m{n}") for n in range(20)))
        is_done(gate, *["delivered"] * 20)

        assert len(first.requests) + len(second.requests) == 20
        assert first.requests
        assert second.requests


def test_batches_hold_several_reports(feed, tenant):
    with Receiver() as receiver:
        gate = make_gate(tenant, receiver.url(), batch_size=10)
        apply(feed, *(report(f"m{n}") for n in range(25)))
        with dispatching():
            is_done(gate, *["delivered"] * 25)

        sizes = [len(json.loads(request.body)) for request in receiver.requests]
    assert sum(sizes) == 25
    assert max(sizes) == 10
    # Each attempt keeps its own report alone, not those beside it.
    kept = [json.loads(attempt.request_body) for attempt in GateAttempt.objects.order_by("message_id")]
    assert sorted([one["id"] for one in body] for body in kept) == sorted([f"m{n}"] for n in range(25))


def test_discarding_destination_counts_as_delivered(feed, tenant):
    gate = make_gate(tenant)
    apply(feed, report("one"))
    with dispatching():
        is_done(gate, "delivered")


def test_number_that_is_erased_while_it_waits_is_sent_masked(feed, tenant):
    with Receiver() as receiver:
        gate = make_gate(tenant, receiver.url())
        apply(feed, report("one"))
        erase_number(number=NUMBER, tenant=tenant, actor="tests")
        with dispatching():
            is_done(gate, "delivered")

        assert b"401234567" not in receiver.requests[0].body
    assert GateAttempt.objects.get().is_masked


def test_message_of_another_tenant_by_now_is_not_sent(feed, tenant, other_tenant):
    with Receiver() as receiver:
        gate = make_gate(tenant, receiver.url())
        apply(feed, report("one"))
        PartnerId.objects.filter(value="nr-fi").update(tenant=other_tenant)
        apply(feed, report("one", 1000))  # with this report the message moves
        with dispatching():
            is_done(gate, "moved")

        assert receiver.requests == []


def test_paused_gate_holds_and_resuming_sends(feed, tenant):
    with Receiver() as receiver, dispatching():
        gate = make_gate(tenant, receiver.url(), state=Gate.State.PAUSED)
        other = make_gate(tenant, receiver.url("/other"))
        apply(feed, report("one"))
        is_done(other, "delivered")
        assert outcomes(gate) == []
        Gate.objects.filter(pk=gate.pk).update(state=Gate.State.ACTIVE)
        hurry(gate)
        is_done(gate, "delivered")


def test_pause_takes_back_what_was_claimed_already(feed, tenant):
    with Receiver() as receiver, dispatching():
        gate = make_gate(tenant, receiver.url(), throttle=1)
        apply(feed, *(report(f"m{n}") for n in range(30)))
        receiver.wait(1)
        Gate.objects.filter(pk=gate.pk).update(state=Gate.State.PAUSED)
        until(lambda: not GateDelivery.objects.exclude(token=None).exists(), "no delivery is claimed", within=30)
        sent = len(receiver.requests)
        is_done(gate, *["delivered"] * sent)

    assert GateDelivery.objects.filter(token=None).count() == 30 - sent > 0
    assert len(receiver.requests) == sent


def test_stop_finishes_what_is_under_way_and_gives_back_the_rest(feed, tenant):
    with Receiver(held()) as receiver:
        gate = make_gate(tenant, receiver.url())
        apply(feed, *(report(f"m{n}") for n in range(12)))
        with dispatching(patient_egress):
            receiver.wait(4)
            receiver.go_on()

    done = len(outcomes(gate))
    waiting = GateDelivery.objects.filter(token=None, due_at__lte=timezone.now()).count()
    assert done >= 4
    assert done + waiting == 12


def test_tar_pits_do_not_delay_a_healthy_gate(feed, tenant, other_tenant, monkeypatch):
    monkeypatch.setattr(dispatcher, "READY", 30)  # less than they ask for
    with Receiver(held()) as pit, Receiver() as good, dispatching(patient_egress):
        pits = [make_gate(other_tenant, pit.url(f"/{number}")) for number in range(20)]
        apply(feed, *(dlr(f"p{n}", gateCustomParameters={"platformPartnerId": "baltic-ee"}) for n in range(10)))
        pit.wait(20)  # they hang
        gate = make_gate(tenant, good.url())
        apply(feed, *(report(f"m{n}") for n in range(50)))
        is_done(gate, *["delivered"] * 50)

        assert not any(outcomes(one) for one in pits)  # none had ended meanwhile
        pit.go_on()
