"""Failing gates: mails after an hour and a day, switched off after five days or at once by 410, each told once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from deliveries.gates import changing
from deliveries.gates.failing import watch
from deliveries.models import Gate, GateAttempt, GateDelivery
from portal.accounts.models import AuditEntry, Role
from portal.tenants.models import Tenant
from tests.conftest import make_user
from tests.deliveries.helpers import apply
from tests.gates.dispatching import dispatching
from tests.gates.factors import make_gate
from tests.gates.receivers import Receiver, answers
from tests.gates.test_dispatcher import is_done, report
from tests.running import until

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
URL = "https://sms.example.com/dlr?key=s3cret"


def attempt(gate: Gate, at: datetime, outcome: str = "http_503", **fields) -> None:
    own = {"message_id": "m", "number": 1, "destination_id": 1} | fields
    GateAttempt.objects.create(tenant=gate.tenant, gate=gate, at=at, outcome=outcome, **own)


@pytest.fixture
def start() -> datetime:
    return timezone.now() - 6 * DAY


@pytest.fixture
def gate(tenant, owner, manager, start) -> Gate:
    """A gate that has failed since the start, with an attempt in every hour."""
    gate = make_gate(tenant, URL, name="Shop", failing_since=start)
    for hours in range(6 * 24):
        attempt(gate, start + hours * HOUR)
    return gate


def test_mails_go_out_after_an_hour_a_day_and_five_days_each_once(
    gate, start, worker, mailoutbox, viewer, analyst, settings
):
    settings.PUBLIC_URL = "https://reports.example.com"
    GateDelivery.objects.bulk_create(
        GateDelivery(tenant=gate.tenant, gate=gate, inbox_id=n, account_id=1, message_id=f"m{n}", day=start.date())
        for n in range(3)
    )
    times = [HOUR - timedelta(minutes=1), HOUR, 2 * HOUR, DAY, DAY + HOUR, 5 * DAY - HOUR, 5 * DAY, 5 * DAY + HOUR]
    sent = []
    for time in times:
        with worker():
            watch(now=start + time)
        sent.append(len(mailoutbox))

    assert sent == [0, 2, 2, 4, 4, 4, 6, 6]  # to owner and manager
    assert sorted(message.to[0] for message in mailoutbox[:2]) == ["manager@example.com", "owner@example.com"]
    assert [message.subject for message in mailoutbox[::2]] == [
        "Gate is failing: Shop", "Gate is failing: Shop", "Gate switched off: Shop",
    ]  # fmt: skip
    first, last = mailoutbox[0], mailoutbox[-1]
    page = f"https://reports.example.com/t/{gate.tenant.slug}/gates/{gate.public_id}/"
    for message in (first, last):
        assert page in message.body
        assert page in message.alternatives[0][0]
        assert "Destination: sms.example.com\nLast outcome: http_503\nReports that wait: 3\n" in message.body
        assert "s3cret" not in message.body
    gate.refresh_from_db()
    assert (gate.state, gate.off_reason) == (Gate.State.OFF, Gate.OffReason.FAILING)
    entry = AuditEntry.objects.get(action__startswith="gate.")
    assert (entry.action, entry.actor, entry.tenant, entry.subject) == (
        "gate.off_failing", "portal", gate.tenant, "Shop",
    )  # fmt: skip


def test_mail_is_in_the_language_of_each_ones_own_customer(gate, start, worker, mailoutbox):
    Tenant.objects.filter(pk=gate.tenant_id).update(language="fi")
    with worker():
        watch(now=start + HOUR)

    assert {message.subject for message in mailoutbox} == {"Portti ei toimi: Shop"}
    assert "Kohde: sms.example.com" in mailoutbox[0].body


def test_customer_without_people_of_its_own_is_told_of_by_those_above(tenant, owner, start, worker, mailoutbox):
    below = Tenant.objects.create(name="Below", slug="below", parent=tenant)
    make_user("reader@example.com", below, Role.VIEWER)
    gate = make_gate(below, URL, failing_since=start)
    attempt(gate, start + HOUR)
    with worker():
        watch(now=start + HOUR)

    assert [message.to for message in mailoutbox] == [["owner@example.com"]]


def test_gate_that_had_nothing_more_to_send_is_not_failing(tenant, owner, start, worker, mailoutbox):
    gate = make_gate(tenant, URL, failing_since=start)
    attempt(gate, start)
    attempt(gate, start + HOUR, number=0)  # a test of the gate
    with worker():
        assert watch(now=start + 5 * DAY) == 0

    assert mailoutbox == []
    gate.refresh_from_db()
    assert gate.state == Gate.State.ACTIVE


def test_late_run_sends_the_newest_mail_alone(gate, start, worker, mailoutbox):
    with worker():
        watch(now=start + 2 * DAY)
        watch(now=start + 2 * DAY)

    assert len(mailoutbox) == 2


def test_held_gate_is_left_alone_and_resuming_begins_anew(gate, start, worker, mailoutbox):
    changing.pause(gate, actor="anna@example.com")
    with worker():
        watch(now=start + 5 * DAY)
    assert mailoutbox == []
    changing.resume(gate, actor="anna@example.com")
    with worker():
        watch(now=start + 5 * DAY)

    assert mailoutbox == []
    gate.refresh_from_db()
    assert (gate.failing_since, gate.mailed) == (None, 0)


@pytest.mark.django_db(transaction=True)
def test_receiver_that_is_gone_is_told_once(feed, tenant, owner, worker, mailoutbox):
    with Receiver(answers(410)) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url(), name="Shop")
        apply(feed, report("one"))
        is_done(gate, "http_410")
        until(lambda: Gate.objects.get().state == Gate.State.OFF, "the gate is off")
    for _ in range(2):
        with worker():
            watch(now=timezone.now())

    (message,) = mailoutbox
    assert message.subject == "Gate switched off: Shop"
    assert "410 Gone" in message.body
    assert "Last outcome: http_410" in message.body
    assert AuditEntry.objects.filter(action="gate.off_gone").count() == 1
