"""A sheet's cells in its XML, and its places for tables: rows with placeholders, and named ranges."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from openpyxl.utils import range_boundaries

from reports.workbook_templates.formulas import split_cell, title_of
from reports.workbook_templates.names import Names
from reports.workbook_templates.package import Package, Problem, Unusable
from reports.workbook_templates.xml_spans import Element, elements

PLACEHOLDER = re.compile(r"\{\{\s*([^{}]{1,120}?)\s*\}\}")
MAX_PLACE = 10_000  # rows of a named range
STRINGS = frozenset({"s", "str", "inlineStr"})


@dataclass(slots=True)
class Cell:
    """One cell: its element, what stands in it, and the placeholders in its text."""

    element: Element
    row: int
    column: int
    text: str = ""
    formula: Element | None = None
    value: Element | None = None

    @property
    def at(self) -> str:
        return self.element.attributes["r"]

    @property
    def placeholders(self) -> list[str]:
        return PLACEHOLDER.findall(self.text)


@dataclass(slots=True)
class Row:
    """One row of a sheet."""

    element: Element
    number: int
    cells: list[Cell] = field(default_factory=list)


@dataclass(slots=True)
class Sheet:
    """A worksheet's part, taken apart."""

    title: str
    part: str
    content: bytes
    elements: list[Element]
    data: Element
    rows: dict[int, Row]

    def cells(self) -> list[Cell]:
        return [cell for row in self.rows.values() for cell in row.cells]

    def where(self, cell: Cell) -> str:
        return f"{self.title}!{cell.at}"


@dataclass(frozen=True, slots=True)
class Place:
    """Rows of a sheet that a table fills. `columns` are columns of the sheet with the table's, by their number.

    A place of one row with placeholders repeats the row's other cells too (`repeats`).
    """

    sheet: str
    table: str
    top: int
    bottom: int
    columns: Mapping[int, str | int]
    where: str
    repeats: bool

    @property
    def height(self) -> int:
        return self.bottom - self.top + 1


def read_sheets(package: Package) -> dict[str, Sheet]:
    """Return the worksheets by their titles. Raises Unusable and XmlError."""
    shared = _shared_strings(package)
    return {title: _read(title, part, package.parts[part], shared) for title, part in package.sheets.items()}


def _shared_strings(package: Package) -> list[str]:
    parts = [part for kind, part in package.related(package.workbook).values() if kind == "sharedStrings"]
    if not parts or parts[0] not in package.parts:
        return []
    return _texts(elements(package.parts[parts[0]]), "si")


def _texts(found: Sequence[Element], holder: str) -> list[str]:
    """Return the text of each element of this name: its runs in order, without phonetic hints."""
    texts: dict[int, list[str]] = {id(element): [] for element in found if element.local == holder}
    for element in found:
        if element.local == "t":
            above = element.parent
            while above is not None and above.local != holder and above.local != "rPh":
                above = above.parent
            if above is not None and above.local == holder:
                texts[id(above)].append(element.text)
    return ["".join(parts) for parts in texts.values()]


def _read(title: str, part: str, content: bytes, shared: list[str]) -> Sheet:
    found = elements(content)
    data = next((element for element in found if element.local == "sheetData"), None)
    if data is None:
        raise Unusable(Problem("no_workbook", title))
    rows: dict[int, Row] = {}
    cells: dict[int, Cell] = {}
    number, column = 0, 0
    for element in found:
        above = element.parent
        if element.local == "row" and above is data:
            number, column = int(element.attributes.get("r", number + 1)), 0
            rows[number] = Row(element, number)
        elif element.local == "c" and above is not None and above.local == "row":
            if "r" in element.attributes:
                column = split_cell(element.attributes["r"])[1]
            else:
                raise Unusable(Problem("bad_xml", title, ("a cell without its address",)))
            cells[id(element)] = Cell(element, number, column)
            rows[number].cells.append(cells[id(element)])
        elif above is not None and id(above) in cells:
            cell = cells[id(above)]
            if element.local == "f":
                cell.formula = element
            elif element.local == "v":
                cell.value = element
                _set_text(cell, element.text, shared)
        if element.local == "t" and (cell_of := _inline_cell(element, cells)) is not None:
            cell_of.text += element.text
    return Sheet(title, part, content, found, data, rows)


