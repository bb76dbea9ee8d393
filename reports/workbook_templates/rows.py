"""A sheet's rows written again where something in them changes; all other rows stay the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel

from portal.common.safe_text import escape_for_workbook
from reports.workbook_templates.formulas import Shift, copied, shifted, split_cell
from reports.workbook_templates.names import Names, Value
from reports.workbook_templates.sheets import PLACEHOLDER, Cell, Place, Row, Sheet
from reports.workbook_templates.xml_spans import start_tag


class RowWriter:
    """Writes the rows of one sheet."""

    def __init__(
        self, sheet: Sheet, names: Names, shift_of: Callable[[str], Shift], singles: Mapping[str, str]
    ) -> None:
        self._sheet, self._names, self._shift_of = sheet, names, shift_of
        self._shift = shift_of(sheet.title)
        self._singles: dict[int, dict[int, str]] = {}
        for at, name in singles.items():
            row, column = split_cell(at)
            self._singles.setdefault(row, {})[column] = name
        self._prefix = sheet.data.prefix

    @property
    def rows_of_singles(self) -> list[int]:
        """The rows with cells that have a name for a single value."""
        return list(self._singles)

    def rows(self, number: int, place: Place | None) -> bytes:
        """Return a row at its new place, and below the last row of a place those that are inserted."""
        row, new = self._sheet.rows.get(number), self._shift.row(number)
        cells = self._cells(number, new, row, place, 0)
        if place is None or number != place.bottom:
            return self._row(row, new, cells)
        rows = [self._row(row, new, cells)]
        count = len(self._names.rows[place.table]) - place.height
        rows += (self._row(row, new + n, self._cells(number, new, row, place, n)) for n in range(1, count + 1))
        return b"".join(rows)

    def _row(self, row: Row | None, number: int, cells: Mapping[int, bytes]) -> bytes:
        content = b"".join(cells[column] for column in sorted(cells))
        name = f"{self._prefix}row"
        if row is None:
            return f'<{name} r="{number}">'.encode() + content + f"</{name}>".encode()
        if row.number == number and row.element.inner != row.element.stop:
            tag = self._raw(row.element.start, row.element.inner)
        else:
            tag = start_tag(row.element, r=str(number))
        return tag + content + f"</{name}>".encode()

    def _cells(self, number: int, new: int, row: Row | None, place: Place | None, more: int) -> dict[int, bytes]:
        """Return a row's cells by column; `more` is the number of a row that is inserted below it."""
        at = new + more
        own = {cell.column: cell for cell in row.cells} if row else {}
        singles = {} if more else self._singles.get(number, {})
        result = {}
        for column, cell in own.items():
            if more and place is not None and column not in place.columns and not place.repeats:
                result[column] = self._cell(cell, column, at, None)  # its look alone
            else:
                result[column] = self._kept(cell, new, at)
        for column, name in singles.items():
            result[column] = self._cell(own.get(column), column, at, self._names.values[name])
        if place is not None:
            for column, source in place.columns.items():
                value = self._value(place, source, number - place.top + more)
                result[column] = self._cell(own.get(column), column, at, value)
        return result

    def _value(self, place: Place, source: str | int, index: int) -> Value:
        rows = self._names.rows[place.table]
        if index >= len(rows):
            return None
        if isinstance(source, int):
            return rows[index][source]
        return self._names.columns[place.table][source][index]

    def _kept(self, cell: Cell, new: int, at: int) -> bytes:
        """Return a cell of the template at its new row: placeholders in it are filled, formulas moved."""
        if cell.formula is not None:
            return self._formula(cell, new, at)
        if cell.placeholders:
            single = PLACEHOLDER.fullmatch(cell.text)
            if single and single[1] in self._names.values:
                return self._cell(cell, cell.column, at, self._names.values[single[1]])
            return self._cell(cell, cell.column, at, PLACEHOLDER.sub(self._shown, cell.text))
        if at == cell.row:
            return self._raw(cell.element.start, cell.element.stop)
        is_empty = cell.element.inner == cell.element.stop
        tag = start_tag(cell.element, is_empty=is_empty, r=f"{get_column_letter(cell.column)}{at}")
        return tag + self._raw(cell.element.inner, cell.element.stop)

    def _shown(self, match: object) -> str:
        name = match[1]  # type: ignore[index]
        return self._names.texts.get(name, "")

    def _formula(self, cell: Cell, new: int, at: int) -> bytes:
        """Return a cell with its formula, without the value that it had in the template."""
        element = cell.formula
        assert element is not None
        letter = get_column_letter(cell.column)
        tag = start_tag(cell.element, r=f"{letter}{at}", t=None)
        inside = self._raw(element.start, element.stop)
        if element.text:
            text = shifted(element.text, sheet=self._sheet.title, shifts=self._shift_of)
            if at != new:
                text = copied(text, cell=f"{letter}{new}", to=f"{letter}{at}")
            if text != element.text:
                inside = start_tag(element) + escape(text).encode() + f"</{element.name}>".encode()
        return tag + inside + f"</{cell.element.name}>".encode()

    def _cell(self, cell: Cell | None, column: int, row: int, value: Value) -> bytes:
        """Return a cell with the look of the template's and a value."""
        name, at = f"{self._prefix}c", f"{get_column_letter(column)}{row}"
        style = f' s="{cell.element.attributes["s"]}"' if cell and "s" in cell.element.attributes else ""
        v = f"{self._prefix}v"
        if value is None or value == "":
            text = f'<{name} r="{at}"{style}/>'
        elif isinstance(value, str):
            i, t = f"{self._prefix}is", f"{self._prefix}t"
            shown = escape(escape_for_workbook(value))
            text = f'<{name} r="{at}"{style} t="inlineStr"><{i}><{t} xml:space="preserve">{shown}</{t}></{i}></{name}>'
        else:
            number = int(to_excel(value)) if isinstance(value, date) else value
            text = f'<{name} r="{at}"{style}><{v}>{number!r}</{v}></{name}>'
        return text.encode()

    def _raw(self, start: int, stop: int) -> bytes:
        return self._sheet.content[start:stop]
