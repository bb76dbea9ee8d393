"""Monthly partitions of message and delivery_report, daily ones of the inbox.

No default partition for the facts: a month is made when it is first needed (the applier) or ahead (beat). The inbox
has one, as a safety net: a body is never refused because a day's table is missing.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from django.db import connection, transaction

from portal.common.periods import Month
from portal.tenants.wall import guard_partition

FACTS = ("message", "delivery_report")

_made: set[str] = set()  # what this process has seen to exist; partitions go only when they are past retention


def ensure_months(days: Iterable[date]) -> None:
    """Make the partitions of the months that `days` lie in; inside the caller's transaction or its own.

    Attaching takes a lock that lets reads and writes go on.
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


def ensure_inbox_days(first: date, count: int) -> None:
    """Make the inbox's partitions for `count` days from `first`."""
    for offset in range(count):
        day = first + timedelta(days=offset)
        _ensure("inbox", f"inbox_{day:%Y_%m_%d}", day, day + timedelta(days=1))


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
                if parent in FACTS:
                    guard_partition(cursor, name)
                cursor.execute(
                    f'ALTER TABLE "{parent}" ATTACH PARTITION "{name}" FOR VALUES FROM (%s) TO (%s)',
                    [
                        f"{start} 00:00+00" if parent == "inbox" else str(start),
                        f"{end} 00:00+00" if parent == "inbox" else str(end),
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
    """Tell whether rows of that day lie in the inbox's default partition already: there they stay."""
    if parent != "inbox":
        return False
    cursor.execute(
        "SELECT EXISTS (SELECT 1 FROM inbox_default WHERE received_at >= %s AND received_at < %s)",
        [f"{start} 00:00+00", f"{end} 00:00+00"],
    )
    return cursor.fetchone()[0]


def make_ahead(today: date) -> None:
    """Make what will be needed soon: this and the next two months, the inbox's next 14 days."""
    month = Month.of(today)
    ensure_months([month.first_day, month.next().first_day, month.next().next().first_day])
    ensure_inbox_days(today, 14)
