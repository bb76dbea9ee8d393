"""Days of a report's period, by the calendar of a time zone. Pure."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from portal.common.periods import Month, Zone, day_bounds, local_day, start_of_day

Days = tuple[date, date]  # the first and the last, both included

_Calendar = Callable[[date, Zone], Days]  # from the local day that it is


def _last_month(today: date, _zone: Zone) -> Days:
    month = Month.of(today).previous()
    return month.first_day, month.last_day


def _last_week(today: date, _zone: Zone) -> Days:
    monday = _monday(today)
    return monday - timedelta(days=7), monday - timedelta(days=1)


def _yesterday(today: date, zone: Zone) -> Days:
    """Return the day before; a zone that crossed the date line skipped the one that the calendar names."""
    day = local_day(start_of_day(today, zone) - timedelta(microseconds=1), zone)
    return day, day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


_CALENDAR: dict[str, _Calendar] = {
    "last_month": _last_month,
    "last_week": _last_week,
    "yesterday": _yesterday,
    "month_to_date": lambda today, _zone: (today.replace(day=1), today),
    "week_to_date": lambda today, _zone: (_monday(today), today),
}


def days_of(period: str, *, at: datetime, zone: Zone) -> Days:
    """Return the days of a period by name, as they are at an instant in the zone. Weeks begin on Monday.

    Raises KeyError for an unknown name; chosen days ("custom") have none of their own.
    """
    return _CALENDAR[period](local_day(at, zone), zone)


def are_final(last: date, *, at: datetime, zones: Iterable[Zone], grace: timedelta) -> bool:
    """Return whether the day `last` has been over for the grace in all zones."""
    return all(at >= day_bounds(last, zone)[1] + grace for zone in zones)
