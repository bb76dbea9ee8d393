"""From a table's values to a workbook's cells: text stays text, and what had to be changed is noted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from copy import copy
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl.cell import Cell
from openpyxl.utils import get_column_letter

from portal.common.safe_text import (
    CUT_MARK,
    cut_to_cell,
    escape_for_workbook,
    may_be_typed_as_formula,
    show_controls,
)
from reports.monthly.figures import ReportHeader
from reports.monthly.tables import Column, Kind, Table
from reports.monthly.texts import name_month, number_text, translate
from reports.monthly.writers.words import instant_text
from reports.monthly.writers.xlsx_styles import ACCENT, Styles

CONTROLS_NOTE = "Control characters are shown as visible signs."
CUT_NOTE = "The text has {length} characters, more than a cell holds; it is cut after {kept}."
CONTINUED_NOTE = "The table is longer than one sheet and goes on in “{sheet}”."
MORE_NOTE = "{count} more notes of this kind are not listed."

LINKS_NOTE = "Figures from here on have no links: a sheet holds {most} of them at most."

_NO_LINKS: Mapping[int, str] = {}
_NOTES_LISTED = 1000
_TEXTS_KEPT = 10_000
_NUMBERS: frozenset[Kind] = frozenset({"int", "code", "money", "percent", "points", "seconds", "ratio", "date"})


class Notes:
    """Notes of the workbook about its own changes: each kind is listed up to a limit, then counted."""

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


def with_label(subtotal: tuple[Any, ...], language: str) -> tuple[Any, ...]:
    """Return a subtotal's cells with the word for it in the first, before what that cell names."""
    first, *others = subtotal
    word = translate("Subtotal", language)
    return (word if first is None else f"{word}: {first}", *others)


class CellMaker:
    """Makes the cells of one sheet."""

    def __init__(self, sheet: Any, header: ReportHeader, notes: Notes) -> None:
        self._sheet = sheet
        self._language = header.language
        self._styles = Styles(sheet, header.language, header.colour or ACCENT)
        self._notes = notes
        # Most texts are in many rows. openpyxl places a cell only when it writes it.
        self._texts: dict[tuple[Kind, str, str], Cell] = {}

    def head(self, columns: tuple[Column, ...], mark: str = "") -> list[Cell | None]:
        """Return the header's cells, in the report's language; `mark` stands beside the table, after an empty cell."""
        cells = [text_cell(self._styles.head(c.kind), translate(c.key, self._language)) for c in columns]
        return [*cells, None, text_cell(self._styles.mark(), mark)] if mark else [*cells]

    def body(
        self,
        row: tuple[Any, ...],
        kinds: tuple[Kind, ...],
        line: int,
        roles: tuple[str, ...],
        links: Mapping[int, str] = _NO_LINKS,
    ) -> list[Cell]:
        """Return a row's cells; `line` is the sheet's row, for notes, `links` have addresses by the cell's index."""
        cells = [
            number_cell(self._styles.body(kind, False, role), _as_points(value) if kind == "points" else value)
            if value is None or kind in _NUMBERS
            else self._texts.get((kind, role, value)) or self._text(value, kind, role, line, column)
            for column, (value, kind, role) in enumerate(zip(row, kinds, roles, strict=True), 1)
        ]
        for index, address in links.items():
            cells[index] = number_cell(self._styles.body(kinds[index], False, roles[index], True), row[index])
            cells[index].hyperlink = address
        return cells

    def total(
        self, total: tuple[Any, ...], columns: tuple[Column, ...], links: Mapping[int, str] = _NO_LINKS
    ) -> list[Cell]:
        """Return the total's cells; its label stands in the first."""
        cells = [text_cell(self._styles.total("text"), translate("Total", self._language))]
        for index, (value, column) in enumerate(zip(total[1:], columns[1:], strict=True), 1):
            cells.append(number_cell(self._styles.total(column.kind, index in links), value))
            if index in links:
                cells[index].hyperlink = links[index]
        return cells

    def _text(self, value: Any, kind: Kind, role: str, line: int, column: int) -> Cell:
        words = self._words(value, kind)
        safe = cut_to_cell(show_controls(words))
        cell = text_cell(self._styles.body(kind, may_be_typed_as_formula(safe), role), safe)
        if safe != words:
            self._note(words, safe, f"{get_column_letter(column)}{line}")
        else:
            if len(self._texts) >= _TEXTS_KEPT:
                self._texts.clear()
            self._texts[kind, role, value] = cell
        return cell

    def _words(self, value: Any, kind: Kind) -> str:
        if kind == "term":
            return translate(value, self._language)
        if kind == "month":
            return name_month(value, self._language)
        if kind == "datetime":
            return instant_text(value)  # as text: a workbook's times have no zone
        words: str = value
        return words

    def _note(self, words: str, safe: str, cell: str) -> None:
        if show_controls(words) != words:
            self._notes.add(self._sheet.title, cell, CONTROLS_NOTE)
        if safe != show_controls(words):
            kept = len(safe) - len(CUT_MARK)
            self._notes.add(self._sheet.title, cell, CUT_NOTE, length=len(words), kept=kept)


def _as_points(difference: float | None) -> float | None:
    """Return percentage points: no number format multiplies by 100 but the one of percents."""
    return None if difference is None else round(difference * 100, 10)


def number_cell(look: Cell, value: float | Decimal | date | None) -> Cell:
    """Return a copy of an empty cell that holds a number, a date or nothing."""
    cell = copy(look)
    cell.value = value
    return cell


def text_cell(look: Cell, value: str) -> Cell:
    """Return a copy of an empty cell that holds a text, safe to be read from a workbook as it is (see safe_text.py)."""
    cell = copy(look)
    cell.value = escape_for_workbook(value)
    cell.data_type = "s"  # openpyxl takes `=1+1` for a formula and `#N/A` for an error
    return cell