def _inline_cell(text: Element, cells: Mapping[int, Cell]) -> Cell | None:
    """Return the cell in which a piece of text stands by itself, without the table of shared strings."""
    above = text.parent
    while above is not None and above.local in ("r", "is"):
        if above.local == "is":
            return cells.get(id(above.parent))
        above = above.parent
    return None


def _set_text(cell: Cell, value: str, shared: list[str]) -> None:
    kind = cell.element.attributes.get("t", "n")
    if kind == "s" and value.isdigit() and int(value) < len(shared):
        cell.text = shared[int(value)]
    elif kind in STRINGS:
        cell.text = value


def find_places(package: Package, sheets: Mapping[str, Sheet], names: Names) -> list[Place]:
    """Return the places of all sheets, those of a sheet from top to bottom."""
    found: dict[tuple[str, str, int, int], Place] = {}
    for place in _named_ranges(package, sheets, names):
        key = (place.sheet, place.table, place.top, place.bottom)
        columns = {**found[key].columns, **place.columns} if key in found else place.columns
        found[key] = replace(place, columns=columns)
    rows = [place for sheet in sheets.values() for place in _rows_with_placeholders(sheet, names)]
    return sorted([*rows, *found.values()], key=lambda place: (place.sheet, place.top))


def _rows_with_placeholders(sheet: Sheet, names: Names) -> list[Place]:
    places = []
    for row in sheet.rows.values():
        by_table: dict[str, dict[int, str | int]] = {}
        where: dict[str, str] = {}
        for cell in row.cells:
            if cell.formula is None and len(cell.placeholders) == 1 and cell.text.strip() == cell.text:
                table, _, column = cell.placeholders[0].partition(".")
                if column in names.columns.get(table, {}) and PLACEHOLDER.fullmatch(cell.text):
                    by_table.setdefault(table, {})[cell.column] = column
                    where.setdefault(table, sheet.where(cell))
        places += [
            Place(sheet.title, table, row.number, row.number, columns, where[table], repeats=True)
            for table, columns in by_table.items()
        ]
    return places


def _named_ranges(package: Package, sheets: Mapping[str, Sheet], names: Names) -> list[Place]:
    places = []
    for name, title, cells in named_cells(package):
        if title not in sheets:
            continue
        left, top, right, bottom = range_boundaries(cells)
        if None in (left, top, right, bottom) or bottom - top >= MAX_PLACE:
            continue
        where = f"{title}!{cells.replace('$', '')}"
        table, _, column = name.partition(".")
        if name in names.rows:
            width = len(names.columns[name]) if name in names.columns else 2
            wanted: dict[int, str | int] = {left + n: n for n in range(min(width, right - left + 1))}
        elif column in names.columns.get(table, {}) and left == right:
            wanted = {left: column}
        else:
            continue
        places.append(Place(title, table, top, bottom, wanted, where, repeats=False))
    return places


def named_cells(package: Package) -> list[tuple[str, str, str]]:
    """Return the workbook's names of plain ranges: name, sheet's title, cells."""
    result = []
    for element in elements(package.parts[package.workbook]):
        if element.local == "definedName" and "localSheetId" not in element.attributes:
            before, mark, cells = element.text.strip().rpartition("!")
            if mark and re.fullmatch(r"\$?[A-Z]{1,3}\$?[0-9]{1,7}(:\$?[A-Z]{1,3}\$?[0-9]{1,7})?", cells):
                result.append((element.attributes.get("name", ""), title_of(before), cells))
    return result
