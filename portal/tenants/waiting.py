"""Number and age of waiting rows, which tell how current every figure is.

The to-do list holds only numbers and times, so the web role may read it; it may not read the received rows.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

LIMIT = 10_000  # counting further would cost more than it tells

WAITING = f"""
SELECT (SELECT count(*)::int FROM (SELECT 1 FROM inbox_todo LIMIT {LIMIT}) AS counted),
       (SELECT min(first.received_at)
        FROM generate_series(0, 63) AS slice_no,
             LATERAL (SELECT received_at FROM inbox_todo WHERE slice = slice_no ORDER BY id LIMIT 1) AS first)
"""  # noqa: S608  a limit of ours


@dataclass(frozen=True, slots=True)
class Waiting:
    """`rows` waiting ones (LIMIT means that many or more) and since when the oldest waits; all before is applied."""

    rows: int
    oldest: datetime | None
    data_as_of: datetime

    @property
    def is_capped(self) -> bool:
        return self.rows >= LIMIT


def waiting(now: datetime) -> Waiting:
    """Return what waits at `now`, by one query that touches at most LIMIT rows."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        rows, oldest = cursor.fetchone()
    return Waiting(rows, oldest, min(oldest or now, now))
