"""A template filled with a report: cells of its sheets are edited, every other part stays the same bytes.

Changed besides the cells: the workbook is calculated when it is opened, values of formulas from before are left out,
and where rows were inserted, what refers to rows below them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reports.monthly.figures import ReportHeader
from reports.monthly.tables import Table
from reports.workbook_templates.formulas import Growth, Shift, shifted
from reports.workbook_templates.growing import formulas_in_places, growth_problems, overlaps
from reports.workbook_templates.names import Names, names_of
from reports.workbook_templates.package import Package, Unusable, read_package
from reports.workbook_templates.rows import RowWriter
from reports.workbook_templates.sheets import Place, Sheet, find_places, named_cells, read_sheets
from reports.workbook_templates.xml_spans import elements, spliced, start_tag

_FORMULAS = frozenset({"formula", "formula1", "formula2"})


def fill(content: bytes, tables: Sequence[Table], header: ReportHeader) -> bytes:
    """Return the template with the report's values in it. Raises Unusable where a longer table has no room."""
    package = read_package(content)
    names, sheets = names_of(tables, header), read_sheets(package)
    places = find_places(package, sheets, names)
    growing = [place for place in places if _extra(place, names) > 0]
    if problems := [
        *overlaps(places, names),
        *formulas_in_places(sheets, places),
        *growth_problems(package, sheets, growing),
    ]:
        raise Unusable(*problems)
    shifts = {
        title: Shift(tuple(Growth(place.bottom, _extra(place, names)) for place in growing if place.sheet == title))
        for title in sheets
    }

    def shift_of(title: str) -> Shift:
        return shifts.get(title, Shift())

    singles = _single_cells(package, names)
    changed: dict[str, bytes] = {}
    for title, sheet in sheets.items():
        own = [place for place in places if place.sheet == title]
        changed[sheet.part] = _filled(sheet, own, names, shift_of, singles.get(title, {}))
    changed[package.workbook] = _workbook(package, shift_of)
    changed |= _calculation_chain(package, shift_of)
    return package.written(changed)


def _extra(place: Place, names: Names) -> int:
    return max(0, len(names.rows[place.table]) - place.height)


def _single_cells(package: Package, names: Names) -> dict[str, dict[str, str]]:
    """Return by sheet the cells that a workbook's name gives a single value: address → name."""
    found: dict[str, dict[str, str]] = {}
    for name, title, cells in named_cells(package):
        if name in names.values and ":" not in cells:
            found.setdefault(title, {})[cells.replace("$", "")] = name
    return found


def _filled(
    sheet: Sheet, places: Sequence[Place], names: Names, shift_of: Callable[[str], Shift], singles: Mapping[str, str]
) -> bytes:
    shift = shift_of(sheet.title)
    if not (places or singles or any(cell.formula is not None or cell.placeholders for cell in sheet.cells())):
        return sheet.content
    writer = RowWriter(sheet, names, shift_of, singles)
    of_row = {number: place for place in places for number in range(place.top, place.bottom + 1)}
    numbers = sorted({*sheet.rows, *of_row, *writer.rows_of_singles})
    rows = b"".join(writer.rows(number, of_row.get(number)) for number in numbers)
    data = sheet.data
    close = f"</{data.name}>".encode()
    edits = [(data.start, data.stop, start_tag(data) + rows + close)]
    if shift.growths:
        edits += _edits_outside(sheet, shift, shift_of)
    return spliced(sheet.content, edits)


def _edits_outside(sheet: Sheet, shift: Shift, shift_of: Callable[[str], Shift]) -> list[tuple[int, int, bytes]]:
    """Return the edits of what refers to rows outside the cells: merged cells, formats, filters, links."""
    edits = []
    for element in sheet.elements:
        if sheet.data.start <= element.start < sheet.data.stop:
            continue
        changed = {}
        if "sqref" in element.attributes and element.local != "selection":
            changed["sqref"] = shift.areas(element.attributes["sqref"])
        elif "ref" in element.attributes:
            changed["ref"] = shift.range(element.attributes["ref"])
        if changed and changed.items() - element.attributes.items():
            is_empty = element.inner == element.stop
            edits.append((element.start, element.inner, start_tag(element, is_empty=is_empty, **changed)))
        if element.local in _FORMULAS and element.text:
            new = shifted(element.text, sheet=sheet.title, shifts=shift_of)
            if new != element.text:
                edits.append((element.inner, element.close, _escaped(new)))
    return edits


def _workbook(package: Package, shift_of: Callable[[str], Shift]) -> bytes:
    """Return the workbook's part: calculated when it is opened, and names at their new places."""
    content = package.parts[package.workbook]
    found = elements(content)
    edits: list[tuple[int, int, bytes]] = []
    for element in found:
        if element.local == "definedName" and element.text:
            new = shifted(element.text, sheet="", shifts=shift_of)
            if new != element.text:
                edits.append((element.inner, element.close, _escaped(new)))
    calculation = next((element for element in found if element.local == "calcPr"), None)
    if calculation is not None:
        tag = start_tag(calculation, is_empty=calculation.inner == calculation.stop, fullCalcOnLoad="1")
        edits.append((calculation.start, calculation.inner, tag))
    else:
        before = [e for e in found if e.local in ("sheets", "functionGroups", "externalReferences", "definedNames")]
        last = max(before, key=lambda element: element.stop)
        edits.append((last.stop, last.stop, f'<{last.prefix}calcPr fullCalcOnLoad="1"/>'.encode()))
    return spliced(content, edits)


def _calculation_chain(package: Package, shift_of: Callable[[str], Shift]) -> dict[str, bytes]:
    """Return the part that lists the cells with formulas, with those that have moved."""
    related = package.related(package.workbook)
    parts = [part for kind, part in related.values() if kind == "calcChain" and part in package.parts]
    titles = {
        element.attributes.get("sheetId", ""): element.attributes.get("name", "")
        for element in elements(package.parts[package.workbook])
        if element.local == "sheet"
    }
    changed = {}
    for part in parts:
        content, edits, sheet = package.parts[part], [], ""
        for element in elements(content):
            if element.local == "c":
                sheet = element.attributes.get("i", sheet)
                at = element.attributes.get("r", "")
                new = shift_of(titles.get(sheet, "")).range(at)
                if new != at:
                    edits.append((element.start, element.inner, start_tag(element, is_empty=True, r=new)))
        if edits:
            changed[part] = spliced(content, edits)
    return changed


def _escaped(text: str) -> bytes:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()
