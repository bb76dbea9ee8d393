"""Deletes what gates leave: old attempts, events and counts, texts past retention, deliveries of deleted gates."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from deliveries.erasure.gate_attempts import EMPTIED, HAS_TEXTS

ATTEMPT_DAYS = 30
EVENT_DAYS = ATTEMPT_DAYS + 14  # a gate may try for 14 days, and repeat what failed for as long as it is known
HOUR_DAYS = 400  # of the counts of attempts
BATCH = 10_000

_OLD = "at < %s"
_ORPHANED = "NOT EXISTS (SELECT FROM gate g WHERE g.tenant_id = d.tenant_id AND g.id = d.gate_id)"
# What still waits at a held gate stays.
_PAST_EVENTS = (
    "FROM gate_event e WHERE e.at < %s AND NOT EXISTS (SELECT FROM gate g JOIN gate_delivery d"
    " ON d.tenant_id = g.tenant_id AND d.gate_id = g.id AND d.inbox_id = -e.id WHERE g.tenant_id = e.tenant_id)"
)
# Of messages whose numbers, or which themselves, are past retention: tests (they have no inbox_id) and replays may have
# come later. Events (their inbox_id is below zero) are about no message.
_PAST = (
    "FROM retention_mark m WHERE m.tenant_id = a.tenant_id AND a.day < greatest(m.numbers_before, m.messages_before)"
    f" AND coalesce(a.inbox_id, 0) >= 0 AND {HAS_TEXTS} AND NOT a.is_masked"
)


@dataclass(frozen=True, slots=True)
class DeletedOfGates:
    """Numbers of attempts, of waiting deliveries and of events that were deleted."""

    attempts: int = 0
    deliveries: int = 0
    events: int = 0


def delete_expired(*, now: datetime) -> DeletedOfGates:
    """Delete attempts after 30 days, events after 44, counts after 400, and deliveries whose gate was deleted."""
    attempts = 0
    while step := _delete_attempts(now - timedelta(days=ATTEMPT_DAYS)):
        attempts += step
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM gate_hour WHERE hour < %s", [now - timedelta(days=HOUR_DAYS)])
        # An applier that had read a gate before it was deleted may have queued them since.
        cursor.execute(f"DELETE FROM gate_delivery d WHERE {_ORPHANED}")  # noqa: S608  a constant of this module
        deliveries = cursor.rowcount
        cursor.execute(f"DELETE {_PAST_EVENTS}", [now - timedelta(days=EVENT_DAYS)])
        return DeletedOfGates(attempts, deliveries, cursor.rowcount)


def count_expired(*, now: datetime) -> DeletedOfGates:
    """Count what `delete_expired` would delete."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM gate_attempt WHERE {_OLD}", [now - timedelta(days=ATTEMPT_DAYS)])  # noqa: S608  a constant of this module
        attempts = cursor.fetchone()[0]
        cursor.execute(f"SELECT count(*) FROM gate_delivery d WHERE {_ORPHANED}")  # noqa: S608  a constant of this module
        deliveries = cursor.fetchone()[0]
        cursor.execute(f"SELECT count(*) {_PAST_EVENTS}", [now - timedelta(days=EVENT_DAYS)])
        return DeletedOfGates(attempts, deliveries, cursor.fetchone()[0])


def delete_texts_past_retention() -> int:
    """Delete the texts of attempts about messages whose numbers are past retention; return of how many attempts."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE gate_attempt a SET {EMPTIED} {_PAST}")  # noqa: S608  conditions of this package, constants
        return cursor.rowcount


def _delete_attempts(before: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM gate_attempt WHERE id = ANY (ARRAY("  # noqa: S608  a constant of this module
            f"SELECT id FROM gate_attempt WHERE {_OLD} ORDER BY at LIMIT {BATCH}))",
            [before],
        )
        return cursor.rowcount
