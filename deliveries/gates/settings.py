"""Gates as the dispatcher knows them: their settings with the secrets opened, and whether anything is due."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction
from msgspec import Struct

from deliveries.gates import requests
from deliveries.gates.forwarded import Endpoint, Sender
from deliveries.gates.secrets import endpoint_of, secrets_of
from deliveries.gates_outbox.outbox import HELD_MS
from deliveries.models import Gate, GateDestination
from portal.common.bulk import EACH, plan_for_small_sets


class DueGate(Struct, frozen=True, gc=False):
    """An active gate that has due deliveries. `held_ms` is how long it was held until now, all in all."""

    tenant_id: int
    id: int
    held_ms: int
    changed_at: datetime


class GateSettings(Struct, frozen=True):
    """Settings of a gate. `signed_until` is when they have to be read again, since an old secret ends."""

    tenant_id: int
    id: int
    changed_at: datetime
    gate_type: str
    ttl_ms: int
    throttle: int | None
    batch_size: int
    sender: Sender
    endpoints: tuple[Endpoint, ...]
    signed_until: datetime | None


# A look-up for each gate (EACH): as a join, all that waits would be read.
DUE = (
    f"SELECT tenant_id, id, {HELD_MS}, changed_at FROM gate WHERE state = 'active'"  # noqa: S608  a constant expression
    f" AND EXISTS (SELECT FROM gate_delivery d WHERE d.gate_id = gate.id AND d.due_at <= now() {EACH})"
)


def due_gates() -> list[DueGate]:
    """Return the active gates with deliveries that are due."""
    with transaction.atomic(), connection.cursor() as cursor:
        plan_for_small_sets()
        cursor.execute(DUE)
        return [DueGate(*row) for row in cursor.fetchall()]


def active_gates(gate_ids: Collection[int]) -> dict[int, datetime]:
    """Return when those of the gates that exist and are active were changed, by id."""
    active = Gate.objects.filter(id__in=gate_ids, state=Gate.State.ACTIVE)
    return dict(active.values_list("id", "changed_at"))


def read_settings(gate_ids: Collection[int], *, now: datetime) -> dict[int, GateSettings]:
    """Return the settings of these gates by id, without those that were deleted."""
    endpoints: dict[int, list[Endpoint]] = {}
    for destination in GateDestination.objects.filter(gate_id__in=gate_ids).order_by("gate_id", "position"):
        endpoints.setdefault(destination.gate_id, []).append(endpoint_of(destination))
    found = {}
    for gate in Gate.objects.filter(id__in=gate_ids):
        until, own = gate.old_secret_until, tuple(endpoints.get(gate.id, ()))
        can_batch = all(requests.can_batch(endpoint) for endpoint in own)
        found[gate.id] = GateSettings(
            tenant_id=gate.tenant_id,
            id=gate.id,
            changed_at=gate.changed_at,
            gate_type=gate.gate_type,
            ttl_ms=gate.ttl_ms,
            throttle=gate.throttle,
            batch_size=gate.batch_size if can_batch else 1,
            sender=Sender(
                public_id=gate.public_id,
                body=gate.body,
                custom_parameters=gate.custom_parameters,
                acknowledge=gate.acknowledge,
                secrets=secrets_of(gate, now=now),
                is_batched=gate.batch_size > 1,
            ),
            endpoints=own,
            signed_until=until if until is not None and until > now else None,
        )
    return found
