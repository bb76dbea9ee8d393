"""Excel workbooks of any length: as many sheets as the rows need, and a last one that says what the file holds.

rust_xlsxwriter writes row by row. It takes no text for a formula, a number or a link, and escapes what XML cannot hold.
It raises an error for more rows than a sheet has and for longer texts than a cell holds, so both are prevented here.
"""

from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from rustpy_xlsxwriter import Format, write_worksheets

from deliveries.exports.writers.table import Pages, Table, Written
from deliveries.message_pages.columns import cells_of, headings
from portal.common.periods import zone
from portal.common.safe_text import cut_to_cell, make_encodable

SHEET_ROWS = 1_048_575  # below the headings
MAX_LISTED = 1000  # places of shortened texts
_WIDTHS = {
    "time": 20.0,
    "text": 24.0,
    "word": 18.0,
    "number": 12.0,
    "day": 12.0,
    "share": 14.0,
    "decimal": 14.0,
    "money": 14.0,
}
_FORMATS = {"day": "yyyy-mm-dd", "share": "0.00%", "decimal": "0.0", "money": "0.00####"}
_SURELY_SHORT = 4096  # characters that fit into a cell in any case
_A4 = 9  # Excel's number of the paper
_TIME = "yyyy-mm-dd hh:mm:ss"


def write(table: Table, pages: Pages, path: Path) -> Written:
    """Write all pages in the active language. Raises ValueError if there are more rows than the table said."""
    sheets = _Sheets(table, pages)
    names = sheets.names
    about = _("About this file")
    widths: dict[str, list[float] | dict[str, float]] = {
        name: [_WIDTHS[column.kind] for column in table.columns] for name in names
    }
    write_worksheets(
        [*((name, sheets.rows()) for name in names), (about, sheets.about())],
        str(path),
        bold_headers=True,
        datetime_format=_TIME,
        freeze_panes={name: {"row": 1, "col": 0} for name in names},
        column_widths=widths | {about: [72.0, 60.0]},
        column_formats=dict.fromkeys(names, _formats(table)),
        page_setup=dict.fromkeys(names, _printed(table) | {"repeat_rows": 0}) | {about: _printed(table)},
    )
    if sheets.written != table.rows or next(sheets.all_rows, None) is not None:
        raise ValueError(f"{sheets.written} rows were written of {table.rows}")
    return Written(sheets.written, sheets.shortened)


def _printed(table: Table) -> dict[str, Any]:
    """Return the print set-up: all columns on one page, turned, A4; above it the brand's name for the portal."""
    header = {"header": "&R" + make_encodable(table.product).replace("&", "&&")} if table.product else {}
    return {"landscape": True, "paper_size": _A4, "fit_to_pages": (1, 0), "footer": "&R&P / &N"} | header


def _formats(table: Table) -> dict[str, Format]:
    """Return the number formats of the columns that need one, by heading."""
    return {
        column.heading_in(table.timezone): Format().set_num_format(_FORMATS[column.kind])
        for column in table.columns
        if column.kind in _FORMATS
    }


class _Sheets:
    """The rows of the sheets, one sheet after the other; texts that are too long for a cell are shortened."""

    def __init__(self, table: Table, pages: Pages) -> None:
        self.table, self.local = table, zone(table.timezone)
        self.headings = headings(table.columns, table.timezone)
        self.number = max(1, -(-table.rows // SHEET_ROWS))
        self.names = [table.rows_heading if n == 1 else f"{table.rows_heading} {n}" for n in range(1, self.number + 1)]
        self.all_rows = chain.from_iterable(map(self._lines, pages))
        self.read = self.written = self.shortened = 0
        self.places: list[str] = []

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of the next sheet by their headings; without any, a row of empty cells below them."""
        names, before = self.headings, self.written
        for line in islice(self.all_rows, SHEET_ROWS):
            self.written += 1
            yield dict(zip(names, line))  # noqa: B905  as many as there are columns; checking costs a twentieth
        if self.written == before:
            yield dict.fromkeys(names)

    def _lines(self, page: list[Any]) -> Iterator[tuple[Any, ...]]:
        """Return the cells of a page's rows."""
        columns, long = [], []
        for place, column in enumerate(self.table.columns):
            values = cells_of(column, page, self.local)
            if column.kind == "time":
                # The zone is in the heading.
                values = [value and value.replace(tzinfo=None, microsecond=0) for value in values]
            elif column.kind in ("text", "word"):
                long += [(row, place) for row in _shorten(values)]
            elif column.kind == "money":
                values = [None if amount is None else float(amount) for amount in values]  # a cell holds 15 digits
            columns.append(values)
        for row, place in sorted(long):
            self._note(self.read + row, place)
        self.read += len(page)
        return zip(*columns, strict=True)

    def _note(self, row: int, place: int) -> None:
        self.shortened += 1
        if len(self.places) < MAX_LISTED:
            sheet, line = divmod(row, SHEET_ROWS)
            name = self.names[sheet] if sheet < self.number else ""  # more rows than were counted: refused at the end
            self.places.append(f"{name}, {line + 2}, {self.headings[place]}")

    def about(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of the last sheet, when all others are written."""
        table = self.table
        lines = [
            *([(_("Service"), make_encodable(table.product))] if table.product else []),
            (_("Search"), cut_to_cell(make_encodable(table.title))),
            (_("Data as of"), f"{table.as_of.astimezone(self.local):%Y-%m-%d %H:%M:%S} {table.timezone}"),
            (table.rows_heading, self.written),
            (_("Phone numbers"), _("in full") if table.in_full else _("masked")),
            (_("Texts that were shortened, because a cell holds at most 32,767 characters"), self.shortened),
            *((_("Shortened: sheet, row, column"), place) for place in self.places),
        ]
        for name, value in lines:
            yield {_("About this file"): name, " ": value}


def _shorten(texts: list[str | None]) -> list[int]:
    """Make texts fit into cells, in place; return the places of those that were shortened."""
    shortened = []
    for place, text in enumerate(texts):
        if text is None or (text.isascii() and len(text) < _SURELY_SHORT):
            continue
        encodable = make_encodable(text)
        texts[place] = fitted = cut_to_cell(encodable)
        if fitted != encodable:
            shortened.append(place)
    return shortened
