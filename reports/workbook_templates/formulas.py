"""References in formulas when rows are inserted: those below move, those over the place grow with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token, TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError
from openpyxl.utils import column_index_from_string

_CELL = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([0-9]{1,7})", re.IGNORECASE)
_ROWS = re.compile(r"(\$?)([0-9]{1,7}):(\$?)([0-9]{1,7})")
_DANGEROUS = re.compile(r"\b(WEBSERVICE|FILTERXML|RTD|CALL|REGISTER(\.ID)?|IMPORTDATA|DDE)\s*\(", re.IGNORECASE)


class Unreadable(ValueError):
    """A formula that cannot be taken apart, or that reads from outside the workbook."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Rows that are inserted below the row `bottom` of a sheet."""

    bottom: int
    rows: int


@dataclass(frozen=True, slots=True)
class Shift:
    """All rows that are inserted into one sheet."""

    growths: tuple[Growth, ...] = ()

    def row(self, row: int) -> int:
        """Return where a row is afterwards, also as the first row of a range."""
        return row + sum(growth.rows for growth in self.growths if growth.bottom < row)

    def last_row(self, row: int) -> int:
        """Return where the last row of a range is: one that ends with the place grows with it."""
        return row + sum(growth.rows for growth in self.growths if growth.bottom <= row)

    def range(self, text: str) -> str:
        """Return a reference without its sheet, such as `$A$1:C5`, `B7`, `3:9` or `A:C`, after the insertion."""
        if rows := _ROWS.fullmatch(text):
            first, last = self.row(int(rows[2])), self.last_row(int(rows[4]))
            return f"{rows[1]}{first}:{rows[3]}{last}"
        parts = text.split(":")
        if len(parts) == 2 and all(map(_CELL.fullmatch, parts)):
            return f"{_moved(parts[0], self.row)}:{_moved(parts[1], self.last_row)}"
        return ":".join(_moved(part, self.row) if _CELL.fullmatch(part) else part for part in parts)

    def areas(self, text: str) -> str:
        """Return areas that are separated by spaces (`sqref`), after the insertion; a single cell grows too."""
        return " ".join(self._area(area) for area in text.split())

    def _area(self, text: str) -> str:
        single = _CELL.fullmatch(text)
        if single is None or self.last_row(int(single[4])) == self.row(int(single[4])):
            return self.range(text)
        return self.range(f"{text}:{text}")


def _moved(cell: str, of: Callable[[int], int]) -> str:
    found = _CELL.fullmatch(cell)
    if found is None:
        return cell
    return f"{found[1]}{found[2]}{found[3]}{of(int(found[4]))}"


def tokens_of(formula: str) -> list[Token]:
    """Return a formula's tokens. Raises Unreadable."""
    if _DANGEROUS.search(formula) or "|" in re.sub(r'"[^"]*"', "", formula):
        raise Unreadable(formula)
    try:
        tokens = Tokenizer(f"={formula}").items
    except (TokenizerError, IndexError) as error:
        raise Unreadable(formula) from error
    if any(token.subtype == Token.RANGE and "[" in _sheet_and_range(token.value)[0] for token in tokens):
        raise Unreadable(formula)
    return list(tokens)


def shifted(formula: str, *, sheet: str, shifts: Callable[[str], Shift]) -> str:
    """Return a formula of a sheet after rows were inserted; `shifts` has the insertion of each sheet by its title."""
    result = []
    for token in tokens_of(formula):
        value: str = token.value
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            named, cells = _sheet_and_range(value)
            value = value[: len(value) - len(cells)] + shifts(title_of(named) or sheet).range(cells)
        result.append(value)
    return "".join(result)


def references(formula: str, *, sheet: str) -> Iterable[tuple[str, str]]:
    """Yield the formula's references as the sheet's title and the cells."""
    for token in tokens_of(formula):
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            named, cells = _sheet_and_range(token.value)
            yield title_of(named) or sheet, cells


def copied(formula: str, *, cell: str, to: str) -> str:
    """Return a formula as it is when its cell is copied. Raises Unreadable."""
    try:
        return str(Translator(f"={formula}", origin=cell).translate_formula(to))[1:]
    except TranslatorError as error:
        raise Unreadable(formula) from error


def last_row_of(cells: str) -> int:
    """Return the last row of a reference, all rows where it names none."""
    rows = [int(number) for number in re.findall(r"(?<![A-Za-z])\$?(?:[A-Za-z]{1,3}\$?)?([0-9]{1,7})", cells)]
    return max(rows, default=1_048_576)


def split_cell(cell: str) -> tuple[int, int]:
    """Return a cell's row and column as numbers."""
    found = _CELL.fullmatch(cell)
    if found is None:
        raise Unreadable(cell)
    return int(found[4]), column_index_from_string(found[2].upper())


def title_of(named: str) -> str:
    """Return a sheet's title from its name before a `!`."""
    text = named.removesuffix("!")
    return text[1:-1].replace("''", "'") if text.startswith("'") and text.endswith("'") else text


def _sheet_and_range(text: str) -> tuple[str, str]:
    before, mark, cells = text.rpartition("!")
    return before + mark, cells
