"""Drawing of a running month: messages added up by day, the forecast, and its interval, as paths of SVG (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from math import floor, log10

from reports.forecast.month_forecast import MonthForecast

WIDTH, HEIGHT = 600, 140  # units of the picture
_MOST_STEPS = 4  # between the lines of the axis
_LABELLED_EVERY = 7  # days


@dataclass(frozen=True, slots=True)
class DrawnDay:
    """A day of the axis, with the messages up to its end; `is_labelled` on the first day of each seven."""

    day: date
    messages: int
    is_expected: bool
    is_labelled: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Paths of what is known, of the forecast, of the interval's area and of the axis' lines.

    `ticks` are the numbers at those lines, the top of the picture first; they lie equally far apart.
    """

    known: str
    forecast: str
    band: str
    lines: str
    ticks: tuple[int, ...]
    days: tuple[DrawnDay, ...]


def draw_month(so_far: Sequence[int], forecast: MonthForecast) -> Drawing:
    """Return the month's course: the interval opens from the last known day to its whole width at the month's end."""
    days = len(so_far) + len(forecast.days)
    known = [0, *accumulate(so_far)]
    rest = list(accumulate((day.expected for day in forecast.days), initial=known[-1]))
    ticks = ticks_to(forecast.high)
    whole = max(rest[-1] - rest[0], 1)

    def point(day: float, messages: float) -> str:
        return f"{day / days * WIDTH:.1f} {HEIGHT - messages / ticks[0] * HEIGHT:.1f}"

    def bound(end: int) -> list[str]:
        return [
            point(len(so_far) + n, rest[0] + (value - rest[0]) / whole * (end - rest[0]))
            for n, value in enumerate(rest)
        ]

    first = forecast.days[0].day - timedelta(days=len(so_far))
    return Drawing(
        known="M" + "L".join(point(n, value) for n, value in enumerate(known)),
        forecast="M" + "L".join(point(len(so_far) + n, value) for n, value in enumerate(rest)),
        band="M" + "L".join([*bound(forecast.high), *reversed(bound(forecast.low))]) + "Z",
        lines="".join(f"M{point(0, tick)}L{point(days, tick)}" for tick in ticks),
        ticks=tuple(ticks),
        days=tuple(
            DrawnDay(first + timedelta(days=n), round(value), n >= len(so_far), n % _LABELLED_EVERY == 0)
            for n, value in enumerate([*known[1:], *rest[1:]])
        ),
    )


def ticks_to(most: int) -> list[int]:
    """Return round numbers from the first at or above `most` down to 0, at most _MOST_STEPS apart."""
    power = 10 ** max(0, floor(log10(max(most, 1))) - 1)
    step = next(size for size in (power * n for n in (1, 2, 5, 10, 20, 50, 100)) if size * _MOST_STEPS >= most)
    steps = max(1, -(-most // step))
    return [step * n for n in range(steps, -1, -1)]
