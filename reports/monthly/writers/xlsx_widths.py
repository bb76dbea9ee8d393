"""Column widths and row heights: widths in Excel's unit of one digit, heights in points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any
from unicodedata import east_asian_width

from reports.monthly.figures import ReportHeader
from reports.monthly.tables import Kind, Table
from reports.monthly.texts import name_month, points_unit, translate
from reports.monthly.writers.meanings import DEFINITIONS
from reports.monthly.writers.xlsx_cells import with_label

_NARROWEST, _WIDEST = 9, 60
_WIDEST_VALUE = 30
_OF_DEFINITIONS = [32.0, 90.0, 50.0]
ROW_HEIGHT = 15
_MAX_LINES = 27  # a row is at most 409 points high
_FILTER_BUTTON = 3
_BY_SIZE: frozenset[Kind] = frozenset({"int", "code", "money", "seconds", "percent", "points", "ratio", "date"})


def column_widths(table: Table, header: ReportHeader) -> list[float]:
    """Return a width per column, from the header's longest word and every cell; long texts stop at 60."""
    if table.key == DEFINITIONS:
        return _OF_DEFINITIONS
    widest = [_head_width(translate(column.key, header.language)) for column in table.columns]
    if table.row_kinds is None and table.cell_kinds is None:
        for index, column in enumerate(table.columns):
            values = [row[index] for row in table.rows]
            widest[index] = max(widest[index], _widest_of(values, column.kind, header.language))
    else:
        for row, kinds in table.typed_rows():
            _widen(widest, row, kinds, header.language)
    kinds = tuple(column.kind for column in table.columns)
    for row in table.subtotals:
        _widen(widest, with_label(row, header.language), kinds, header.language)
    if table.total is not None:
        _widen(widest, table.total, kinds, header.language)
        widest[0] = max(widest[0], len(translate("Total", header.language)))
    limits = [_WIDEST_VALUE if column.kind in ("mixed", "difference") else _WIDEST for column in table.columns]
    return [min(max(width + 2, _NARROWEST), limit) for width, limit in zip(widest, limits, strict=True)]


def head_height(table: Table, widths: list[float], header: ReportHeader) -> int:
    """Return the height of the row of column names, which wrap."""
    titles = [translate(column.key, header.language) for column in table.columns]
    lines = max(len(wrap(title, int(width))) for title, width in zip(titles, widths, strict=True))
    return lines * ROW_HEIGHT + 6


def wrapped_lines(row: tuple[Any, ...], widths: Sequence[float]) -> int:
    """Return how many lines the longest of a row's texts takes in its column, as many as a row can be high."""
    lines = max(-(-_text_width(text) // int(width * 0.95)) for text, width in zip(row, widths, strict=True))
    return min(lines, _MAX_LINES)


def value_lines(value: Any, kind: Kind) -> int:
    """Return how many lines a value of the summary takes in its column, as many as a row can be high."""
    lines = 1 if kind != "text" or value is None else -(-_text_width(value) // (_WIDEST_VALUE - 5))
    return min(lines, _MAX_LINES)


def _head_width(title: str) -> int:
    return max(len(word) for word in title.split()) + _FILTER_BUTTON


def _widest_of(values: Iterable[Any], kind: Kind, language: str) -> int:
    """Return the width of a column's widest value: the same value is measured once, of numbers the ends alone."""
    found = set(values) - {None}
    if found and kind in _BY_SIZE:
        found = {min(found), max(found)}
    return max((_width(value, kind, language) for value in found), default=0)


def _widen(widest: list[int], row: tuple[Any, ...], kinds: Iterable[Kind], language: str) -> None:
    for index, (value, kind) in enumerate(zip(row, kinds, strict=True)):
        if value is not None:
            width = _width(value, kind, language)
            if width > widest[index]:
                widest[index] = width


def _width(value: Any, kind: Kind, language: str) -> int:
    if kind in ("int", "code", "money"):
        return len(f"{value:,}")
    if kind == "seconds":
        return len(f"{value:,} s")
    if kind == "points":
        return len(f"-100.00 {points_unit(language)}")
    if kind in ("percent", "ratio"):
        return len("100.00%")
    if kind == "date":
        return len("2026-10-31")
    if kind == "datetime":
        return len(value.isoformat())
    if kind == "month":
        return len(name_month(value, language))
    return _text_width(translate(value, language) if kind == "term" else value[:_WIDEST])


def _text_width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
