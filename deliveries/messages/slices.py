"""Slices of identities: one writer at a time for each.

slice = hash(account, message id) mod 64, fixed when a row is received. A writer of messages holds the advisory lock of
their slice, so two writers never change one message, and no unique index is needed (docs/architecture.md). Beside it
the writer holds a lock whose key is the instant at which it began: what it writes cannot be older. By these, readers of
changes know how far no write is under way (deliveries/search/changes.py).
"""

import zlib
from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

SLICES = 64
UNREADABLE_SLICE = 0  # rows without a readable message id; they are quarantined

_LOCK_CLASS = 7_301  # the first key of the two-key advisory locks; the slice is the second
# Locks of beginnings have one key: the microseconds since 2020, and above these 52 bits what tells them from others.
_BEGAN = 1826
_SINCE = "'2020-01-01T00:00:00Z'::timestamptz"
_MICROSECONDS = f"floor(extract(epoch FROM clock_timestamp() - {_SINCE}) * 1000000)::bigint"
_NOTE_BEGINNING = f"SELECT pg_advisory_xact_lock_shared(({_BEGAN}::bigint << 52) + {_MICROSECONDS})"
# The clock at the statement's beginning is read before the locks are. The own transaction sees what it has written.
_NO_WRITES_BEFORE = f"""
SELECT least(
    statement_timestamp(),
    {_SINCE} + min((classid::bigint & 1048575) << 32 | objid::bigint) * interval '1 microsecond'
) FROM pg_locks
WHERE locktype = 'advisory' AND classid::bigint >> 20 = {_BEGAN} AND objsubid = 1 AND granted
    AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608  constants of this module


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
            cursor.execute(_NOTE_BEGINNING)
        return locked


def lock(slices: Iterable[int]) -> None:
    """Lock all of `slices` until the transaction's end, waiting for each in ascending order."""
    with connection.cursor() as cursor:
        for number in sorted(set(slices)):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, number])
        cursor.execute(_NOTE_BEGINNING)


def no_writes_before() -> datetime:
    """Return an instant before which all messages and reports were written by transactions that have ended.

    Rows that are read by a later statement, in a transaction without a snapshot of its own, include theirs.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NO_WRITES_BEFORE)
        return cursor.fetchone()[0]


def wait_for_running_batches() -> None:
    """Wait until every batch that may have read a tenant's older rules is committed."""
    with transaction.atomic():
        lock(range(SLICES))
