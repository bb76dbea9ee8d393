"""Slices of identities: one writer at a time for each.

slice = hash(account, message id) mod 64, fixed when a row is received. A writer of messages holds the advisory lock of
their slice, so two writers never change one message, and no unique index is needed (docs/architecture.md). Beside it
the writer holds a lock whose key is the instant at which it began, for readers of changes (portal/common/changes.py).
"""

import zlib
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from portal.common import changes
from portal.common.changes import Writers

SLICES = 64
UNREADABLE_SLICE = 0  # rows without a readable message id; they are quarantined

_LOCK_CLASS = 7_301  # the first key of the two-key advisory locks; the slice is the second


def slice_of(account_id: int, message_id: str) -> int:
    """Return the slice of a message id (without `$n`)."""
    return zlib.crc32(f"{account_id}:{message_id}".encode("utf-8", "surrogatepass")) % SLICES


def try_lock(slices: Iterable[int]) -> list[int]:
    """Lock what is free of `slices` until the transaction's end, and return it; never waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s FROM unnest(%s::int[]) AS s WHERE pg_try_advisory_xact_lock(%s, s)",
            [sorted(slices), _LOCK_CLASS],
        )
        locked = [row[0] for row in cursor.fetchall()]
        if locked:
            changes.note_writing(Writers.MESSAGES)
        return locked


def lock(slices: Iterable[int]) -> None:
    """Lock all of `slices` until the transaction's end, waiting for each in ascending order."""
    with connection.cursor() as cursor:
        for number in sorted(set(slices)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, number])
        changes.note_writing(Writers.MESSAGES)


def no_writes_before() -> datetime:
    """Return an instant before which all messages and reports were written by transactions that have ended.

    Rows that are read by a later statement, in a transaction without a snapshot of its own, include theirs.
    """
    return changes.no_writes_before(Writers.MESSAGES)


def wait_for_running_batches() -> None:
    """Wait until every batch that may have read a tenant's older rules is committed."""
    with transaction.atomic():
        lock(range(SLICES))
