"""Operation of gates: standing checks, metrics, and what staff can do in the admin."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from deliveries.checks.run import CHECKS, run_checks
from deliveries.checks.selectors import TITLES
from deliveries.gates.dispatcher import LISTENER
from deliveries.gates_outbox.outbox import CHANNEL
from deliveries.models import Gate, GateAttempt, GateDelivery, GateHour
from deliveries.tasks import look_at_gates
from portal.accounts.models import AuditEntry
from portal.common.listening import listen
from portal.tenants.models import GateApi
from tests.gates.factors import make_gate
from tests.operations.test_metrics import values
from tests.running import until

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def wait(gate: Gate, due: datetime, **fields) -> None:
    own = {"inbox_id": 1, "account_id": 1, "message_id": "m", "day": due.date()} | fields
    GateDelivery.objects.create(tenant_id=gate.tenant_id, gate_id=gate.pk, due_at=due, **own)


def attempt(gate: Gate, at: datetime, **fields) -> None:
    own = {"message_id": "m", "number": 1, "outcome": "http_503", "destination_id": 1} | fields
    GateAttempt.objects.create(tenant=gate.tenant, gate=gate, at=at, **own)


def problems(now: datetime) -> list[str]:
    return CHECKS["gates"](now)


def test_deliveries_that_nobody_sends_are_found(tenant, now):
    gate = make_gate(tenant)
    wait(gate, now - 4 * MINUTE)
    assert problems(now) == []
    since = now - 6 * MINUTE
    wait(gate, since, inbox_id=2)

    assert problems(now) == [
        f"deliveries of gates wait since {since:%Y-%m-%d %H:%M} UTC, and none was tried."
        " No dispatcher runs, or it hangs"
    ]
    attempt(gate, now - MINUTE, number=0)  # a page's test tells nothing of the dispatcher
    assert problems(now)
    attempt(gate, now - MINUTE)
    assert problems(now) == []


def test_held_gates_and_claimed_deliveries_do_not_wait(tenant, now):
    wait(make_gate(tenant, state=Gate.State.PAUSED), now - 60 * MINUTE)
    wait(make_gate(tenant), now + MINUTE, token=7)

    assert problems(now) == []


def test_failing_gate_may_wait_while_a_dispatcher_listens(tenant, now):
    gate = make_gate(tenant, failing_since=now)
    wait(gate, now - 6 * MINUTE)
    with listen(CHANNEL, name=LISTENER):
        listening = problems(now)

    def after_it() -> list[str]:
        with connection.cursor() as cursor:  # a transaction sees the sessions of its first look
            cursor.execute("SELECT pg_stat_clear_snapshot()")
        return problems(now)

    assert listening == []
    until(lambda: len(after_it()) == 1, "none listens")


def test_deliveries_of_deleted_gates_are_found_if_retention_leaves_them(tenant, now):
    gate = make_gate(tenant)
    wait(gate, now + MINUTE, inbox_id=1)
    for inbox_id, hours in ((2, 2), (3, 4)):
        GateDelivery.objects.create(
            tenant_id=tenant.id, gate_id=gate.pk + 1, inbox_id=inbox_id, account_id=1, message_id="m",
            day=now.date(), due_at=now, created_at=now - timedelta(hours=hours),
        )  # fmt: skip

    assert problems(now) == ["1 deliveries wait for gates that do not exist. Retention does not delete them"]


def test_gates_at_link_that_are_missing_or_differ_are_found(link, api, now):
    assert CHECKS["gates_at_link"](now) == []
    look_at_gates()

    (problem,) = CHECKS["gates_at_link"](now)
    assert problem.startswith("link-main: of the gates at LINK 1 are missing, 0 differ and 0 could not be looked at")
    assert [method for method, *_rest in link.requests if method != "GET"] == []  # it only looks
    GateApi.objects.update(outcome={"counts": {"right": 1}})
    assert CHECKS["gates_at_link"](now) == []


def test_gates_at_link_that_cannot_be_looked_at_are_found(link, api, now):
    GateApi.objects.update(checked_at=now, outcome={"counts": {}, "error": {"problem": "unreachable"}})

    assert len(CHECKS["gates_at_link"](now)) == 1


def test_checks_have_titles_and_run(now):
    assert {*CHECKS, "alerts", "budgets", "account_delivery"} == set(TITLES)  # alerts keep what they find themselves
    assert run_checks(now=now, names=["gates", "gates_at_link"]) == {"gates": [], "gates_at_link": []}


def test_metrics_tell_what_waits_and_what_was_tried(client, tenant, now):
    gate, held = make_gate(tenant), make_gate(tenant, state=Gate.State.PAUSED)
    wait(gate, now - 2 * MINUTE)
    wait(held, now - 60 * MINUTE)
    hour = now.replace(minute=0, second=0, microsecond=0)
    for outcome, at, number in (("delivered", 1, 5), ("timeout", 1, 2), ("delivered", 2, 100)):
        GateHour.objects.create(
            tenant=tenant, gate=gate, hour=hour - timedelta(hours=at), outcome=outcome, bucket=-1, number=number
        )
    read = values(client.get("/metrics").content)

    oldest = read.pop("portal_gate_oldest_due_seconds")
    assert 120 <= oldest < 600
    assert {name: value for name, value in read.items() if name.startswith("portal_gate")} == {
        "portal_gates['active']": 1,
        "portal_gates['paused']": 1,
        "portal_gate_waiting_deliveries": 2,
        "portal_gate_attempts_last_hour['delivered']": 5,
        "portal_gate_attempts_last_hour['timeout']": 2,
    }


def test_staff_pause_and_resume_gates_and_see_no_secret(staff, staff_user, tenant):
    gate = make_gate(tenant, name="Shop")
    page = reverse("admin:deliveries_gate_changelist")
    for action, state in (("pause", Gate.State.PAUSED), ("resume", Gate.State.ACTIVE)):
        answer = staff.post(page, {"action": action, "_selected_action": [gate.pk]}, follow=True)
        gate.refresh_from_db()
        assert (answer.status_code, gate.state) == (200, state)

    entries = AuditEntry.objects.filter(action__startswith="gate.").order_by("id")
    assert list(entries.values_list("action", "actor", "tenant", "subject")) == [
        ("gate.paused", staff_user.email, tenant.id, "Shop"),
        ("gate.resumed", staff_user.email, tenant.id, "Shop"),
    ]
    shown = staff.get(reverse("admin:deliveries_gate_change", args=[gate.pk])).content.decode()
    assert "Shop" in shown
    assert gate.secret_sealed not in shown
