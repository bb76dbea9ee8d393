"""From a table's values to a workbook's cells: text stays text, and what had to be changed is noted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from portal.common.safe_text import (
    CUT_MARK,
    cut_to_cell,
    escape_for_workbook,
    may_be_typed_as_formula,
    show_controls,
)
from reports.figures import ReportHeader
from reports.tables import Column, Kind, Table
from reports.texts import name_month, number_text, translate
from reports.writers.xlsx_styles import Styles, dress

CONTROLS_NOTE = "Control characters are shown as visible signs."
CUT_NOTE = "The text has {length} characters, more than a cell holds; it is cut after {kept}."
CONTINUED_NOTE = "The table is longer than one sheet and goes on in “{sheet}”."
MORE_NOTE = "{count} more notes of this kind are not listed."

_NOTES_LISTED = 1000
_NUMBERS: frozenset[Kind] = frozenset({"int", "code", "percent", "seconds", "ratio", "date"})


class Notes:
    """What the workbook says about its own changes: each kind is listed up to a number, then counted."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._rows: list[tuple[str, str, str]] = []
        self._seen: Counter[str] = Counter()

    def add(self, sheet: str, cell: str, text: str, /, **values: int | str) -> None:
        """Note a change of a cell; `text` is one of the sentences above, `values` fill it."""
        self._seen[text] += 1
        if self._seen[text] <= _NOTES_LISTED:
            self._rows.append((sheet, cell, self._sentence(text, values)))

    def table(self) -> Table | None:
        """Return the notes as a table of their own, None where there is nothing to say."""
        if not self._rows:
            return None
        more = [
            (None, None, f"{self._sentence(MORE_NOTE, {'count': n - _NOTES_LISTED})} {self._kind(text)}")
            for text, n in self._seen.items()
            if n > _NOTES_LISTED
        ]
        columns = (Column("Sheet", "text"), Column("Cell", "text"), Column("Note", "text"))
        return Table(key="Notes", columns=columns, rows=[*self._rows, *more])

    def _kind(self, text: str) -> str:
        return f"({translate(text, self._language)})"

    def _sentence(self, text: str, values: dict[str, int | str]) -> str:
        shown = {k: number_text(v, self._language) if isinstance(v, int) else v for k, v in values.items()}
        return translate(text, self._language).format(**shown)


class CellMaker:
    """Makes the cells of one sheet."""

    def __init__(self, sheet, header: ReportHeader, notes: Notes) -> None:
        self._sheet = sheet
        self._language = header.language
        self._styles = Styles(sheet, header.language)
        self._notes = notes

    def head(self, columns: tuple[Column, ...]) -> list[WriteOnlyCell]:
        """Return the header's cells, in the report's language."""
        return [self._text(translate(c.key, self._language), self._styles.head(c.kind)) for c in columns]

    def body(
        self, row: tuple[Any, ...], kinds: tuple[Kind, ...], line: int, roles: tuple[str, ...]
    ) -> list[WriteOnlyCell]:
        """Return a row's cells; `line` is the sheet's row, for notes."""
        return [
            self._cell(value, kind, role, line, column)
            for column, (value, kind, role) in enumerate(zip(row, kinds, roles, strict=True), 1)
        ]

    def total(self, total: tuple[Any, ...], columns: tuple[Column, ...]) -> list[WriteOnlyCell]:
        """Return the total's cells; its label stands in the first."""
        label = self._text(translate("Total", self._language), self._styles.total("text"))
        cells = [
            dress(WriteOnlyCell(self._sheet, value), self._styles.total(column.kind))
            for value, column in zip(total[1:], columns[1:], strict=True)
        ]
        return [label, *cells]

    def _cell(self, value: Any, kind: Kind, role: str, line: int, column: int) -> WriteOnlyCell:
        if value is None or kind in _NUMBERS:
            return dress(WriteOnlyCell(self._sheet, value), self._styles.body(kind, False, role))
        text = self._words(value, kind)
        safe = cut_to_cell(show_controls(text))
        if safe != text:
            self._note(text, safe, f"{get_column_letter(column)}{line}")
        return self._text(safe, self._styles.body(kind, may_be_typed_as_formula(safe), role))

    def _words(self, value: Any, kind: Kind) -> str:
        if kind == "term":
            return translate(value, self._language)
        if kind == "month":
            return name_month(value, self._language)
        if kind == "datetime":
            text = value.isoformat(sep=" ")  # as text: a workbook's times have no zone
            return f"{text[:-6]} {text[-6:]}"
        return value

    def _note(self, text: str, safe: str, cell: str) -> None:
        if show_controls(text) != text:
            self._notes.add(self._sheet.title, cell, CONTROLS_NOTE)
        if safe != show_controls(text):
            kept = len(safe) - len(CUT_MARK)
            self._notes.add(self._sheet.title, cell, CUT_NOTE, length=len(text), kept=kept)

    def _text(self, text: str, style) -> WriteOnlyCell:
        cell = WriteOnlyCell(self._sheet)
        # Past the setter, which makes formulas and errors of what looks so and cuts long text in silence.
        cell.data_type, cell._value = "s", escape_for_workbook(text)
        return dress(cell, style)
