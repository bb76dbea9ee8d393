"""When a feed is silent: nothing came for longer than its own past weeks let one expect.

The rule: take the stretch since the last hour with delivery reports, at most its first seven days. Look at the same
stretch one, two, three and four weeks before, as far back as the feed was counted at all, and take the middle one of
the four (the lower of two), so that neither a single campaign nor a single quiet holiday makes the usual rate. If
reports came by chance alone at that rate (a Poisson process), nothing at all would come with P(0) = exp(-expected).
Below MOST_BY_CHANCE that is no chance any more, and the feed is silent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import exp

MOST_BY_CHANCE = 0.001  # reached where 6.9 reports or more would be expected
WEEK = timedelta(days=7)
WEEKS = 4
HOUR = timedelta(hours=1)


class Sound(StrEnum):
    """What a feed's silence means: reports come as usual, none come where many should, or nobody can tell yet."""

    USUAL = "usual"
    SILENT = "silent"
    UNKNOWN = "unknown"  # no full week behind it yet, or never a report


@dataclass(frozen=True, slots=True)
class Silence:
    """How long nothing came and what was to be expected meanwhile (reports; None: not known)."""

    sound: Sound
    since: datetime | None
    expected: float | None


def listen(received: Mapping[datetime, int], *, first: datetime | None, until: datetime) -> Silence:
    """Return what the hourly counts of one feed say at `until`, before which everything is counted.

    `received` maps starts of hours (UTC) to reports and may leave out hours without any; it reaches WEEKS weeks and a
    day before the last hour with reports. `first` is the first hour that was ever counted, None for a new feed.
    """
    heard = [hour for hour, count in received.items() if count > 0 and hour <= until]
    if first is None or not heard:
        return Silence(Sound.UNKNOWN, None, None)
    since = min(max(heard) + HOUR, until)
    stretch_end = min(until, since + WEEK)
    usual = middle(received, first=first, start=since, end=stretch_end)
    if usual is None:
        return Silence(Sound.UNKNOWN, since, None)
    return Silence(Sound.SILENT if exp(-usual) < MOST_BY_CHANCE else Sound.USUAL, since, usual)


def middle(received: Mapping[datetime, int], *, first: datetime, start: datetime, end: datetime) -> float | None:
    """Return the middle one of what came in the same stretch of the WEEKS weeks before; None where no week is known."""
    weeks = [number * WEEK for number in range(1, WEEKS + 1) if start - number * WEEK >= first]
    sums = sorted(came(received, start=start - back, end=end - back) for back in weeks)
    return sums[(len(sums) - 1) // 2] if sums else None


def came(received: Mapping[datetime, int], *, start: datetime, end: datetime) -> float:
    """Return how many reports came from `start` to `end`; of an hour that is only partly inside, its part."""
    total, hour = 0.0, start.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        inside = min(hour + HOUR, end) - max(hour, start)
        total += received.get(hour, 0) * (inside / HOUR)
        hour += HOUR
    return total
