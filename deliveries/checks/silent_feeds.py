"""Rule for a silent feed: it received nothing for longer than its past weeks predict.

Take the period since the last hour with delivery reports, at most its first seven days. Take the same period one, two,
three and four weeks before, as far back as the feed was counted, and use the median of the four (the lower of two), so
that neither a single campaign nor a single holiday sets the usual rate. If reports arrived by chance at that rate (a
Poisson process), no report would arrive with P(0) = exp(-expected). Below MAX_CHANCE chance is ruled out, and the
feed is silent.

A gateway tries to deliver a report for a time only, its patience (docs/dialects.md): 48 hours, or 4. After that the
report is lost. So once a silence has lasted a quarter of the patience, MAX_CHANCE_LATE is enough: a needless look costs
less than lost reports.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import exp

MAX_CHANCE = 0.001  # reached where 6.9 reports or more would be expected
MAX_CHANCE_LATE = 0.01  # 4.6 reports or more
LATE_SHARE = 4  # of the patience: a quarter
WEEK = timedelta(days=7)
WEEKS = 4
HOUR = timedelta(hours=1)


class FeedState(StrEnum):
    """State of a feed: usual, silent (no reports where many are expected), or unknown yet."""

    USUAL = "usual"
    SILENT = "silent"
    UNKNOWN = "unknown"  # no full week behind it yet, or never a report


@dataclass(frozen=True, slots=True)
class Silence:
    """Duration of a silence and the reports expected in it (None: unknown)."""

    state: FeedState
    since: datetime | None
    expected: float | None


def assess_feed(
    received: Mapping[datetime, int], *, first: datetime | None, until: datetime, patience: timedelta
) -> Silence:
    """Return what the hourly counts of one feed say at `until`, before which everything is counted.

    `received` maps starts of hours (UTC) to reports and may leave out hours without any; it reaches WEEKS weeks and a
    day before the last hour with reports. `first` is the first hour that was ever counted, None for a new feed.
    """
    heard = [hour for hour, count in received.items() if count > 0 and hour <= until]
    if first is None or not heard:
        return Silence(FeedState.UNKNOWN, None, None)
    since = min(max(heard) + HOUR, until)
    stretch_end = min(until, since + WEEK)
    usual = usual_count(received, first=first, start=since, end=stretch_end)
    if usual is None:
        return Silence(FeedState.UNKNOWN, since, None)
    most = MAX_CHANCE_LATE if until - since >= patience / LATE_SHARE else MAX_CHANCE
    return Silence(FeedState.SILENT if exp(-usual) < most else FeedState.USUAL, since, usual)


def usual_count(received: Mapping[datetime, int], *, first: datetime, start: datetime, end: datetime) -> float | None:
    """Return the median of the reports in the same period of the last WEEKS weeks; None if no week is known."""
    weeks = [number * WEEK for number in range(1, WEEKS + 1) if start - number * WEEK >= first]
    sums = sorted(count_between(received, start=start - back, end=end - back) for back in weeks)
    return sums[(len(sums) - 1) // 2] if sums else None


def count_between(received: Mapping[datetime, int], *, start: datetime, end: datetime) -> float:
    """Return the number of reports from `start` to `end`; an hour that is partly inside counts in proportion."""
    total, hour = 0.0, start.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        inside = min(hour + HOUR, end) - max(hour, start)
        total += received.get(hour, 0) * (inside / HOUR)
        hour += HOUR
    return total
