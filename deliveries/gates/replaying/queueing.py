"""The queue of gates as replays use it: what they add, what waits of them, and what a cancelled one takes out."""

from collections.abc import Sequence

from django.db import connection

from deliveries.gates.replaying.wanted import Report
from deliveries.gates_outbox.outbox import CHANNEL, HELD_MS
from deliveries.models import Gate, GateDelivery, GateReplay

_ADD = """
INSERT INTO gate_delivery (tenant_id, gate_id, inbox_id, account_id, message_id, day, done, held_ms, replay_id)
SELECT %(tenant)s, %(gate)s, k.inbox_id, k.account_id, k.message_id, k.day, k.done::bigint[], %(held)s, %(replay)s
FROM unnest(%(inbox_ids)s::bigint[], %(accounts)s::int[], %(message_ids)s::text[], %(days)s::date[], %(done)s::text[])
    k (inbox_id, account_id, message_id, day, done)
ORDER BY k.inbox_id
ON CONFLICT DO NOTHING
"""


def lock_gate(tenant_id: int, gate_id: int) -> tuple[Gate, int] | None:
    """Return a gate and how long it was held until now in ms; None if it was deleted.

    Until the transaction ends, nobody deletes it: nothing is queued for a gate that does not exist.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {HELD_MS} FROM gate WHERE tenant_id = %s AND id = %s FOR KEY SHARE",  # noqa: S608  a constant expression
            [tenant_id, gate_id],
        )
        row = cursor.fetchone()
    return None if row is None else (Gate.objects.get(tenant_id=tenant_id, pk=gate_id), row[0])


def add(replay: GateReplay, reports: Sequence[Report], *, held_ms: int) -> int:
    """Queue reports for one attempt each and return how many; those that wait already are left as they are."""
    if not reports:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            {
                "tenant": replay.tenant_id,
                "gate": replay.gate_id,
                "held": held_ms,
                "replay": replay.pk,
                "inbox_ids": [one.inbox_id for one in reports],
                "accounts": [one.account_id for one in reports],
                "message_ids": [one.message_id for one in reports],
                "days": [one.day for one in reports],
                "done": [f"{{{','.join(map(str, one.done))}}}" for one in reports],
            },
        )
        added = cursor.rowcount
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    return added


def waiting(replay: GateReplay) -> int:
    """Return how many deliveries of a replay are still to be sent."""
    return GateDelivery.objects.filter(tenant_id=replay.tenant_id, replay_id=replay.pk).count()


def withdraw(replay: GateReplay) -> int:
    """Take what is not being sent out of the queue and return how many deliveries that were.

    Requests that are under way end as they end.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM gate_delivery WHERE tenant_id = %s AND replay_id = %s AND (token IS NULL OR due_at <= now())",
            [replay.tenant_id, replay.pk],
        )
        return cursor.rowcount
