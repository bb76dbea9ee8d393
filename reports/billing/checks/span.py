"""The proved month as instants: its borders by the account's time zone and by UTC, and the gateway's closes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.common.periods import Month, day_bounds

BEFORE, DURING, AFTER = -1, 0, 1
_UTC = ZoneInfo("UTC")
NEAR = timedelta(days=2)  # days of other time zones begin and end within it


@dataclass(frozen=True, slots=True)
class MonthSpan:
    """A month of an account, and the instant at which the gateway is presumed to have closed it."""

    month: Month
    zone: ZoneInfo
    closed_at: datetime

    @property
    def borders(self) -> tuple[datetime, datetime]:
        """Return the month's start and end by the account's zone, in UTC."""
        return self.month.bounds(self.zone)

    @property
    def utc_borders(self) -> tuple[datetime, datetime]:
        """Return the month's start and end by UTC."""
        return self.month.bounds(_UTC)

    @property
    def closed_before_at(self) -> datetime:
        """Return the close of the month before: as long after its end as that of the proved month."""
        start, end = self.borders
        return start + (self.closed_at - end)

    def place(self, at: datetime) -> tuple[int, int]:
        """Return whether an instant is BEFORE, DURING or AFTER the month, by the account's zone and by UTC."""
        return _place(at, self.borders), _place(at, self.utc_borders)

    def place_of_day(self, day: date, zone: ZoneInfo) -> tuple[int, int] | None:
        """Return the place of all of a day of another zone; None where a border cuts it."""
        start, end = day_bounds(day, zone)
        first = self.place(start)
        return first if first == self.place(end - timedelta(microseconds=1)) else None

    def days(self) -> Iterator[date]:
        """Yield the days of any time zone that can hold messages of the month."""
        day = self.month.first_day - NEAR
        while day <= self.month.last_day + NEAR:
            yield day
            day += timedelta(days=1)


def default_close(month: Month, zone: ZoneInfo) -> datetime:
    """Return the instant at which a gateway closes a month if nobody knows better: its end."""
    return month.bounds(zone)[1]


def _place(at: datetime, borders: tuple[datetime, datetime]) -> int:
    start, end = borders
    return BEFORE if at < start else DURING if at < end else AFTER
