"""Due instants of schedules: daily, weekly or monthly, at a local time.

A schedule has exactly one due instant in each local day, week (Monday to Sunday) or month:

- A local time that the clocks skip is due at the first instant after the gap. A gap that reaches the day's end moves it
  to the last minute before the gap, so that it stays within its day.
- A local time that occurs twice is due at the first of the two.
- A day that the month does not have is the month's last day.
- A day that the zone skipped has no daily instant. A weekly or monthly one moves to the day before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from portal.common.periods import Month, Zone, day_bounds, local_day, offset_changes, zone

LATE = timedelta(minutes=30)  # a run that is requested longer after its due instant says that it is late

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


class Frequency(StrEnum):
    """Frequency of a schedule."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A frequency and a local time; `weekday` (ISO: 1 is Monday) is of weekly ones, `month_day` of monthly ones."""

    frequency: Frequency
    at: time
    weekday: int = 1
    month_day: int = 1


def next_due(schedule: Schedule, tz: Zone, after: datetime) -> datetime:
    """Return the first due instant, in UTC, that is later than `after`."""
    for day in _days(schedule, local_day(after, tz) - _DAY):
        instant = _instant(schedule, day, tz)
        if instant is not None and instant > after:
            return instant
    raise AssertionError("days never end")


def newest_due(schedule: Schedule, tz: Zone, first: datetime, now: datetime) -> datetime:
    """Return the newest due instant that is not later than `now`; `first` is an earlier one.

    After downtime only this one is run: one report of the present is worth more than many of the past.
    """
    while (following := next_due(schedule, tz, first)) <= now:
        first = following
    return first


def is_late(due_at: datetime, requested_at: datetime) -> bool:
    """Return whether a run was requested so long after its due instant that it must say so."""
    return requested_at - due_at > LATE


def _days(schedule: Schedule, start: date) -> Iterator[date]:
    """Yield the named days of a schedule in order, from that of the day, week or month that `start` is in."""
    if schedule.frequency == Frequency.MONTHLY:
        month = Month.of(start)
        while True:
            yield month.first_day.replace(day=min(schedule.month_day, month.last_day.day))
            month = month.next()
    step = _DAY if schedule.frequency == Frequency.DAILY else 7 * _DAY
    day = start
    if schedule.frequency == Frequency.WEEKLY:
        day += timedelta(days=schedule.weekday - start.isoweekday())
    while True:
        yield day
        day += step


def _instant(schedule: Schedule, day: date, tz: Zone) -> datetime | None:
    """Return the due instant of a named day; None for a daily one of a day that the zone skipped."""
    begin, end = day_bounds(day, tz)
    if begin == end:
        return None if schedule.frequency == Frequency.DAILY else _instant(schedule, day - _DAY, tz)
    wanted, local = datetime.combine(day, schedule.at), zone(tz)
    instant = wanted.replace(tzinfo=local).astimezone(UTC)  # the first, if it occurs twice (PEP 495)
    if instant.astimezone(local).replace(tzinfo=None) == wanted:
        return instant
    for change, _offset in offset_changes(begin, end, tz):
        if change.astimezone(local).replace(tzinfo=None) > wanted:
            return change
    return end - _MINUTE
