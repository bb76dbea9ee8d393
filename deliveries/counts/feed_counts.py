"""Results of each feed's rows, by hour of receipt.

received = reports + submissions + duplicates + quarantined + events of other channels
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime

from django.db import connection

from deliveries.messages.raw_row import RawRow
from portal.common.bulk import Sums, add_to_counts

KEYS = {"feed_id": "int", "hour": "timestamptz"}
VALUES = (
    *("received", "reports", "duplicates", "quarantined", "clock_oddities", "replayed", "submissions", "erased"),
    "other_channels",
)


def hour_of(instant: datetime) -> datetime:
    """Return the hour (UTC) that an instant falls in."""
    return instant.replace(minute=0, second=0, microsecond=0)


def sums(
    rows: list[RawRow],
    *,
    reports: set[int],
    quarantined: set[int],
    oddities: set[int],
    submissions: set[int],
    erased: Mapping[tuple[int, datetime], int],
    other_channels: Collection[int] = (),
) -> Sums:
    """Return what applied rows add; the sets hold inbox ids, what is in none but the oddities was a duplicate.

    `erased` are raw rows that were deleted, by feed id and hour.
    """
    of_moments: dict[tuple, list[int]] = defaultdict(lambda: [0] * len(VALUES))  # rows that came together share one
    for row in rows:
        delta = of_moments[row.feed_id, row.received_at]
        delta[0] += 1
        delta[_place(row.id, reports, quarantined, submissions, other_channels)] += 1
        if row.id in oddities:
            delta[4] += 1
    deltas: dict[tuple, list[int]] = {}
    for (feed_id, received_at), delta in of_moments.items():
        key = feed_id, hour_of(received_at)
        deltas[key] = [sum(pair) for pair in zip(deltas.get(key, [0] * len(VALUES)), delta, strict=True)]
    for key, count in erased.items():
        deltas.setdefault(key, [0] * len(VALUES))[7] += count
    return Sums("ingest_count", KEYS, VALUES, deltas)


def channel_sums(rows: Iterable[tuple[RawRow, str]]) -> Sums:
    """Return what events of other channels add to the counts by feed, day and channel."""
    counts = Counter((row.feed_id, row.received_at.astimezone(UTC).date(), channel) for row, channel in rows)
    keys = {"feed_id": "int", "day": "date", "channel": "text"}
    return Sums("channel_count", keys, ("events",), {key: [count] for key, count in counts.items()})


def _place(
    row_id: int, reports: set[int], quarantined: set[int], submissions: set[int], other_channels: Collection[int]
) -> int:
    """Return the place in VALUES that a row counts under; in no set it was a duplicate."""
    if row_id in reports:
        return 1
    if row_id in quarantined:
        return 3
    if row_id in submissions:
        return 6
    return 8 if row_id in other_channels else 2


def take_back_quarantined(rows: list[tuple[int, datetime]]) -> None:
    """Uncount quarantined rows (feed id, received at) that are going to be applied again.

    Row by row, in key order: the staff role does this too, and it may not use a staging table of the owner's.
    """
    taken = Counter((feed_id, hour_of(received_at)) for feed_id, received_at in rows)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE ingest_count SET received = received - %s, quarantined = quarantined - %s"
            " WHERE feed_id = %s AND hour = %s",
            [(count, count, *key) for key, count in sorted(taken.items())],
        )


def add_replayed(feed_id: int, hour: datetime, rows: int) -> None:
    """Count raw rows that were put on the to-do list a second time."""
    add_to_counts(Sums("ingest_count", KEYS, VALUES, {(feed_id, hour): [0, 0, 0, 0, 0, rows, 0, 0, 0]}))


def add_erased(rows: Mapping[tuple[int, datetime], int]) -> None:
    """Count raw rows by (feed id, hour) that were deleted as they held a number that was erased."""
    if rows:
        add_to_counts(
            Sums("ingest_count", KEYS, VALUES, {key: [0, 0, 0, 0, 0, 0, 0, count, 0] for key, count in rows.items()})
        )
