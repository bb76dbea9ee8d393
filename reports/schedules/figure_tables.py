"""Tables of figures: columns of names and measures, totals, and the limit of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reports.figures.kpis import Kpis
from reports.monthly.tables import Column, Found, Kind, Table
from reports.monthly.texts import name_country, translate

MAX_ROWS = 10_000  # of a table with names; the last row sums the others and says how many there are

MEASURES: dict[str, tuple[Column, Callable[[Kpis], Any]]] = {
    "messages": (Column("Messages", "int"), lambda one: one.volume.messages),
    "parts": (Column("SMS parts", "int"), lambda one: one.volume.parts),
    "delivered_parts": (Column("Delivered parts", "int"), lambda one: one.volume.delivered_parts),
    "billed_parts": (Column("Billed parts", "int"), lambda one: one.volume.billed_parts),
    "delivered": (Column("Delivered", "int"), lambda one: one.volume.delivered),
    "failed": (Column("Failed", "int"), lambda one: one.volume.failed),
    "pending": (Column("Pending", "int"), lambda one: one.volume.pending),
    "unknown": (Column("Unknown", "int"), lambda one: one.volume.unknown),
    "delivery_rate": (Column("Delivery rate", "percent"), lambda one: one.delivery_rate),
    "delivery_rate_of_final": (Column("Delivered of the final", "percent"), lambda one: one.of_final),
    "failed_rate": (Column("Failed share", "percent"), lambda one: one.failed_rate),
    "maturity": (Column("Maturity", "percent"), lambda one: one.maturity),
    "median": (Column("Latency p50", "seconds"), lambda one: _seconds(one.median)),
    "p95": (Column("Latency p95", "seconds"), lambda one: _seconds(one.p95)),
}
ALWAYS = ("messages", "delivered", "failed", "pending", "unknown")  # charts need them
DEFAULT = (
    "messages", "parts", "delivered_parts", "billed_parts", "delivered", "failed", "pending", "unknown",
    "delivery_rate", "median", "p95",
)  # fmt: skip
TEXTUAL: frozenset[Kind] = frozenset({"text", "term"})

Row = tuple[tuple[Any, ...], Kpis]  # cells of the names, and figures


def chosen_measures(names: Sequence[str]) -> list[str]:
    """Return the chosen measures, with those that are always there, in the usual order; the default for none."""
    chosen = {*(names or DEFAULT), *ALWAYS}
    return [name for name in MEASURES if name in chosen]


def figure_table(
    key: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    *,
    measures: Sequence[str],
    language: str,
    total: Kpis,
    found: Sequence[Found] = (),
    found_total: Found = None,
) -> Table:
    """Return a table of rows in their order and their total. Beyond MAX_ROWS the other rows are summed in one.

    `found` has the filters of Message Search for each row, or none at all (`Table.found`).
    """
    shown = [MEASURES[name] for name in measures]
    most = MAX_ROWS if any(column.kind in TEXTUAL for column in columns) else len(rows)  # times alone are not many
    lines = [(*cells, *(value(kpis) for _column, value in shown)) for cells, kpis in rows[:most]]
    if rest := rows[most:]:
        kpis = sum((kpis for _cells, kpis in rest[1:]), rest[0][1])
        lines.append((*_rest_cells(columns, len(rest), language), *(value(kpis) for _column, value in shown)))
    return Table(
        key=key,
        columns=(*columns, *(column for column, _value in shown)),
        rows=lines,
        total=(*(None for _ in columns), *(value(total) for _column, value in shown)),
        found=_with_rest(found, len(rows), most),
        found_total=found_total,
    )


def _with_rest(found: Sequence[Found], rows: int, most: int) -> Sequence[Found]:
    """Return the filters of the lines that are shown: the row of the others has none."""
    return [*found[:most], *([None] if rows > most else [])] if found else ()


def cut(
    key: str,
    columns: Sequence[Column],
    rows: Sequence[tuple[Any, ...]],
    *,
    language: str,
    found: Sequence[Found] = (),
) -> Table:
    """Return a table of any rows; beyond MAX_ROWS one says how many others there are."""
    lines = list(rows[:MAX_ROWS])
    if rest := len(rows) - len(lines):
        lines.append(_rest_cells(columns, rest, language))
    return Table(key=key, columns=tuple(columns), rows=lines, found=_with_rest(found, len(rows), MAX_ROWS))


def without_links(table: Table) -> Table:
    """Return the table without the filters of its rows."""
    return replace(table, found=(), found_total=None)


def country_cells(code: str, language: str) -> tuple[str, str]:
    """Return the cells of COUNTRY."""
    return code, name_country(code, language)


COUNTRY = (Column("Country code", "text"), Column("Country", "text"))


def rest_text(count: int, language: str) -> str:
    """Return what the row of the others is called."""
    return translate("({count} other rows)", language).replace("{count}", str(count))


def _rest_cells(columns: Sequence[Column], count: int, language: str) -> tuple[str | None, ...]:
    place = next((n for n, column in enumerate(columns) if column.kind in TEXTUAL), 0)
    return tuple(rest_text(count, language) if n == place else None for n in range(len(columns)))


def _seconds(value: float | None) -> int | None:
    return None if value is None else round(value)


def named(words: Mapping[str, str], language: str) -> Callable[[str], str]:
    """Return a function that names a key: those in `words` are our own English words, translated."""
    found = {key: translate(word, language) for key, word in words.items()}
    return lambda key: found.get(key, key)
