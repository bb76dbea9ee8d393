"""Events that gates send beside delivery reports: they are queued where something happens, and read to be sent.

An event goes through the same queue as reports. There it has its id below zero, so the two cannot be confused.
"""

import json
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection

from deliveries.gates.forwarded import Event
from deliveries.gates.shapes.link import link_time
from deliveries.gates_outbox.outbox import CHANNEL, HELD_MS
from deliveries.models import Gate, GateEvent
from portal.common import sealed
from portal.common.msisdn import mask_numbers
from portal.tenants.models import Tenant

PURPOSE = "gate-event"
NO_ACCOUNT = 0  # the account of what is about no message

# The gates stay locked until the commit: nothing is queued for one that is being deleted.
_GATES = f"SELECT id, {HELD_MS} FROM gate WHERE tenant_id = %s AND %s = ANY (events) ORDER BY id FOR KEY SHARE"  # noqa: S608  a constant expression
_ADD = (
    "INSERT INTO gate_delivery (tenant_id, gate_id, inbox_id, account_id, message_id, day, held_ms)"
    " SELECT %s, k.gate_id, %s, %s, %s, %s, k.held_ms FROM unnest(%s::bigint[], %s::bigint[]) k (gate_id, held_ms)"
)


def queue_event(
    *, tenant_id: int, event: str, body: Mapping[str, Any], now: datetime, only: Collection[int] = ()
) -> int:
    """Queue an event at the tenant's gates that send it and return how many these are.

    `only` are the ids of those that were chosen for it; without any it is for all.
    Call it in the transaction that makes it true. The body holds what JSON can, and instants as datetime. It is not the
    place for personal data: give a link. Phone numbers in its texts are masked all the same.
    """
    type_ = Gate.Event(event)
    with connection.cursor() as cursor:
        cursor.execute(_GATES, [tenant_id, type_.value])
        gates = [gate for gate in cursor.fetchall() if not only or gate[0] in only]
        if not gates:
            return 0
        row = GateEvent.objects.create(
            tenant_id=tenant_id,
            public_id=f"evt_{uuid.uuid4().hex}",
            type=type_,
            at=now,
            sealed=sealed.seal(json.dumps(_storable(body)), purpose=PURPOSE),
        )
        ids, held = [id_ for id_, _held in gates], [held for _id, held in gates]
        day = now.astimezone(UTC).date()
        cursor.execute(_ADD, [tenant_id, -row.id, NO_ACCOUNT, row.public_id, day, ids, held])
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    return len(gates)


def read_events(keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], Event]:
    """Return the events that are still stored, by (tenant id, inbox id); each inbox id is an event's below zero."""
    rows = GateEvent.objects.filter(id__in=[-inbox_id for _tenant, inbox_id in keys])
    found = {(row.tenant_id, -row.id): row for row in rows}
    tenants = Tenant.objects.in_bulk({tenant_id for tenant_id, _inbox_id in found})
    return {
        key: Event(
            inbox_id=key[1],
            id=row.public_id,
            type=row.type,
            received_at=row.at,
            tenant_slug=tenants[row.tenant_id].slug,
            tenant_name=tenants[row.tenant_id].name,
            body=json.loads(sealed.unseal(row.sealed, purpose=PURPOSE)),
        )
        for key, row in found.items()
        if key in keys
    }


def _storable(value: Any) -> Any:
    """Return a value of a body as JSON holds it: instants as the portal writes them, texts with masked numbers."""
    if isinstance(value, Mapping):
        return {key: _storable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(one) for one in value]
    if isinstance(value, datetime):
        return link_time(value)
    # A link of the portal's own has ids that may look like numbers.
    return mask_numbers(value) if isinstance(value, str) and not value.startswith(f"{settings.PUBLIC_URL}/") else value
