"""Cells that differ between the tables of two revisions (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reports.monthly.tables import Column, Kind, Table

_MEASURED = frozenset({"int", "ratio", "percent", "seconds"})
_OF_THE_MOMENT = frozenset({"Revision"})  # items of the Summary that differ in every revision
_IN_WORDS = "Country"  # beside its code, in the language of the report

RowKey = tuple[Any, ...]
"""Place and names of a row: "row", "total" or "subtotal", then the cells that name it, without the country in words."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell that differs. A row that only one of the revisions has is None in the other.

    `names` are the cells that name the row, with their columns; `place` and they are its `key`.
    """

    sheet: str
    key: RowKey
    names: tuple[tuple[Column, Any], ...]
    column: Column
    kind: Kind
    old: int | float | None
    new: int | float | None


def changed_cells(old: Sequence[Table], new: Sequence[Table]) -> list[CellChange]:
    """Return the cells that differ, in the order of the new tables; rows that are gone come after the others."""
    before = {table.key: table for table in old}
    return [change for table in new for change in _of_table(before.get(table.key), table)]


def _of_table(old: Table | None, new: Table) -> Iterator[CellChange]:
    if new.row_kinds is not None:
        yield from _of_items(old, new)
        return
    after = _rows(new)
    before = _rows(old) if old is not None else {}
    columns = {column.key: column for table in (old, new) if table is not None for column in table.columns}
    for key in [*after, *(key for key in before if key not in after)]:
        then, now = before.get(key), after.get(key)
        names, _cells = now or then or ((), {})
        for name in {**(now or ((), {}))[1], **(then or ((), {}))[1]}:
            was, is_ = (one[1].get(name) if one else None for one in (then, now))
            if was != is_:
                column = columns[name]
                yield CellChange(new.key, key[0], names, column, column.kind, was, is_)


def _rows(table: Table) -> dict[tuple[RowKey, int], tuple[tuple[tuple[Column, Any], ...], dict[str, Any]]]:
    """Return the names and the measured cells of each row; rows with the same names are told apart by a number."""
    found: dict = {}
    lines = [("row", row) for row in table.rows] + [("subtotal", row) for row in table.subtotals]
    if table.total is not None:
        lines.append(("total", table.total))
    for place, row in lines:
        cells = list(zip(table.columns, row, strict=True))
        names = tuple((column, value) for column, value in cells if column.kind not in _MEASURED)
        key = (place, *(value for column, value in names if column.key != _IN_WORDS))
        number = 0
        while (key, number) in found:
            number += 1
        found[key, number] = (names, {column.key: value for column, value in cells if column.kind in _MEASURED})
    return found


def _of_items(old: Table | None, new: Table) -> Iterator[CellChange]:
    """Yield the values of the Summary that differ."""
    before = {row[0]: row[1] for row in old.rows} if old is not None else {}
    item, value = new.columns[:2]
    for row, kinds in new.typed_rows():
        was = before.get(row[0])
        if kinds[1] in _MEASURED and row[0] not in _OF_THE_MOMENT and was != row[1]:
            yield CellChange(new.key, ("row", row[0]), ((item, row[0]),), value, kinds[1], was, row[1])
