"""Erased numbers and gates: sent masked from then on, also what was claimed, and in no stored request or answer."""

from __future__ import annotations

import json
from datetime import date, timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from deliveries.erasure.erase import erase_number
from deliveries.models import Gate, GateAttempt, GateDelivery, GateHour, Message, RetentionMark
from deliveries.retention.gates import DeletedOfGates, delete_expired, delete_texts_past_retention
from tests.deliveries.helpers import apply
from tests.erasure.places import has_number
from tests.gates.dispatching import dispatching, patient_egress
from tests.gates.factors import make_gate
from tests.gates.receivers import Receiver, held
from tests.gates.test_dispatcher import NUMBER, is_done, report

pytestmark = pytest.mark.django_db(transaction=True)

FRIEND = "+358507654321"


def stored(gate: Gate) -> list[str]:
    """Return all texts of the gate's attempts."""
    texts = GateAttempt.objects.filter(gate_id=gate.pk).values_list("url", "request_body", "answer", "message_id")
    return [text for row in texts for text in row]


def attempt(gate: Gate, **fields) -> GateAttempt:
    own = {"at": timezone.now(), "message_id": "other", "account_id": 1, "number": 1, "outcome": "delivered"}
    return GateAttempt.objects.create(tenant=gate.tenant, gate=gate, **own | fields)


def test_claimed_deliveries_are_sent_masked_and_what_was_under_way_is_stored_without_the_number(feed, tenant):
    with Receiver(held(200, NUMBER.encode())) as receiver, dispatching(patient_egress):
        gate = make_gate(tenant, receiver.url("/dlr"), destination={"template": "to=${destination}"})
        apply(feed, *(report(f"m{n}") for n in range(12)))
        receiver.wait(4)
        erase_number(number=NUMBER, tenant=tenant, actor="tests")
        receiver.go_on()
        is_done(gate, *["delivered"] * 12)

        before, after = receiver.requests[:4], receiver.requests[4:]
    assert all(has_number(request.body) for request in before)
    assert not any(has_number(request.body) or has_number(request.path) for request in after)
    assert not any(has_number(text) for text in stored(gate) if text != NUMBER)
    assert list(GateAttempt.objects.values_list("is_masked", flat=True)) == [True] * 12
    emptied = GateAttempt.objects.filter(request_body="")
    assert [(one.url, one.answer) for one in emptied] == [(receiver.url("/dlr"), "")] * 4


def test_id_that_holds_the_number_is_stored_masked_though_it_was_under_way(feed, tenant):
    with Receiver(held(200)) as receiver, dispatching(patient_egress):
        gate = make_gate(tenant, receiver.url())
        apply(feed, report(f"id {NUMBER}"))
        receiver.wait(1)
        erase_number(number=NUMBER, tenant=tenant, actor="tests")
        receiver.go_on()
        is_done(gate, "delivered")

    assert not any(has_number(text) for text in stored(gate))
    assert GateAttempt.objects.get().message_id == Message.objects.get().message_id


def test_batch_loses_the_texts_of_all_its_messages(feed, tenant):
    gate, now = make_gate(tenant), timezone.now()
    apply(feed, report("one"))
    body = {"at": now, "destination_id": 7, "request_body": '[{"to": "a person"}, {"to": "a friend"}]'}
    for message_id in ("one", "friend"):
        attempt(gate, message_id=message_id, account_id=feed.account_id, **body)
    other = attempt(gate, message_id="friend", **body | {"at": now + timedelta(seconds=1)})
    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    assert list(GateAttempt.objects.exclude(request_body="").values_list("id", flat=True)) == [other.id]


@pytest.mark.parametrize(
    "fields",
    [
        {"url": f"https://a.example.com/?to={quote(NUMBER)}"},
        {"url": "https://a.example.com/?to=040%20123%204567&id=7"},
        {"request_body": json.dumps({"customParameters": {"of": "040-1234567"}})},
        {"request_body": f"customParameters.to={quote('+358 (0)40 123 45 67')}"},
        {"request_body": f"to={quote('３５８４０１２３４５６７')}"},
        {"request_body": '{"to": "\\u002b358\\u00a040 123 4567"}'},
        {"request_body": "<value>&#43;358&#160;40&#32;1234567</value>"},
        {"answer": f"unknown number: {NUMBER}"},
    ],
)
def test_number_in_another_messages_attempt_goes_in_every_notation(tenant, other_tenant, fields):
    gate, other = make_gate(tenant), make_gate(other_tenant)
    held, kept = attempt(gate, **fields), attempt(gate, request_body='{"to": "+358509999999"}')
    theirs = attempt(other, **fields)
    erase_number(number=NUMBER, tenant=tenant, actor="tests")

    held.refresh_from_db()
    assert not any(has_number(text) for text in (held.url, held.request_body, held.answer))
    assert (held.is_masked, held.outcome) == (True, "delivered")
    kept.refresh_from_db()
    assert kept.request_body
    theirs.refresh_from_db()
    assert not theirs.is_masked


def test_texts_go_with_the_retention_of_numbers(tenant, other_tenant):
    RetentionMark.objects.create(tenant=tenant, numbers_before=date(2026, 11, 20))
    old = attempt(make_gate(tenant), day=date(2026, 11, 19), request_body="a", answer="b", url="https://x/?c")
    new = attempt(make_gate(tenant), day=date(2026, 11, 20), request_body="a")
    other = attempt(make_gate(other_tenant), day=date(2026, 11, 19), request_body="a")

    assert delete_texts_past_retention() == 1
    for one in (old, new, other):
        one.refresh_from_db()
    assert (old.request_body, old.answer, old.url, new.request_body, other.request_body) == (
        "",
        "",
        "https://x/",
        "a",
        "a",
    )


def test_attempts_go_after_30_days_counts_after_400_and_deliveries_without_a_gate_at_once(tenant):
    now, gate = timezone.now(), make_gate(tenant)
    kept = attempt(gate, at=now - timedelta(days=29))
    attempt(gate, at=now - timedelta(days=31))
    for days in (399, 401):
        GateHour.objects.create(
            tenant=tenant, gate=gate, hour=now - timedelta(days=days), outcome="delivered", bucket=1, number=1
        )
    for gate_id in (gate.pk, gate.pk + 1):
        GateDelivery.objects.create(
            tenant=tenant, gate_id=gate_id, inbox_id=1, account_id=1, message_id="m", day=now.date()
        )

    assert delete_expired(now=now) == DeletedOfGates(attempts=1, deliveries=1)
    assert list(GateAttempt.objects.values_list("id", flat=True)) == [kept.id]
    assert list(GateDelivery.objects.values_list("gate_id", flat=True)) == [gate.pk]
    assert GateHour.objects.count() == 1
