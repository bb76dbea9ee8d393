"""The period that a budget is for on a day (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.common.periods import Month


@dataclass(frozen=True, slots=True)
class Period:
    """Days of a budget, both included."""

    first: date
    last: date

    def has_begun(self, today: date) -> bool:
        """Return whether the period's first day has come."""
        return self.first <= today

    def is_running(self, today: date) -> bool:
        """Return whether the day is in the period."""
        return self.first <= today <= self.last


def period_on(today: date, *, first_day: date | None, last_day: date | None) -> Period:
    """Return the period of a budget: its own days, or the calendar month of the day."""
    if first_day is not None and last_day is not None:
        return Period(first_day, last_day)
    month = Month.of(today)
    return Period(month.first_day, month.last_day)
