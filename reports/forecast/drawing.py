"""Drawing of a running month: messages added up by day, the forecast, and its interval, as paths of SVG (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from reports.forecast.month_forecast import MonthForecast

WIDTH, HEIGHT = 600, 140  # units of the picture


@dataclass(frozen=True, slots=True)
class Drawing:
    """Paths of what is known, of the forecast, and the area of the interval; `most` is the top of the picture."""

    known: str
    forecast: str
    band: str
    most: int


def draw_month(so_far: Sequence[int], forecast: MonthForecast) -> Drawing:
    """Return the month's course: the interval opens from the last known day to its whole width at the month's end."""
    days = len(so_far) + len(forecast.days)
    known = [0, *accumulate(so_far)]
    rest = list(accumulate((day.expected for day in forecast.days), initial=known[-1]))
    most = max(forecast.high, 1)
    whole = max(rest[-1] - rest[0], 1)

    def point(day: float, messages: float) -> str:
        return f"{day / days * WIDTH:.1f} {HEIGHT - messages / most * HEIGHT:.1f}"

    def bound(end: int) -> list[str]:
        return [
            point(len(so_far) + n, rest[0] + (value - rest[0]) / whole * (end - rest[0]))
            for n, value in enumerate(rest)
        ]

    return Drawing(
        known="M" + "L".join(point(n, value) for n, value in enumerate(known)),
        forecast="M" + "L".join(point(len(so_far) + n, value) for n, value in enumerate(rest)),
        band="M" + "L".join([*bound(forecast.high), *reversed(bound(forecast.low))]) + "Z",
        most=most,
    )
