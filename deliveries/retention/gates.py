"""Deletes what gates leave: old attempts and counts, texts past retention, deliveries of deleted gates."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from deliveries.erasure.gate_attempts import EMPTIED, HAS_TEXTS

ATTEMPT_DAYS = 30
HOUR_DAYS = 400  # of the counts of attempts
BATCH = 10_000

_OLD = "at < %s"
_ORPHANED = "NOT EXISTS (SELECT FROM gate g WHERE g.tenant_id = d.tenant_id AND g.id = d.gate_id)"
# Of messages whose numbers, or which themselves, are past retention: tests and replays may have come later.
_PAST = (
    "FROM retention_mark m WHERE m.tenant_id = a.tenant_id AND a.day < greatest(m.numbers_before, m.messages_before)"
    f" AND {HAS_TEXTS} AND NOT a.is_masked"
)


@dataclass(frozen=True, slots=True)
class DeletedOfGates:
    """Numbers of attempts and of waiting deliveries that were deleted."""

    attempts: int = 0
    deliveries: int = 0


def delete_expired(*, now: datetime) -> DeletedOfGates:
    """Delete attempts after 30 days, their counts after 400, and deliveries whose gate was deleted."""
    attempts = 0
    while step := _delete_attempts(now - timedelta(days=ATTEMPT_DAYS)):
        attempts += step
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM gate_hour WHERE hour < %s", [now - timedelta(days=HOUR_DAYS)])
        # An applier that had read a gate before it was deleted may have queued them since.
        cursor.execute(f"DELETE FROM gate_delivery d WHERE {_ORPHANED}")  # noqa: S608  a constant of this module
        return DeletedOfGates(attempts, cursor.rowcount)


def count_expired(*, now: datetime) -> DeletedOfGates:
    """Count what `delete_expired` would delete."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM gate_attempt WHERE {_OLD}", [now - timedelta(days=ATTEMPT_DAYS)])  # noqa: S608  a constant of this module
        attempts = cursor.fetchone()[0]
        cursor.execute(f"SELECT count(*) FROM gate_delivery d WHERE {_ORPHANED}")  # noqa: S608  a constant of this module
        return DeletedOfGates(attempts, cursor.fetchone()[0])


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
