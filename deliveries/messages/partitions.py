"""Monthly partitions of message, delivery_report and message_parameter, daily ones of the inbox and the event log.

No default partition for the facts: a month is made when it is first needed (the applier) or ahead (beat). The daily
tables have one, as a safety net: nothing is refused because a day's table is missing.
"""

import logging
from collections.abc import Iterable
from datetime import date, timedelta

from django.db import OperationalError, connection, transaction

from portal.common.periods import Month
from portal.tenants.wall import guard_partition

logger = logging.getLogger(__name__)

FACTS = ("message", "delivery_report", "message_parameter")  # in the order in which they are locked
INBOX, EVENTS = "inbox", "event_log"  # by day of receipt and of application, in UTC
_DAILY = (INBOX, EVENTS)

_made: set[str] = set()  # what this process has seen to exist; partitions go only when they are past retention


def ensure_months(days: Iterable[date]) -> None:
    """Create the partitions of the months of `days`, in the caller's transaction or its own.

    Attaching takes a lock that allows reads and writes.
    """
    months = sorted({Month.of(day) for day in days}, key=str)
    names = {(parent, month): f"{parent}_{month.year:04}_{month.month:02}" for month in months for parent in FACTS}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY (%s) AND relnamespace = 'public'::regnamespace",
            [list(names.values())],
        )
        there = {name for (name,) in cursor.fetchall()}
    for (parent, month), name in names.items():
        if name not in there:
            _made.discard(name)  # it may be gone since: past retention, by another process
            _ensure(parent, name, month.first_day, month.next().first_day)


def ensure_days(parent: str, first: date, count: int) -> None:
    """Make the partitions of a daily table for `count` days from `first`."""
    for offset in range(count):
        day = first + timedelta(days=offset)
        _ensure(parent, daily(parent, day), day, day + timedelta(days=1))


def months() -> list[Month]:
    """Return the months that have partitions, in order."""
    return sorted({Month(*map(int, name.split("_")[-2:])) for name in _children("message")}, key=str)


def days_of(parent: str) -> list[date]:
    """Return the days (UTC) that have a partition of a daily table, in order."""
    names = _children(parent) - {f"{parent}_default"}
    return sorted(date(*map(int, name.split("_")[-3:])) for name in names)


def daily(parent: str, day: date) -> str:
    """Return the name of a day's partition of a daily table."""
    return f"{parent}_{day:%Y_%m_%d}"


def drop_if_empty(month: str) -> bool:
    """Drop a month (`2026-10`) of the facts if it is empty; return whether it was dropped."""
    names = {f"{parent}_{month.replace('-', '_')}": parent for parent in FACTS}
    return _drop(names, unless="SELECT 1 FROM {name}")


def drop_inbox_day(day: date) -> bool:
    """Drop a day of the inbox unless one of its rows is still to be applied; return whether it was dropped."""
    waits = f"SELECT 1 FROM inbox_todo WHERE received_at >= '{day} 00:00+00' AND received_at < '{day} 24:00+00'"  # noqa: S608  a date of the catalogue
    return _drop({daily(INBOX, day): INBOX}, unless=waits)


def drop_event_day(name: str) -> bool:
    """Drop a day's partition of the event log, with its rows; return whether it was dropped."""
    return _drop({name: EVENTS}, unless="SELECT 1 WHERE false")


def _drop(names: dict[str, str], *, unless: str) -> bool:
    """Drop partitions (name: parent) unless `unless` finds a row in one of them; return whether they were dropped.

    Does nothing now if it would block others for over a second.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            # Parents first, as those who write do; nothing comes in between the look and the end.
            for name, parent in names.items():
                cursor.execute(f'LOCK TABLE ONLY "{parent}" IN ACCESS EXCLUSIVE MODE')
                cursor.execute(f'LOCK TABLE "{name}" IN ACCESS EXCLUSIVE MODE')
            for name in names:
                cursor.execute(f"SELECT EXISTS ({unless.format(name=name)})")
                if cursor.fetchone()[0]:
                    return False
            for name in names:
                cursor.execute(f'DROP TABLE "{name}"')
            cursor.execute("SET LOCAL lock_timeout = 0")  # within a longer transaction
    except OperationalError as error:
        logger.warning("%s not dropped now: %s", next(iter(names)), str(error).splitlines()[0])
        return False
    forget()
    return True


def _children(parent: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = %s::regclass",
            [parent],
        )
        return {row[0] for row in cursor.fetchall()}


def forget() -> None:
    """Forget what was seen to exist (after a rollback, or a partition's end)."""
    _made.clear()


def _ensure(parent: str, name: str, start: date, end: date) -> None:
    if name in _made:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        if not _exists(cursor, name):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portal.partitions'))")
            if not _exists(cursor, name) and not _in_default(cursor, parent, start, end):
                # The inbox's ids are one sequence for all days: a partition takes its parent's identity on.
                cursor.execute(f'CREATE TABLE "{name}" (LIKE "{parent}" INCLUDING ALL EXCLUDING IDENTITY)')
                if parent != INBOX:
                    guard_partition(cursor, name)
                cursor.execute(
                    f'ALTER TABLE "{parent}" ATTACH PARTITION "{name}" FOR VALUES FROM (%s) TO (%s)',
                    [
                        f"{start} 00:00+00" if parent in _DAILY else str(start),
                        f"{end} 00:00+00" if parent in _DAILY else str(end),
                    ],
                )
    if not connection.in_atomic_block:
        _made.add(name)


def _exists(cursor, name: str) -> bool:
    # Not to_regclass: it remembers that there was none, and would not see what another one made during the wait.
    cursor.execute(
        "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = %s AND relnamespace = 'public'::regnamespace)", [name]
    )
    return cursor.fetchone()[0]


def _in_default(cursor, parent: str, start: date, end: date) -> bool:
    """Return whether rows of that day are in a daily table's default partition already, where they stay."""
    if parent not in _DAILY:
        return False
    at = "received_at" if parent == INBOX else "applied_at"
    cursor.execute(
        f"SELECT EXISTS (SELECT 1 FROM {parent}_default WHERE {at} >= %s AND {at} < %s)",  # noqa: S608  names of this module
        [f"{start} 00:00+00", f"{end} 00:00+00"],
    )
    return cursor.fetchone()[0]


def make_ahead(today: date) -> None:
    """Make what will be needed soon: this and the next two months, the daily tables' next 14 days."""
    month = Month.of(today)
    ensure_months([month.first_day, month.next().first_day, month.next().next().first_day])
    for parent in _DAILY:
        ensure_days(parent, today, 14)
