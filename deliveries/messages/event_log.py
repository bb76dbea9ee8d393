"""The log of new delivery reports in the order in which they were applied, which streams read; kept for 7 days.

The order is (id of the transaction, inbox id). A transaction with a smaller id may commit later, so readers stop before
the oldest one that still runs: no event can then come in between (deliveries/stream/reading.py). A row only says where
its report lies; a report that moves has no second row.

After a restore the transaction ids mean nothing: the log is emptied, and positions of before are refused. The one row
of `event_log_state` says of which cluster, timeline and restore the log's ids are.
"""

import logging
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from deliveries.messages import partitions
from portal.common.bulk import bulk_cursor

logger = logging.getLogger(__name__)

CHANNEL = "delivery_reports"  # of NOTIFY: "transaction id:tenant id,tenant id", or the transaction id alone
KEPT_DAYS = 7
_MAX_PAYLOAD = 7000  # characters; PostgreSQL takes 7,999

# Of which cluster the ids are; the table's number, which changes when a dump is restored; the timeline, which changes
# by a promotion or a restore to a point in time. As SQL, for a SELECT list.
ORIGIN = (
    "((pg_control_system()).system_identifier || '/' || 'event_log_state'::regclass::oid"
    " || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8))"
)
# The row's `origin` is that, after an emptying with a mark of its own.
IS_CURRENT = f"starts_with(origin, {ORIGIN})"

# The reports are still staged (deliveries/messages/delivery_reports.py: write_reports). The ids have the column's own
# type: PostgreSQL hashes no other list, and would compare each report with each id.
ADD = f"""
WITH added AS (
    INSERT INTO event_log (tenant_id, inbox_id, account_id, message_id, day)
    SELECT tenant_id, inbox_id, account_id, message_id, day FROM new_report WHERE inbox_id = ANY (%s::bigint[])
    RETURNING tenant_id
), told AS (SELECT string_agg(DISTINCT tenant_id::text, ',') AS tenants FROM added)
SELECT pg_notify('{CHANNEL}', pg_current_xact_id()::text
    || CASE WHEN length(tenants) < {_MAX_PAYLOAD} THEN ':' || tenants ELSE '' END)
FROM told WHERE tenants IS NOT NULL
"""  # noqa: S608  constants of this module


def add_events(inbox_ids: Collection[int]) -> None:
    """Insert the reports just written that have these inbox ids, and wake the readers at the commit.

    Call it in the transaction that writes them.
    """
    if inbox_ids:
        with bulk_cursor() as cursor:
            cursor.execute(ADD, [list(inbox_ids)])


def prepare() -> bool:
    """Empty the log if its transaction ids are of another cluster, timeline or restore; return whether it begins here.

    All that applies calls it before its first batch, and the clock every minute.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if _is_current(cursor):
            return False
        cursor.execute("LOCK TABLE event_log_state IN EXCLUSIVE MODE")
        if (is_current := _is_current(cursor)) is None:
            cursor.execute(f"INSERT INTO event_log_state (id, origin, lost_through) VALUES (1, {ORIGIN}, '0')")  # noqa: S608  a constant expression
        elif not is_current:
            _empty(cursor)
    return not is_current


def empty() -> None:
    """Empty the log of a database that was restored: it has neither what came after the backup nor its places.

    All cursors from before are refused, also those of the same cluster, whose transaction ids go on.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _empty(cursor)


def _empty(cursor) -> None:
    """Begin the log anew, under an origin that no cursor from before has."""
    cursor.execute("TRUNCATE event_log")
    cursor.execute(
        f"INSERT INTO event_log_state (id, origin, lost_through) VALUES (1, {ORIGIN} || '/' || gen_random_uuid(), '0')"  # noqa: S608  a constant expression
        " ON CONFLICT (id) DO UPDATE SET origin = excluded.origin, lost_through = excluded.lost_through"
    )
    logger.warning("the database was restored: the log of delivery reports was emptied")


def _is_current(cursor) -> bool | None:
    """Return whether the log's ids are of this cluster, timeline and restore; None: nothing has been logged yet."""
    cursor.execute(f"SELECT {IS_CURRENT} FROM event_log_state")  # noqa: S608  a constant expression
    found = cursor.fetchone()
    return found and found[0]


def forget(*, now: datetime) -> list[str]:
    """Drop the days that are past KEPT_DAYS, and return their partitions.

    Positions up to their last transaction are refused from then on.
    """
    first = now.astimezone(UTC).date() - timedelta(days=KEPT_DAYS)
    old = [partitions.daily(partitions.EVENTS, day) for day in partitions.days_of(partitions.EVENTS) if day < first]
    with transaction.atomic(), connection.cursor() as cursor:
        _note_lost(cursor, "event_log_default", f"applied_at < '{first} 00:00+00'")
        cursor.execute("DELETE FROM event_log_default WHERE applied_at < %s", [f"{first} 00:00+00"])
    return [name for name in old if _drop(name)]


def _drop(name: str) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        _note_lost(cursor, name, "true")
        return partitions.drop_event_day(name)


def _note_lost(cursor, table: str, which: str) -> None:
    cursor.execute(
        "UPDATE event_log_state SET lost_through = greatest(lost_through,"  # noqa: S608  names of this module and a date
        f" (SELECT xid FROM {table} WHERE {which} ORDER BY xid DESC LIMIT 1))"
    )
