"""Answers and values that a database cannot hold, or a URL that grew too long: nothing of them ends the dispatcher."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from deliveries.gates.claims import claim
from deliveries.gates.recording import Attempt, Result, record
from deliveries.models import GateAttempt, GateDelivery, GateHour
from tests.deliveries.helpers import apply, dlr
from tests.gates.dispatching import dispatching
from tests.gates.factors import make_gate
from tests.gates.receivers import Receiver, answer, answers, raw
from tests.gates.test_dispatcher import is_done, report

pytestmark = pytest.mark.django_db(transaction=True)

ODD_BODY = b"a\x00b\xff\xfe\xed\xa0\x80 \xf0\x9f\x98"
FAR = "Fri, 31 Dec 9999 23:59:59 GMT"


def results_of(gate, outcomes: dict[str, str], **texts: str) -> list[Result]:
    """Claim the gate's deliveries and return results with these outcomes by message id."""
    now = timezone.now()
    return [
        Result(one, [Attempt(1, now, outcomes[one.message_id], 5, "POST", **texts)], (), None, now)
        for one in claim({(gate.tenant_id, gate.pk): 10})
    ]


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (answer(200, ODD_BODY), "delivered"),
        (answer(500, ODD_BODY), "http_500"),
        (answer(200, b"ok", {"X-\xff\xfe": "\x7f", "X-Empty": ""}), "connect_error"),
        (answer(200, b"ok", {"Content-Type": "text/plain; charset=utf-99", "X-Odd": "\xe4\x01"}), "delivered"),
        (answer(200, b"ok", {"Content-Encoding": "gzip"}), "delivered"),
        (answer(503, b"", {"Retry-After": FAR}), "http_503"),
        (answer(503, b"", {"Retry-After": "-5"}), "http_503"),
        (b"HTTP/1.1 99999 Odd\r\n\r\n", "connect_error"),
    ],
)
def test_odd_answers_are_recorded(feed, tenant, data, outcome):
    with Receiver(raw(data)) as receiver, Receiver() as other, dispatching():
        gate = make_gate(tenant, receiver.url())
        good = make_gate(tenant, other.url())
        apply(feed, report("one"))
        is_done(gate, outcome)
        is_done(good, "delivered")

    stored = GateAttempt.objects.get(gate_id=gate.pk).answer
    assert "\x00" not in stored
    if ODD_BODY in data:
        assert stored.startswith("a\ufffdb\ufffd")


def test_value_that_a_column_cannot_hold_ends_its_delivery_alone(feed, tenant, caplog):
    gate = make_gate(tenant)
    apply(feed, report("one"), report("two"), report("three"))
    record(results_of(gate, {"one": "delivered", "two": "x" * 25, "three": "delivered"}), now=datetime.now(UTC))

    stored = dict(GateAttempt.objects.values_list("message_id", "outcome"))
    assert stored == {"one": "delivered", "two": "internal_error", "three": "delivered"}
    assert GateDelivery.objects.count() == 0
    assert dict(GateHour.objects.values_list("outcome", "number")) == {"delivered": 2, "internal_error": 1}
    assert "cannot be stored" in caplog.text


@pytest.mark.parametrize("name", ["url", "request_headers", "request_body", "answer"])
def test_characters_that_postgresql_refuses_are_replaced(feed, tenant, name):
    gate = make_gate(tenant)
    apply(feed, report("one"))
    record(results_of(gate, {"one": "delivered"}, **{name: "a\x00b\ud800c"}), now=datetime.now(UTC))

    attempt = GateAttempt.objects.get()
    assert (attempt.outcome, getattr(attempt, name)) == ("delivered", "a\ufffdb\ufffdc")


def test_gate_that_cannot_be_sent_to_is_tried_again_later(feed, tenant):
    gate = make_gate(tenant, "http://127.0.0.1:9/", destination={"content_type": "text/odd"})
    with dispatching():
        apply(feed, report("one"))
        is_done(gate, "internal_error")

    waiting = GateDelivery.objects.get()
    assert (waiting.attempts, waiting.token) == (1, None)
    assert waiting.due_at - GateAttempt.objects.get().at >= timedelta(seconds=4)


def test_long_filled_template_is_sent_and_a_longer_one_has_an_outcome_of_its_own(feed, tenant):
    url = f"?{'x' * 1900}"
    with Receiver(answers(200)) as receiver, dispatching():
        long = make_gate(tenant, receiver.url(f"/long{url}"), destination={"template": "&".join(["r=${refId}"] * 3)})
        longer = make_gate(tenant, receiver.url(f"/r{url}"), destination={"template": "&".join(["r=${refId}"] * 30)})
        apply(feed, dlr("one", gateCustomParameters={"platformPartnerId": "nr-fi"}, refId="r" * 250))
        is_done(long, "delivered")
        is_done(longer, "url_too_long")

        (request,) = receiver.requests
    assert request.path.startswith("/long")
    assert len(request.path) > 2_500
