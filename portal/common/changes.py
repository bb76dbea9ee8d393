"""Rows that know when they changed, and the instant up to which all changes are committed.

The database sets `updated_at` itself, by a trigger (portal/tenants/migrations/0005_changes.py): bulk updates and plain
SQL are covered. A transaction that writes such rows holds a lock until its end whose key is the instant at which it
began to write: what it writes cannot be older. By these locks a reader of changes knows how far no write is under way.
Writers of messages hold locks of a kind of their own (deliveries/messages/slices.py).
"""

from datetime import datetime
from enum import IntEnum

from django.db import connection, models
from django.db.models.functions import Now


class Writers(IntEnum):
    """Kinds of writers: the 12 bits of the locks' keys above the microseconds since 2020."""

    MESSAGES = 1826
    ROWS = 1827


class Changed(models.Model):
    """Abstract row with the instant of its last change.

    The table needs the trigger `note_change`. Its arguments are columns whose change is none for a reader. An update
    that sets a later `updated_at` counts as a change: so a row can say that something beside it has changed.
    """

    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


_NOTE_WRITING = "SELECT note_writing(%s)"
# The clock at the statement's beginning is read before the locks are. The own transaction sees what it has written.
_NO_WRITES_BEFORE = """
SELECT least(
    statement_timestamp(),
    '2020-01-01T00:00:00Z'::timestamptz
        + min((classid::bigint & 1048575) << 32 | objid::bigint) * interval '1 microsecond'
) FROM pg_locks
WHERE locktype = 'advisory' AND classid::bigint >> 20 = %s AND objsubid = 1 AND granted
    AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def note_writing(writers: Writers) -> None:
    """Hold a lock until the transaction's end that says since when it has been writing."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_WRITING, [writers.value])


def no_writes_before(writers: Writers) -> datetime:
    """Return an instant before which all rows were written by transactions that have ended.

    Rows that are read by a later statement, in a transaction without a snapshot of its own, include theirs.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NO_WRITES_BEFORE, [writers.value])
        found: datetime = cursor.fetchone()[0]
        return found
