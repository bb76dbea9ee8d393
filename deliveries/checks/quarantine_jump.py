"""Rule for a feed with more quarantined rows than usual.

Take the rows that a feed received in the current hour and the one before, and likewise in the last 24 hours and the
current one. The usual share is the quarantined part of the rows of the 14 days before these 24 hours; it gives the
expected number of quarantined rows. There is a jump if at least MIN_QUARANTINED rows are quarantined, at least twice
the expected number, and more than expected by at least MIN_DEVIATIONS standard deviations of a Poisson distribution.
The first period finds a sudden change of a busy feed, the second one a change of a quiet feed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

MIN_QUARANTINED = 20
MIN_DEVIATIONS = 4
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
USUAL_DAYS = 14

Hours = Mapping[datetime, int]  # rows by the start of their hour (UTC)


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows received in a period."""

    received: int
    quarantined: int

    @classmethod
    def of(cls, received: Hours, quarantined: Hours, *, start: datetime, end: datetime) -> "RowCounts":
        """Add up the hours of [start, end)."""
        hours = [hour for hour in received if start <= hour < end]
        return cls(sum(received[hour] for hour in hours), sum(quarantined.get(hour, 0) for hour in hours))

    @property
    def share(self) -> float:
        return self.quarantined / self.received if self.received else 0.0


@dataclass(frozen=True, slots=True)
class Jump:
    """Rows received since `start`, and the usual share of quarantined rows."""

    start: datetime
    now: RowCounts
    usual_share: float


def find_jump(received: Hours, quarantined: Hours, *, this_hour: datetime) -> Jump | None:
    """Return the jump of a feed at `this_hour`, None where there is none."""
    end, day_before = this_hour + HOUR, this_hour - DAY
    usual = RowCounts.of(received, quarantined, start=day_before - USUAL_DAYS * DAY, end=day_before).share
    for start in (this_hour - HOUR, day_before):
        now = RowCounts.of(received, quarantined, start=start, end=end)
        if is_jump(now, usual_share=usual):
            return Jump(start, now, usual)
    return None


def is_jump(now: RowCounts, *, usual_share: float) -> bool:
    """Return whether so many quarantined rows exceed the usual share and chance."""
    expected = now.received * usual_share
    return now.quarantined >= max(MIN_QUARANTINED, 2 * expected, expected + MIN_DEVIATIONS * sqrt(expected))
