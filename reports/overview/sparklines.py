"""Small lines beside the key figures: each figure over the columns of the chart. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from portal.common.sparkline import Sparkline, draw_line
from reports.figures.kpis import Kpis

MAX_POINTS = 92  # of a line by day
LEAST_SPAN = 0.05  # of a rate: 5 points, so that small changes look small

_COUNTS: dict[str, Callable[[Kpis], float | None]] = {
    "messages": lambda kpis: kpis.volume.messages,
    "parts": lambda kpis: kpis.volume.parts,
}
_RATES: dict[str, Callable[[Kpis], float | None]] = {
    "delivered": lambda kpis: kpis.delivery_rate,
    "pending": lambda kpis: kpis.pending_rate,
    "failed": lambda kpis: kpis.failed_rate,
    "unknown": lambda kpis: kpis.unknown_rate,
}


def sparklines(columns: Sequence[tuple[Kpis, bool]]) -> dict[str, Sparkline]:
    """Return the lines by key of the card; a figure with fewer than two neighbouring values has none.

    `columns` are the figures of each column of the chart, and whether it is provisional.
    Counts begin at 0. The rate of a column without messages is a gap.
    """
    found = {}
    for name, value_of in (_COUNTS | _RATES).items():
        values = [value_of(kpis) for kpis, _is_provisional in columns]
        known = [value for value in values if value is not None]
        if known:
            low, high = (0.0, max(known) or 1.0) if name in _COUNTS else _rate_range(known)
            line = draw_line(values, [is_provisional for _kpis, is_provisional in columns], low, high)
            if line.settled or line.provisional:
                found[name] = line
    return found


def count_line(values: Sequence[int], provisional: Sequence[bool]) -> Sparkline:
    """Return the line of counts, which begin at 0, and of which some are provisional; one value alone has none."""
    return draw_line(values, provisional, 0.0, max(values, default=0) or 1.0)


def line_of_days(days: Mapping[date, int], first: date, last: date, unsettled: date | None) -> Sparkline:
    """Return the line of counts by day of a period; long periods have a point for several days.

    Days from `unsettled` on are provisional.
    """
    length = (last - first).days + 1
    width = -(-length // MAX_POINTS)
    values = [0] * -(-length // width)
    begin = first.toordinal()
    for day, n in days.items():
        values[(day.toordinal() - begin) // width] += n
    ends = [first + timedelta(days=(n + 1) * width - 1) for n in range(len(values))]
    return count_line(values, [unsettled is not None and end >= unsettled for end in ends])


def _rate_range(known: Sequence[float]) -> tuple[float, float]:
    """Return the least and largest rate, apart by LEAST_SPAN within 0 and 1."""
    low, high = min(known), max(known)
    missing = max(LEAST_SPAN - (high - low), 0.0) / 2
    low = min(max(low - missing, 0.0), 1 - LEAST_SPAN)
    return low, max(high, low + LEAST_SPAN)
