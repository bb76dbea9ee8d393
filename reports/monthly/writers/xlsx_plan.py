"""Plan of a workbook's sheets: a table longer than a sheet continues in the next one; names of sheets and ranges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.utils import get_column_letter, quote_sheetname

from reports.monthly.tables import Table
from reports.monthly.texts import translate

SHEET_ROWS = 1_048_576
"""The rows of a sheet in Excel, the header's row included."""

_TITLE_LENGTH = 31


@dataclass(frozen=True, slots=True)
class Part:
    """One sheet: below a header in row 1 a table's rows, then its subtotals, each from a start to before a stop."""

    table: Table
    title: str
    number: int
    start: int
    stop: int
    first_subtotal: int
    end_of_subtotals: int
    has_total: bool
    next_title: str | None = None

    @property
    def last_row(self) -> int:
        """The sheet's row of the last line of data, 1 where there is none; filters and sorting end there."""
        return 1 + self.stop - self.start

    @property
    def last_subtotal(self) -> int:
        """The sheet's row of the last subtotal, that of the last line of data where there is none."""
        return self.last_row + self.end_of_subtotals - self.first_subtotal


def plan_parts(tables: Sequence[Table], language: str, sheet_rows: int = SHEET_ROWS) -> list[Part]:
    """Return the sheets for the tables in order; the total is the last line of a table's last sheet."""
    return [part for table in tables for part in _plan_table(table, language, sheet_rows - 1)]


def _plan_table(table: Table, language: str, room: int) -> list[Part]:
    rows, subtotals = len(table.rows), len(table.subtotals)
    lines = rows + subtotals + (table.total is not None)
    count = max(1, -(-lines // room))
    titles = [_sheet_title(table.key, number, language) for number in range(1, count + 1)]
    return [
        Part(
            table=table,
            title=title,
            number=index + 1,
            start=min(rows, index * room),
            stop=min(rows, (index + 1) * room),
            first_subtotal=min(subtotals, max(0, index * room - rows)),
            end_of_subtotals=min(subtotals, max(0, (index + 1) * room - rows)),
            has_total=table.total is not None and index + 1 == count,
            next_title=titles[index + 1] if index + 1 < count else None,
        )
        for index, title in enumerate(titles)
    ]


def _sheet_title(key: str, number: int, language: str) -> str:
    suffix = f" ({number})" if number > 1 else ""
    return translate(key, language)[: _TITLE_LENGTH - len(suffix)] + suffix


def name_ranges(part: Part) -> dict[str, str]:
    """Return the defined names of a sheet by its English keys, without the header: name → absolute range.

    `Countries` is the data, `Countries.Delivery_rate` a column of it, `Countries.Total` the total's row,
    `Partner_IDs.Subtotals` the rows of the subtotals; of the Summary, `Summary.Delivery_rate` is the cell of that
    value. A continued sheet's names start with `Countries_2`.
    """
    table, width = part.table, len(part.table.columns)
    base = identifier(table.key) + (f"_{part.number}" if part.number > 1 else "")
    names = {}
    if part.stop > part.start:
        names[base] = _range(part, 1, 2, width, part.last_row)
        if table.row_kinds is None:
            for index, column in enumerate(table.columns, 1):
                names[f"{base}.{identifier(column.key)}"] = _range(part, index, 2, index, part.last_row)
        else:
            for index, row in enumerate(table.rows[part.start : part.stop], 2):
                names[f"{base}.{identifier(row[0])}"] = _range(part, 2, index, 2, index)
    if part.last_subtotal > part.last_row:
        names[f"{base}.Subtotals"] = _range(part, 1, part.last_row + 1, width, part.last_subtotal)
    if part.has_total:
        names[f"{base}.Total"] = _range(part, 1, part.last_subtotal + 1, width, part.last_subtotal + 1)
    return names


def identifier(key: str) -> str:
    """Return an English key as it stands in the name of a range: `Delivery_rate`."""
    return re.sub(r"[^A-Za-z0-9]+", "_", key).strip("_")


def _range(part: Part, left: int, top: int, right: int, bottom: int) -> str:
    first, last = f"${get_column_letter(left)}${top}", f"${get_column_letter(right)}${bottom}"
    return f"{quote_sheetname(part.title)}!{first if first == last else f'{first}:{last}'}"
