"""A message's page shows each report that a gate sent or will send, with its attempts."""

import re
from html import unescape

import pytest
from django.utils import timezone

from deliveries.models import GateAttempt, GateDelivery
from tests.deliveries.helpers import apply, dlr
from tests.gates.factors import make_gate

pytestmark = pytest.mark.django_db

MESSAGE = "/t/nordic-retail/messages/link-main/one/"


def forwardings(client) -> str:
    page = client.get(MESSAGE).content.decode()
    found = re.search(r'<ul class="forwardings">.*?</ul>', page, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split()) if found else ""


def send(feed, code: int = 1001) -> None:
    apply(feed, dlr("one", code, gateCustomParameters={"platformPartnerId": "nr-fi"}))


def add_attempt(delivery: GateDelivery, outcome: str, **fields) -> GateAttempt:
    return GateAttempt.objects.create(
        tenant=delivery.tenant, gate=delivery.gate, inbox_id=delivery.inbox_id, account_id=delivery.account_id,
        message_id=delivery.message_id, at=timezone.now(), outcome=outcome, url="https://receiver.example.org/dlr",
        **{"number": 1, "ms": 12} | fields,
    )  # fmt: skip


def test_message_without_gates_has_no_forwarding(client, manager, feed):
    send(feed)
    client.force_login(manager)

    assert forwardings(client) == ""


def test_each_report_is_shown_at_each_gate(client, manager, feed, tenant, django_assert_num_queries):
    shop, paused = make_gate(tenant, name="Shop"), make_gate(tenant, name="Paused", state="paused")
    send(feed, 1000)
    send(feed, 1001)
    first, second = GateDelivery.objects.filter(gate=shop).order_by("inbox_id")
    add_attempt(first, "timeout")
    add_attempt(first, "delivered", number=2, is_last=True)
    first.delete()
    client.force_login(manager)

    text = forwardings(client)

    assert text.count("Shop") == text.count("Paused") == 2
    assert text.count("Held, because the gate is not active") == 2
    attempts = r"[\w: ]+ No answer in time 12 ms · receiver\.example\.org [\w: ]+ Delivered 12 ms"
    assert re.search(rf"Shop · [\w ]+ 1000 {attempts}", text)
    assert text.count("Waiting next attempt") == 1
    assert second.gate_id == shop.pk and paused.public_id in client.get(MESSAGE).content.decode()


@pytest.mark.parametrize(("who", "links"), [("viewer", False), ("analyst", True)])
def test_viewers_see_outcomes_without_links(client, request, feed, tenant, who, links):
    gate = make_gate(tenant, name="Shop")
    send(feed)
    delivery = GateDelivery.objects.get(gate=gate)
    attempt = add_attempt(delivery, "http_500", is_last=True)
    delivery.delete()
    client.force_login(request.getfixturevalue(who))

    assert "HTTP status 500" in forwardings(client) and "Not delivered" in forwardings(client)
    assert (f"/gates/{gate.public_id}/attempts/{attempt.pk}/" in client.get(MESSAGE).content.decode()) == links


def test_attempts_of_a_deleted_gate_stay(client, manager, feed, tenant):
    gate = make_gate(tenant, name="Shop")
    send(feed)
    delivery = GateDelivery.objects.get(gate=gate)
    add_attempt(delivery, "delivered", is_last=True)
    delivery.delete()
    gate.delete()
    client.force_login(manager)

    assert forwardings(client).startswith("Deleted gate · ")
