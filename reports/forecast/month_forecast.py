"""Forecast of a month's total from the days before, with an 80 % interval from its own past errors (pure).

The days that are left get the mean of their weekday in the last eight weeks. The whole is scaled half-way to the level
of the last four weeks. The interval comes from forecasts of the same length that the history itself can check: the root
mean square of the logarithms of true over forecast sums (docs/statistics.md, "Forecast").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log, sqrt

MIN_DAYS = 56  # of history: eight weeks
MAX_DAYS = 182  # that are read
_WEEKS, _LEVEL_WEEKS, _SHORTEST = 8, 4, 28
_DAMPING = 0.5  # how far the level of the last weeks is followed
_Z80 = 1.2816  # of the normal distribution: 10 % lie above
_FEW_ERRORS = 0.75  # widens the interval where few errors do not overlap, about as Student's t does
_MOST_ERRORS = 60


@dataclass(frozen=True, slots=True)
class DayForecast:
    """Messages (or parts) expected on one day."""

    day: date
    expected: float


@dataclass(frozen=True, slots=True)
class RestForecast:
    """Sum of the days that are left of a period; it lies between `low` and `high` in about 80 of 100 periods."""

    expected: int
    low: int
    high: int
    days: tuple[DayForecast, ...]


@dataclass(frozen=True, slots=True)
class MonthForecast:
    """A month's total as it is expected: `known` are the days before `days`, which are forecast.

    The total lies between `low` and `high` in about 80 of 100 months.
    """

    known: int
    expected: int
    low: int
    high: int
    days: tuple[DayForecast, ...]

    @property
    def rest(self) -> RestForecast:
        """The forecast of the days that are left."""
        known = self.known
        return RestForecast(self.expected - known, self.low - known, self.high - known, self.days)


def forecast_month(
    history: Sequence[int], *, first_unknown: date, last_day: date, so_far: int = 0, day_left: float = 0
) -> MonthForecast | None:
    """Return the forecast of the month of `last_day`, or None below eight weeks of history (see `forecast_rest`)."""
    rest = forecast_rest(
        history, first_unknown=first_unknown, last_day=last_day, so_far=so_far, day_left=day_left
    )  # fmt: skip
    if rest is None:
        return None
    in_month = first_unknown.day - 1
    known = sum(history[-in_month:]) if in_month else 0
    return MonthForecast(known, known + rest.expected, known + rest.low, known + rest.high, rest.days)


def forecast_rest(
    history: Sequence[int], *, first_unknown: date, last_day: date, so_far: int = 0, day_left: float = 0
) -> RestForecast | None:
    """Return the forecast of the days from `first_unknown` to `last_day`, or None below eight weeks of history.

    `history` has a number for each day up to the one before `first_unknown`, without gaps, from the first day with
    traffic on. That day itself has `so_far` already, and gets no less; `day_left` is the share of it that is to come.
    A day with more messages than usual is expected to get the usual ones for as long as it lasts: else the forecast of
    a month's last day would be its lower end.
    """
    if len(history) < MIN_DAYS or first_unknown > last_day:
        return None
    numbers = list(history[-MAX_DAYS:])
    left = (last_day - first_unknown).days + 1
    days = [first_unknown + timedelta(days=n) for n in range(left)]
    expected = _expected(numbers, left)
    expected[0] = max(expected[0], so_far + day_left * expected[0])
    rest = sum(expected)
    spread = exp(_spread(numbers, left))
    return RestForecast(
        expected=round(rest),
        low=max(round(rest / spread), so_far),
        high=round(rest * spread),
        days=tuple(DayForecast(day, n) for day, n in zip(days, expected, strict=True)),
    )


def _expected(history: Sequence[int], left: int) -> list[float]:
    """Return what is expected on each of the next days."""
    weeks = min(_WEEKS, len(history) // 7)
    used = history[-7 * weeks :]
    means = [sum(used[n::7]) / weeks for n in range(7)]  # whole weeks: the next day has the weekday of the first
    level = sum(used) / weeks
    recent = sum(history[-7 * _LEVEL_WEEKS :]) / _LEVEL_WEEKS
    factor = (recent / level) ** _DAMPING if recent and level else 1.0
    return [means[n % 7] * factor for n in range(left)]


def _spread(history: Sequence[int], left: int) -> float:
    """Return the logarithm of the factor by which the rest may be larger or smaller."""
    length = min(left, max(7, len(history) - _SHORTEST - 21))
    errors: list[float] = []
    for origin in range(len(history) - length, _SHORTEST - 1, -1):
        if len(errors) == _MOST_ERRORS:
            break
        forecast = sum(_expected(history[:origin], length))
        errors.append(log((sum(history[origin : origin + length]) + 1) / (forecast + 1)))
    apart = len(errors) / length  # errors that do not overlap
    return _Z80 * (1 + _FEW_ERRORS / (1 + apart)) * sqrt(sum(error * error for error in errors) / len(errors))
