"""Excel workbooks of any length: as many sheets as the rows need, and a last one that says what the file holds.

rust_xlsxwriter writes row by row. It takes no text for a formula, a number or a link, and escapes what XML cannot hold.
It raises an error for more rows than a sheet has and for longer texts than a cell holds, so both are prevented here.
"""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from rustpy_xlsxwriter import write_worksheets

from deliveries.exports.writers.table import Pages, Table, Written
from deliveries.message_pages.columns import cells, headings
from portal.common.periods import zone
from portal.common.safe_text import cut_to_cell, make_encodable

SHEET_ROWS = 1_048_575  # below the headings
MAX_LISTED = 1000  # places of shortened texts
_WIDTHS = {"time": 20.0, "text": 24.0, "word": 18.0, "number": 12.0}
_TIME = "yyyy-mm-dd hh:mm:ss"


def write(table: Table, pages: Pages, path: Path) -> Written:
    """Write all pages in the active language. Raises ValueError if there are more rows than the table said."""
    sheets = _Sheets(table, pages)
    name = table.rows_heading
    names = [name if n == 1 else f"{name} {n}" for n in range(1, sheets.number + 1)]
    about = _("About this file")
    widths: dict[str, list[float] | dict[str, float]] = {
        name: [_WIDTHS[column.kind] for column in table.columns] for name in names
    }
    write_worksheets(
        [*((name, sheets.rows_of(name)) for name in names), (about, sheets.about())],
        str(path),
        bold_headers=True,
        datetime_format=_TIME,
        freeze_panes={name: {"row": 1, "col": 0} for name in names},
        column_widths=widths | {about: [30.0, 60.0]},
    )
    if sheets.written != table.rows or next(sheets.all_rows, None) is not None:
        raise ValueError(f"{sheets.written} rows were written of {table.rows}")
    return Written(sheets.written, sheets.shortened)


class _Sheets:
    """The rows of the sheets, one sheet after the other; texts that are too long for a cell are shortened."""

    def __init__(self, table: Table, pages: Pages) -> None:
        self.table, self.local = table, zone(table.timezone)
        self.headings = headings(table.columns, table.timezone)
        self.all_rows = chain.from_iterable(pages)
        self.number = max(1, -(-table.rows // SHEET_ROWS))
        self.written = self.shortened = 0
        self.places: list[str] = []

    def rows_of(self, sheet: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of the next sheet by their headings; without any, a row of empty cells below them."""
        columns, names, local = self.table.columns, self.headings, self.local
        number = 1
        for number, row in enumerate(islice(self.all_rows, SHEET_ROWS), 2):
            self.written += 1
            yield dict(zip(names, self._fitted(cells(columns, row, local), sheet, number), strict=True))
        if number == 1:
            yield dict.fromkeys(names)

    def _fitted(self, values: list[Any], sheet: str, number: int) -> list[Any]:
        for place, value in enumerate(values):
            if type(value) is str:
                if not value.isascii():
                    values[place] = value = make_encodable(value)
                if (fitted := cut_to_cell(value)) != value:
                    values[place] = fitted
                    self.shortened += 1
                    if len(self.places) < MAX_LISTED:
                        self.places.append(f"{sheet}, {number}, {self.headings[place]}")
            elif value is not None and type(value) is not int:
                values[place] = value.replace(tzinfo=None, microsecond=0)  # the zone is in the heading
        return values

    def about(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of the last sheet, when all others are written."""
        table = self.table
        lines = [
            (_("Search"), cut_to_cell(make_encodable(table.title))),
            (_("Data as of"), f"{table.as_of.astimezone(self.local):%Y-%m-%d %H:%M:%S} {table.timezone}"),
            (table.rows_heading, self.written),
            (_("Phone numbers"), _("in full") if table.in_full else _("masked")),
            (_("Texts that were shortened, because a cell holds at most 32,767 characters"), self.shortened),
            *((_("Shortened: sheet, row, column"), place) for place in self.places),
        ]
        for name, value in lines:
            yield {_("About this file"): name, " ": value}
