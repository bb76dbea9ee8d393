"""Events of gates on pages and in the API: chosen, previewed, tested, and listed among attempts."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from deliveries.gates.changing import GateRefused, change, input_of
from deliveries.gates.event_examples import BODIES
from deliveries.gates.events import queue_event
from deliveries.models import Gate, GateAttempt, GateDelivery
from tests.api.conftest import call, mine, whole_account
from tests.api.test_schema import check
from tests.gates.factors import make_gate
from tests.gates.page_helpers import FORM, NEW, of, text_of
from tests.gates.receivers import Receiver, answers
from tests.gates.test_form_page import form_of

__all__ = ["call", "mine", "whole_account"]

pytestmark = pytest.mark.django_db


def attempt_at(gate: Gate) -> GateAttempt:
    """Queue an event and return an attempt at it that failed."""
    body = BODIES[Gate.Event.EXPORT_READY]
    queue_event(tenant_id=gate.tenant_id, event="export.ready", body=body, now=timezone.now())
    queued = GateDelivery.objects.get(gate_id=gate.pk)
    GateDelivery.objects.all().delete()
    return GateAttempt.objects.create(
        tenant=gate.tenant, gate=gate, at=timezone.now(), inbox_id=queued.inbox_id, account_id=queued.account_id,
        message_id=queued.message_id, day=queued.day, number=1, outcome="http_500", is_last=True, ms=12, method="POST",
        url="https://receiver.example.org/dlr", request_body=json.dumps({"timestamp": "2026-11-20T09:37:43Z"}),
    )  # fmt: skip


def test_form_saves_events_and_shows_them_again(person, tenant):
    person.post(NEW, FORM | {"events": ["export.ready", "alert.opened"], "events_only": "on"})
    gate = Gate.objects.get(tenant=tenant)
    assert (gate.events, gate.forwards_reports) == (["export.ready", "alert.opened"], False)

    page = person.get(of(gate, "edit/")).content.decode()
    assert form_of(page)["events"] == ["export.ready", "alert.opened"]
    assert form_of(page)["events_only"] == ["on"]
    shown = text_of(person.get(of(gate)))
    assert "None: the gate sends events only." in shown
    assert "Export finished Alert opened" in shown
    assert "Export finished, Alert opened" in text_of(person.get("/t/nordic-retail/gates/"))


def test_form_refuses_a_gate_that_sends_nothing_and_events_by_get(person, tenant):
    nothing = text_of(person.post(NEW, FORM | {"events_only": "on"}))
    assert "Choose an event, or let the gate forward delivery reports." in nothing
    by_get = text_of(person.post(NEW, FORM | {"events": ["export.ready"], "d0-method": "GET"}))
    assert "Events are sent by POST or PUT." in by_get
    assert not Gate.objects.exists()


def test_preview_shows_each_event_beside_the_report(person, tenant):
    both = text_of(person.post("/t/nordic-retail/gates/preview/", FORM | {"events": ["export.ready", "alert.closed"]}))
    whole = person.post("/t/nordic-retail/gates/preview/", FORM | {"events": ["export.ready"], "events_only": "on"})
    alone = whole.content.decode()
    assert both == ""  # a fragment without <main>
    assert "Event: Export finished" in alone
    assert "export.ready" in alone
    assert "resultCode" not in alone


def test_test_of_a_gate_of_events_sends_a_made_up_one(person, tenant, settings):
    settings.GATE_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with Receiver(answers(200)) as receiver:
        gate = make_gate(tenant, receiver.url(), events=["alert.closed"], forwards_reports=False)
        assert "so a made-up one is sent" in text_of(person.get(of(gate, "test/")))
        response = person.post(of(gate, "test/"))
        (request,) = receiver.requests
    assert json.loads(request.body)["type"] == "alert.closed"
    assert json.loads(request.body)["data"]["tenant"] == tenant.slug
    assert "A made-up event was sent." in text_of(person.get(response.url))


def test_attempts_name_the_event_and_replay_it(person, client, analyst, tenant):
    gate = make_gate(tenant, events=["export.ready"])
    attempt = attempt_at(gate)
    row = text_of(person.get(of(gate, "attempts/")))
    assert f"Export finished {attempt.message_id}" in row
    assert attempt.message_id in text_of(person.get(of(gate, f"attempts/?message_id={attempt.message_id}")))

    person.post(of(gate, f"attempts/{attempt.pk}/replay/"))
    assert GateDelivery.objects.get().inbox_id == attempt.inbox_id

    client.force_login(analyst)  # sees numbers masked: in events there are none
    page = text_of(client.get(of(gate, f"attempts/{attempt.pk}/")))
    assert f"Export finished {attempt.message_id}" in page
    assert "2026-11-20T09:37:43Z" in page


def test_api_sets_and_shows_events(mine, tenant):
    least = {"ref_id": "shop", "destinations": [{"url": "https://receiver.example.com/dlr"}]}
    made = mine.post("gates/", least | {"events": ["export.ready", "export.ready"], "forwards_reports": False})
    check("/api/v1/gates/", "POST", made)
    assert (made.json()["events"], made.json()["forwards_reports"]) == (["export.ready"], False)

    refused = mine.post("gates/", least | {"ref_id": "b", "events": ["export.unknown"]})
    assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, ["#/events/0"])
    nothing = mine.post("gates/", least | {"ref_id": "b", "forwards_reports": False})
    assert [one["pointer"] for one in nothing.json()["errors"]] == ["#/events"]

    gate = Gate.objects.get()
    attempt = attempt_at(gate)
    listed = mine.get(f"gates/{gate.public_id}/attempts/")
    check("/api/v1/gates/{gate_id}/attempts/", "GET", listed)
    (one,) = listed.json()["data"]
    assert (one["event"], one["message_id"], one["account"]) == ("export.ready", attempt.message_id, None)


def test_change_keeps_events_that_are_not_given(tenant):
    gate = make_gate(tenant, "https://receiver.example.com/dlr", events=["export.ready"], forwards_reports=False)
    with pytest.raises(GateRefused):
        change(gate, input_of(gate).__class__(**{**vars(input_of(gate)), "events": ()}), actor="anna@example.com")
    assert not change(gate, input_of(gate), actor="anna@example.com")
