"""Claims of the dispatcher: fair to fresh deliveries, once each, and given back by itself after a kill."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from deliveries.gates import claims, settings
from deliveries.gates.claims import Claim, claim, release
from deliveries.gates.ending import expires_in
from deliveries.models import Gate, GateDelivery
from portal.common.bulk import plan_for_small_sets
from tests.deliveries.helpers import NOW
from tests.gates.factors import make_gate

pytestmark = pytest.mark.django_db


def wait(gate: Gate, *inbox_ids: int, due=timedelta(seconds=30), **fields) -> None:
    """Let deliveries wait that are due since so long ago (negative: later), by the clock of the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (now,) = cursor.fetchone()
    GateDelivery.objects.bulk_create(
        GateDelivery(
            tenant_id=gate.tenant_id, gate_id=gate.pk, inbox_id=id_, account_id=1, message_id=f"m{id_}",
            day=NOW.date(), due_at=now - due - timedelta(microseconds=id_ * -1), created_at=now - due, **fields,
        )
        for id_ in inbox_ids
    )  # fmt: skip


def ids(taken: list[Claim]) -> list[int]:
    return sorted(one.inbox_id for one in taken)


def take(gate: Gate, number: int) -> list[Claim]:
    return claim({(gate.tenant_id, gate.pk): number})


def test_claims_what_is_due_oldest_first_and_no_more_than_wanted(tenant):
    gate = make_gate(tenant)
    wait(gate, 1, 2, 3, due=timedelta(seconds=10))
    wait(gate, 9, due=timedelta(seconds=-5))  # a retry that is not due

    assert ids(take(gate, 2)) == [1, 2]
    assert ids(take(gate, 9)) == [3]
    assert take(gate, 9) == []


def test_fresh_deliveries_go_before_a_backlog_which_goes_on(tenant):
    gate = make_gate(tenant)
    wait(gate, *range(100, 200), due=timedelta(hours=3))
    wait(gate, *range(1, 11), due=timedelta(seconds=1))

    taken = ids(take(gate, 8))

    assert [id_ for id_ in taken if id_ < 100] == [1, 2, 3, 4, 5, 6]
    assert len([id_ for id_ in taken if id_ >= 100]) == 2


def test_another_gates_backlog_takes_no_room(tenant, other_tenant):
    one, other = make_gate(tenant), make_gate(other_tenant)
    wait(one, *range(1, 500), due=timedelta(hours=1))
    wait(other, 7, due=timedelta(seconds=1))

    taken = claim({(one.tenant_id, one.pk): 4, (other.tenant_id, other.pk): 4})

    assert [(found.gate_id, found.inbox_id) for found in taken if found.gate_id == other.pk] == [(other.pk, 7)]
    assert len(taken) == 5


def test_claim_of_a_killed_dispatcher_is_due_again_after_its_lease(tenant, monkeypatch):
    gate = make_gate(tenant)
    wait(gate, 1)
    (first,) = take(gate, 1)
    assert take(gate, 1) == []

    with connection.cursor() as cursor:  # two minutes pass
        cursor.execute("UPDATE gate_delivery SET due_at = due_at - make_interval(secs => %s)", [claims.LEASE + 1])
    (second,) = take(gate, 1)

    assert second.inbox_id == 1
    assert first.token != second.token
    assert release([first]) == 0  # what was claimed meanwhile is not given back by the one before
    assert release([second]) == 1
    assert ids(take(gate, 1)) == [1]


def test_held_gates_are_not_looked_at_and_their_time_stands_still(tenant):
    gate = make_gate(tenant, state=Gate.State.PAUSED, state_at=timezone.now() - timedelta(hours=5))
    wait(gate, 1, due=timedelta(hours=4))
    assert settings.due_gates() == []

    Gate.objects.update(state=Gate.State.ACTIVE, held_ms=5 * 3_600_000)
    (due,) = settings.due_gates()
    (taken,) = take(gate, 1)
    left = expires_in(taken, ttl_ms=7_200_000, held_ms=due.held_ms, now=timezone.now())

    # Two hours to live; of the four since it was queued the gate was held for all.
    assert left == pytest.approx(timedelta(hours=3), abs=timedelta(minutes=1))


def test_claims_look_rows_up_by_gate_and_time(tenant):
    gate = make_gate(tenant)
    wait(gate, *range(1, 2000), due=timedelta(hours=1))
    parameters = {"tenants": [gate.tenant_id], "gates": [gate.pk], "numbers": [5], "token": 1, "lease": 60}

    plan = plan_of(claims._TAKE.format(which="true"), parameters)

    assert "gate_delivery_due" in plan
    assert "Seq Scan on gate_delivery" not in plan


def test_due_gates_are_looked_up_one_by_one(tenant):
    gates = [make_gate(tenant) for _ in range(3)]
    wait(gates[0], *range(1, 2000), due=timedelta(hours=1))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE gate, gate_delivery")

    plan = plan_of(settings.DUE)

    assert "gate_delivery_due" in plan
    assert "Seq Scan on gate_delivery" not in plan
    assert "Join" not in plan
    assert [due.id for due in settings.due_gates()] == [gates[0].id]


def plan_of(statement: str, parameters: dict | None = None) -> str:
    plan_for_small_sets()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", parameters)
        return "\n".join(line for (line,) in cursor.fetchall())
