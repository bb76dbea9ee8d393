"""Days and months of a tenant's time zone, as half-open intervals of instants.

A zone is given by its IANA name or as a ZoneInfo. An instant is an aware datetime; naive ones are refused
with ValueError, because they would silently be read in the server's zone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Zone = str | ZoneInfo

GRACE = timedelta(hours=72)  # after a month's end, for late delivery reports (docs/statistics.md)

FIRST_YEAR, LAST_YEAR = 1970, 2999

_is_month = re.compile(r"([0-9]{4})-([0-9]{2})").fullmatch
_NOT_PLACES = ("posix/", "right/")  # copies of the zones; those in right/ count leap seconds
_NOT_ZONES = ("localtime", "posixrules", "Factory")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, written `2026-10`, years 1970 to 2999; raises ValueError for any other."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.month <= 12):
            raise ValueError(f"not a month from {FIRST_YEAR}-01 to {LAST_YEAR}-12: {self}")

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read `2026-10`; raises ValueError with a text for people."""
        match = _is_month(text)
        if not match:
            raise ValueError(f"a month is written like 2026-10, not {text!r}")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return (self.first_day + timedelta(days=31)).replace(day=1) - timedelta(days=1)

    def next(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> "Month":
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def bounds(self, tz: Zone) -> tuple[datetime, datetime]:
        """Return the UTC instants at which the month begins (inclusive) and ends (exclusive) in the zone."""
        return start_of_day(self.first_day, tz), start_of_day(self.last_day + timedelta(days=1), tz)


def zone(tz: Zone) -> ZoneInfo:
    """Return the zone of an IANA name; raises ValueError, with a text for people, where there is none."""
    return _zone_by_name(tz) if isinstance(tz, str) else tz


def local_day(instant: datetime, tz: Zone) -> date:
    """Return the date on which the instant falls in the zone."""
    return _aware(instant).astimezone(zone(tz)).date()


def start_of_day(day: date, tz: Zone) -> datetime:
    """Return the first instant, in UTC, of a local day: midnight, or the next instant if clocks skip midnight.

    If midnight occurs twice, it is the first one. A day that a zone skipped altogether starts, and ends, where the next
    one starts.
    """
    local = zone(tz)
    start = datetime.combine(day, time(), local).astimezone(UTC)
    if start.astimezone(local).replace(tzinfo=None) == datetime.combine(day, time()):
        return start
    # Midnight is in a gap: the clocks jump, on a whole second, between the two ways to read it (PEP 495).
    before = datetime.combine(day, time(fold=1), local).astimezone(UTC)
    while start - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(start - before) // timedelta(seconds=2))
        if middle.astimezone(local).date() < day:
            before = middle
        else:
            start = middle
    return start


def day_bounds(day: date, tz: Zone) -> tuple[datetime, datetime]:
    """Return the UTC instants at which a local day begins (inclusive) and ends (exclusive)."""
    return start_of_day(day, tz), start_of_day(day + timedelta(days=1), tz)


def _from_utc(local: datetime) -> timedelta:
    offset = local.utcoffset()
    assert offset is not None  # the time has a zone
    return offset


def with_offset(local: datetime) -> datetime:
    """Return a local time with its UTC offset instead of its zone, which tells repeated local times apart."""
    return local.replace(tzinfo=timezone(_from_utc(local)), fold=0)


def offset_changes(begin: datetime, end: datetime, tz: Zone) -> list[tuple[datetime, timedelta]]:
    """Return how far the zone is from UTC between two instants: at `begin`, then at each instant where that changes."""
    local = zone(tz)

    def offset(instant: datetime) -> timedelta:
        return _from_utc(instant.astimezone(local))

    found = [(begin, offset(begin))]
    while begin < end:
        later = min(begin + timedelta(days=1), end)
        if (then := offset(later)) != found[-1][1]:
            while later - begin > timedelta(seconds=1):
                middle = begin + timedelta(seconds=(later - begin) // timedelta(seconds=2))
                if offset(middle) == found[-1][1]:
                    begin = middle
                else:
                    later = middle
            then = offset(later)
            if later < end:
                found.append((later, then))
        begin = later
    return found


def days(month: Month) -> list[date]:
    """Return every date of the month in order."""
    return [month.first_day.replace(day=n) for n in range(1, month.last_day.day + 1)]


def last_closed_month(now: datetime, tz: Zone) -> Month:
    """Return the month before the one that `now` is in."""
    return Month.of(local_day(now, tz)).previous()


def is_closed(month: Month, now: datetime, tz: Zone) -> bool:
    """Return whether the month is over in the zone."""
    return _aware(now) >= month.bounds(tz)[1]


def is_final(month: Month, now: datetime, tz: Zone, grace: timedelta = GRACE) -> bool:
    """Return whether the month has been over for at least the grace, in elapsed time."""
    return _aware(now) >= month.bounds(tz)[1] + grace


@lru_cache(maxsize=1024)
def _zone_by_name(name: str) -> ZoneInfo:
    if not name.startswith(_NOT_PLACES) and name not in _NOT_ZONES:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown; outside the database; a folder of it
            pass
    raise ValueError(f"no time zone is called {name!r}")


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant!r}")
    return instant
