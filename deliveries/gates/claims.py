"""Claims of the dispatcher: which deliveries it takes from the queue, for how long, and how it gives them back.

A claim writes a token and moves `due_at` to the end of its lease. So no one else takes the delivery meanwhile, and that
of a dispatcher that was killed becomes due by itself.
"""

import random
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import connection
from msgspec import Struct

from portal.common.bulk import plan_for_small_sets

LEASE = 120  # seconds
FRESH = 60  # seconds; a first attempt that is due for no longer goes before older deliveries
_TOKENS = 2**62


class Claim(Struct, frozen=True, gc=False):
    """A claimed delivery. `held_ms` is how long its gate had been held when it was queued."""

    tenant_id: int
    gate_id: int
    inbox_id: int
    account_id: int
    message_id: str
    day: date
    created_at: datetime
    held_ms: int
    attempts: int
    done: tuple[int, ...]
    replay_id: int | None
    token: int

    @property
    def is_event(self) -> bool:
        """Tell whether it is an event, which goes into no batch."""
        return self.inbox_id < 0

    @property
    def key(self) -> tuple[int, int, int, int]:
        """Return what names this claim of the delivery."""
        return self.tenant_id, self.gate_id, self.inbox_id, self.token


# `+ 0`: of the indexes only that by gate and time fits, also where PostgreSQL believes the table empty.
_TAKE = """
WITH wanted AS (
    SELECT * FROM unnest(%(tenants)s::int[], %(gates)s::bigint[], %(numbers)s::int[]) w (tenant_id, gate_id, number)
),
chosen AS (
    SELECT d.tenant_id, d.gate_id, d.inbox_id FROM wanted w CROSS JOIN LATERAL (
        SELECT tenant_id, gate_id, inbox_id FROM gate_delivery
        WHERE gate_id = w.gate_id AND tenant_id + 0 = w.tenant_id AND due_at <= now() AND {which}
        ORDER BY due_at LIMIT w.number FOR UPDATE SKIP LOCKED
    ) d
)
UPDATE gate_delivery d SET token = %(token)s, due_at = now() + make_interval(secs => %(lease)s)
FROM chosen c WHERE d.tenant_id = c.tenant_id AND d.gate_id = c.gate_id AND d.inbox_id = c.inbox_id
RETURNING d.tenant_id, d.gate_id, d.inbox_id, d.account_id, d.message_id, d.day, d.created_at, d.held_ms, d.attempts,
    d.done, d.replay_id, d.token
"""
_FRESH = f"attempts = 0 AND replay_id IS NULL AND due_at > now() - interval '{FRESH} seconds'"


def claim(wanted: Mapping[tuple[int, int], int]) -> list[Claim]:
    """Claim due deliveries: `wanted` is their number by (tenant id, gate id). Call it in a transaction of its own.

    Fresh ones have three quarters of the room at first, so that a backlog does not delay them; what they leave over is
    for older ones.
    """
    numbers = {gate: number for gate, number in wanted.items() if number > 0}
    if not numbers:
        return []
    plan_for_small_sets()
    claims = _take({gate: -(-number * 3 // 4) for gate, number in numbers.items()}, _FRESH)
    for one in claims:
        numbers[one.tenant_id, one.gate_id] -= 1
    return claims + _take({gate: number for gate, number in numbers.items() if number > 0}, "true")


def _take(numbers: dict[tuple[int, int], int], which: str) -> list[Claim]:
    if not numbers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE.format(which=which),
            {
                "tenants": [tenant_id for tenant_id, _gate in numbers],
                "gates": [gate_id for _tenant, gate_id in numbers],
                "numbers": list(numbers.values()),
                "token": random.randrange(1, _TOKENS),  # noqa: S311  tells claims apart, is no secret
                "lease": LEASE,
            },
        )
        return [_claim_of(row) for row in cursor.fetchall()]


def _claim_of(row: tuple) -> Claim:
    values = list(row)
    values[9] = tuple(values[9])  # its list of destinations
    return Claim(*values)


def release(claims: Iterable[Claim]) -> int:
    """Give claimed deliveries back that were not tried; they are due at once. Return how many still were claimed so."""
    keys = [one.key for one in claims]
    if not keys:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE gate_delivery d SET token = NULL, due_at = now()"
            " FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::bigint[]) k (tenant_id, gate_id, inbox_id, token)"
            " WHERE d.tenant_id = k.tenant_id AND d.gate_id = k.gate_id AND d.inbox_id = k.inbox_id"
            " AND d.token = k.token",
            [list(column) for column in zip(*keys, strict=True)],
        )
        return cursor.rowcount
