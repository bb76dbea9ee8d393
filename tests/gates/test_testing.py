"""Tests of gates send to every destination at once, show request and answer, and are limited."""

from __future__ import annotations

import json

import pytest
from standardwebhooks import Webhook

from deliveries.gates import testing
from deliveries.gates.secrets import seal
from deliveries.gates.testing import TooManyTests, send_test
from deliveries.models import Gate, GateAttempt, GateHour
from portal.accounts.audit_sentences import sentence
from portal.accounts.models import AuditEntry
from portal.brands.models import TenantBrand
from portal.tenants.scope import web_scope
from tests.deliveries.helpers import apply, dlr
from tests.gates.factors import SECRET, make_gate
from tests.gates.receivers import Receiver, answers, closed_port

pytestmark = pytest.mark.django_db

WHO = "anna@example.com"
NUMBER = "+358401234567"


@pytest.fixture(autouse=True)
def loopback(settings) -> None:
    settings.GATE_ALLOWED_NETWORKS = ["127.0.0.0/8"]


def report(id_: str, partner: str = "nr-fi") -> dict:
    own = {"destination": NUMBER}
    return dlr(id_, gateCustomParameters={"platformPartnerId": partner}, customParameters=own)


def test_test_sends_the_newest_report_that_passes_to_every_destination(feed, tenant):
    apply(feed, report("one"))
    with Receiver(answers(200, b"<b>ok</b>")) as good, closed_port() as port:
        gate = make_gate(
            tenant,
            good.url("/dlr"),
            f"http://127.0.0.1:{port}/",
            "do://drop",
            destination={"username": "u", "password_sealed": seal("p4ss")},
            gate_type="ONE_RANDOM",
            state="paused",
        )
        with web_scope({tenant.id}):  # as pages and the API do
            result = send_test(gate, actor=WHO)
        (request,) = good.requests

    assert not result.is_sample
    assert not result.is_delivered
    assert [one.outcome for one in result.destinations] == ["delivered", "connect_error", "delivered"]
    shown = result.destinations[0]
    assert (shown.method, shown.url, shown.answer) == ("POST", good.url("/dlr"), "<b>ok</b>")
    assert json.loads(shown.body)["id"] == "one"
    headers = dict(line.split(": ", 1) for line in shown.headers)
    assert headers["authorization"] == "•••"
    assert headers["webhook-signature"] == request.headers["webhook-signature"]
    assert Webhook(SECRET).verify(shown.body, request.headers) == json.loads(request.body)
    assert result.destinations[2].headers == ()  # dropped


def test_test_is_recorded_and_counts_nowhere(feed, tenant):
    apply(feed, report("one"))
    with Receiver(answers(503, b"busy")) as receiver:
        gate = make_gate(tenant, receiver.url("/"), "do://drop")
        result = send_test(gate, actor=WHO)

    first, second = GateAttempt.objects.order_by("destination_id")
    assert (first.number, first.outcome, first.is_last, first.message_id) == (0, "http_503", True, "one")
    assert (first.account_id, first.answer, first.ms) == (feed.account_id, "busy", result.destinations[0].ms)
    assert (second.outcome, second.request_body) == ("delivered", "")
    gate.refresh_from_db()
    assert (gate.failing_since, gate.state, GateHour.objects.count()) == (None, "active", 0)
    entry = AuditEntry.objects.get(action="gate.tested")
    assert (entry.actor, entry.tenant_id, entry.subject) == (WHO, tenant.id, gate.name)
    assert sentence(entry) == f"{WHO} tested the gate {gate.name}. Outcomes: http_503, delivered."


def test_report_is_made_up_where_no_message_passes(feed, tenant, other_tenant):
    apply(feed, report("theirs", "baltic-ee"))
    with Receiver(answers(200)) as receiver:
        gate = make_gate(tenant, receiver.url("/"), statuses=["expired"])
        result = send_test(gate, actor=WHO)
        (request,) = receiver.requests

    assert result.is_sample
    assert json.loads(request.body)["id"] == "Dcshuhod0PMAAAFQ+/PbnR3x"
    attempt = GateAttempt.objects.get()
    assert (attempt.inbox_id, attempt.account_id, attempt.day) == (None, None, None)


def test_destination_that_is_not_permitted_is_not_told_from_any_other(tenant, settings):
    settings.GATE_ALLOWED_NETWORKS = []
    with Receiver(answers(200)) as receiver:
        (shown,) = send_test(make_gate(tenant, receiver.url("/")), actor=WHO).destinations
        assert receiver.connections == 0
    assert (shown.outcome, shown.ms, shown.answer) == ("blocked_destination", 0, "")


def test_hosts_of_other_customers_brands_are_among_those_that_are_refused(tenant, other_tenant, settings):
    settings.PUBLIC_URL = "https://portal.example.com"
    TenantBrand.objects.create(tenant=other_tenant, host="sms.other.fi", host_confirmed_at="2026-11-01T00:00:00Z")
    with web_scope({tenant.id}):
        assert testing._all_own_names() >= {"sms.other.fi", "portal.example.com"}
        assert not Gate.objects.exists()  # within the wall again


@pytest.mark.parametrize("limit", ["GATE_TESTS_PER_MINUTE", "GATE_TESTS_PER_HOUR"])
def test_tests_of_a_tenant_are_limited(tenant, other_tenant, settings, limit):
    setattr(settings, limit, 1)
    gates = [make_gate(tenant), make_gate(tenant)]
    send_test(gates[0], actor=WHO)

    with pytest.raises(TooManyTests) as refused:
        send_test(gates[1], actor=WHO)

    assert 0 < refused.value.wait <= 3600
    send_test(make_gate(other_tenant), actor=WHO)


def test_few_tests_run_at_once(tenant):
    gate = make_gate(tenant)
    taken = [testing._slots.acquire(blocking=False) for _ in range(testing.AT_ONCE)]
    try:
        with pytest.raises(TooManyTests, match="running"):
            send_test(gate, actor=WHO)
    finally:
        for _one in taken:
            testing._slots.release()
    assert all(taken)
    send_test(gate, actor=WHO)
