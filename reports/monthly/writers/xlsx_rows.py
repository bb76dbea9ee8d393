"""A sheet's rows as XML text: openpyxl's own cells take ten times as long, most of a large workbook's time.

What goes into them is made by reports/monthly/writers/xlsx_cells.py; all else of the sheet is openpyxl's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

_PLACE = b"<sheetData></sheetData>"


class RowFile:
    """The rows of one sheet, kept in a file until the sheet is closed, so that memory does not grow with them."""

    def __init__(self, columns: int) -> None:
        self.letters = [get_column_letter(n) for n in range(1, columns + 1)]
        self._file = TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 (until close_sheet)
        self._lines = 0

    def append(self, cells: Sequence[str], height: float | None = None) -> None:
        """Add a row of cells, each what follows its coordinate (see `number` and `text`); `height` is in points."""
        self._lines += 1
        line = self._lines
        own = "" if height is None else f' ht="{height}" customHeight="1"'
        row = "".join([f'<c r="{letter}{line}"{cell}' for letter, cell in zip(self.letters, cells, strict=True)])
        self._file.write(f'<row r="{line}"{own}>{row}</row>')

    def close_sheet(self, sheet) -> None:
        """Close a write-only sheet to which nothing was appended, with these rows as its own."""
        sheet.close()
        path = Path(sheet._writer.out)  # the sheet's XML, as it goes into the workbook
        before, place, after = path.read_bytes().partition(_PLACE)
        if not place:
            raise RuntimeError(f"{_PLACE.decode()} is not in the sheet")
        self._file.flush()
        rows = self._file.buffer
        rows.seek(0)
        with path.open("wb") as file:
            file.write(before + b"<sheetData>")
            copyfileobj(rows, file)
            file.write(b"</sheetData>" + after)
        self._file.close()


def number(style: int, value: float | None) -> str:
    """Return a cell with a number, or an empty one that only looks like its column."""
    if value is None:
        return f' s="{style}" t="n"/>'
    shown = value if type(value) is int else f"{value:.16g}"
    return f' s="{style}" t="n"><v>{shown}</v></c>'


def text(style: int, value: str) -> str:
    """Return a cell with a text, whatever it looks like. XML must be able to hold its characters."""
    if not value:
        return f' s="{style}" t="inlineStr"/>'
    space = ' xml:space="preserve"' if value != value.strip() else ""
    return f' s="{style}" t="inlineStr"><is><t{space}>{escape(value)}</t></is></c>'
