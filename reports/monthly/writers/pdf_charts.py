"""The PDF's charts as data for `pdf.typ`: shares of the axes, labels, and a text in place of the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import count
from typing import Any

from portal.common.safe_text import make_encodable
from reports.monthly.tables import Table
from reports.monthly.texts import number_text, translate
from reports.monthly.writers.words import cell_text, short_day, whole_percent
from reports.monthly.writers.xlsx_charts import MAX_COUNTRIES
from reports.monthly.writers.xlsx_styles import STATUS_FILLS

_TICKS = 4  # steps of an axis, at most
_LABELS = 11  # days with a label, at most
_MOST_OF_NAME = 26  # characters of a country's name

_Chart = dict[str, Any]

_STACKED = (
    "Stacked by delivered, pending, failed and unknown. Most: {label}, {count}. The table “{table}” has all figures."
)
_LINE = "From {low} on {low_day} to {high} on {high_day}. The table “{table}” has all figures."


def charts_of(tables: Sequence[Table], language: str) -> dict[str, list[_Chart]]:
    """Return the charts by the table that they stand at: messages and rates by day at the Summary, countries at theirs.

    A chart needs two days or one country with messages.
    """
    found = {table.key: table for table in tables}
    charts: dict[str, list[_Chart]] = {}
    if "Summary" in found and "Days" in found:
        charts["Summary"] = _of_days(found["Days"], language)
    if "Countries" in found and any(row[_place(found["Countries"], "Messages")] for row in found["Countries"].rows):
        charts["Countries"] = [_countries(found["Countries"], language)]
    return charts


def _of_days(table: Table, language: str) -> list[_Chart]:
    days = {row[0]: row for row in table.rows if isinstance(row[0], date)}
    if len(days) < 2:
        return []
    first, last = min(days), max(days)
    slots = (last - first).days + 1
    every = -(-slots // _LABELS)
    axis = {
        "slots": slots,
        "labels": [{"slot": n, "text": short_day(first + timedelta(n), language)} for n in range(0, slots, every)],
    }
    charts = [axis | _columns(table, days, language)]
    if any(column.key == "Delivery rate" for column in table.columns):
        charts += [axis | line for line in _rates(table, days, language)]
    return charts


def _columns(table: Table, days: dict[date, tuple[Any, ...]], language: str) -> _Chart:
    first = min(days)
    counts = {day: _counts(table, row) for day, row in days.items()}
    largest = max(counts, key=lambda day: sum(counts[day]))
    top, ticks = _count_axis(sum(counts[largest]), language)
    title = translate("Messages by day", language)
    return {
        "kind": "columns",
        "title": title,
        "alt": _stacked_text(title, cell_text(largest, "date", language), sum(counts[largest]), table, language),
        "legend": _legend(language),
        "ticks": ticks,
        "bars": [{"slot": (day - first).days, "shares": [n / top for n in counts[day]]} for day in sorted(counts)],
    }


def _rates(table: Table, days: dict[date, tuple[Any, ...]], language: str) -> list[_Chart]:
    """Return the line of the delivery rate in a list; none where fewer than two days have a rate."""
    place, first = _place(table, "Delivery rate"), min(days)
    rates = {day: days[day][place] for day in sorted(days) if days[day][place] is not None}
    if len(rates) < 2:
        return []
    low, high = min(rates, key=lambda day: rates[day]), max(rates, key=lambda day: rates[day])
    floor, ticks = _rate_axis(rates[low], language)
    title = translate("Delivery rate by day", language)
    words = {
        "low": cell_text(rates[low], "percent", language),
        "low_day": cell_text(low, "date", language),
        "high": cell_text(rates[high], "percent", language),
        "high_day": cell_text(high, "date", language),
        "table": translate(table.key, language),
    }
    lines: list[list[dict[str, float]]] = []
    before = None
    for day, rate in rates.items():
        if before is None or (day - before).days > 1:
            lines.append([])
        lines[-1].append({"slot": (day - first).days, "share": (rate - floor) / (1 - floor)})
        before = day
    alt = f"{title}. {translate(_LINE, language).format(**words)}"
    return [{"kind": "line", "title": title, "alt": alt, "legend": [], "ticks": ticks, "lines": lines}]


def _countries(table: Table, language: str) -> _Chart:
    name = _place(table, "Country")
    rows = [(row[name], _counts(table, row)) for row in table.rows[:MAX_COUNTRIES]]
    top, ticks = _count_axis(max(sum(counts) for _name, counts in rows), language)
    title = translate("Messages by country, largest 12", language)
    largest, most = max(rows, key=lambda row: sum(row[1]))
    return {
        "kind": "bars",
        "title": title,
        "alt": _stacked_text(title, _short(largest), sum(most), table, language),
        "legend": _legend(language),
        "ticks": ticks,
        "bars": [
            {"name": _short(name), "shares": [n / top for n in counts], "total": number_text(sum(counts), language)}
            for name, counts in rows
        ],
    }


def _place(table: Table, key: str) -> int:
    return [column.key for column in table.columns].index(key)


def _counts(table: Table, row: tuple[Any, ...]) -> list[int]:
    return [row[_place(table, status)] for status in STATUS_FILLS]


def _legend(language: str) -> list[dict[str, str]]:
    return [{"colour": f"#{fill}", "name": translate(status, language)} for status, fill in STATUS_FILLS.items()]


def _short(name: str) -> str:
    shown = make_encodable(name)
    return shown if len(shown) <= _MOST_OF_NAME else f"{shown[: _MOST_OF_NAME - 1]}…"


def _stacked_text(title: str, label: str, count: int, table: Table, language: str) -> str:
    shown = translate(_STACKED, language).format(
        label=label, count=number_text(count, language), table=translate(table.key, language)
    )
    return f"{title}. {shown}"


def _count_axis(largest: int, language: str) -> tuple[int, list[_Chart]]:
    """Return the axis's end, a round number that is no less than the largest, and its ticks."""
    step = next(step for step in _round_numbers() if step * _TICKS >= largest)
    top = max(1, -(-largest // step)) * step
    return top, [{"share": n / top, "text": number_text(n, language)} for n in range(0, top + 1, step)]


def _round_numbers() -> Iterator[int]:
    """Yield 1, 2, 5, 10, 20, 50 and so on."""
    yield from (leading * 10**zeros for zeros in count() for leading in (1, 2, 5))


def _rate_axis(lowest: float, language: str) -> tuple[float, list[_Chart]]:
    """Return where the axis of rates begins, at or below the lowest, and its ticks up to 100%."""
    step = next(step for step in (1, 2, 5, 10, 25) if 100 - step * _TICKS <= lowest * 100)
    floor = 100 - step * _TICKS
    ticks = [
        {"share": (n - floor) / (100 - floor), "text": whole_percent(n, language)} for n in range(floor, 101, step)
    ]
    return floor / 100, ticks
