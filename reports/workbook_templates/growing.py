"""Room for longer tables: what in a template refers to rows that would move, and cannot follow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from reports.workbook_templates.formulas import Unreadable, last_row_of, references, split_cell
from reports.workbook_templates.names import Names
from reports.workbook_templates.package import Package, Problem
from reports.workbook_templates.sheets import Place, Sheet
from reports.workbook_templates.xml_spans import Element, elements

_AREAS = re.compile(r"\$?[A-Z]{1,3}\$?[0-9]+")


def overlaps(places: Sequence[Place], names: Names) -> list[Problem]:
    """Return a problem for each place that shares rows with another one; fixed tables side by side are none."""
    found = []
    for index, place in enumerate(places):
        for other in places[index + 1 :]:
            if other.sheet != place.sheet or other.top > place.bottom:
                continue
            if place.columns.keys() & other.columns.keys() or not (
                place.top == other.top and _both_fit(place, other, names)
            ):
                found.append(Problem("side_by_side", other.where, (place.where,)))
    return found


def formulas_in_places(sheets: Mapping[str, Sheet], places: Sequence[Place]) -> list[Problem]:
    """Return a problem for each formula in a cell that a table fills."""
    return [
        Problem("formula_in_place", sheets[place.sheet].where(cell), (place.where,))
        for place in places
        for number in range(place.top, place.bottom + 1)
        for cell in (sheets[place.sheet].rows[number].cells if number in sheets[place.sheet].rows else ())
        if cell.column in place.columns and cell.formula is not None
    ]


def _both_fit(place: Place, other: Place, names: Names) -> bool:
    return all(len(names.rows[one.table]) <= one.height for one in (place, other)) and place.bottom == other.bottom


def growth_problems(package: Package, sheets: Mapping[str, Sheet], growing: Sequence[Place]) -> list[Problem]:
    """Return why rows cannot be inserted below these places, each with the place and what is in the way."""
    problems: list[Problem] = []
    for place in growing:
        sheet = sheets[place.sheet]
        in_the_way = [
            *_in_sheet(sheet, place),
            *_in_parts(package, sheet, place),
            *_in_charts_and_pivots(package, place),
            *_in_formulas(sheets, place),
        ]
        problems += [Problem("cannot_grow", place.where, (what, where)) for what, where in dict.fromkeys(in_the_way)]
    return problems


_Found = Iterable[tuple[str, str]]  # what, and where it is


def _in_sheet(sheet: Sheet, place: Place) -> _Found:
    """Yield merged cells in the place's last row, page breaks below, and rules of newer Excels on rows below."""
    for element in sheet.elements:
        if sheet.data.start <= element.start < sheet.data.stop:
            continue
        if element.local == "mergeCell":
            first, _, last = element.attributes.get("ref", "").partition(":")
            if last and split_cell(first)[0] <= place.bottom <= split_cell(last)[0]:
                yield "merged", f"{sheet.title}!{element.attributes['ref']}"
        elif element.local == "brk" and int(element.attributes.get("id", 0)) >= place.bottom:
            if element.parent is not None and element.parent.local == "rowBreaks":
                yield "page_break", f"{sheet.title}!{element.attributes['id']}"
        elif element.local in ("sqref", "f") and _AREAS.search(element.text) and _reaches(element.text, place):
            yield "newer_rule", f"{sheet.title}!{element.text[:60]}"


def _in_parts(package: Package, sheet: Sheet, place: Place) -> _Found:
    """Yield pictures, charts, comments, tables and pivot tables that stand below the place or around its end."""
    for kind, part in package.related(sheet.part).values():
        if part not in package.parts:
            continue
        if kind == "drawing":
            yield from _anchors(package.parts[part], sheet.title, place)
        elif kind in ("table", "pivotTable", "comments", "threadedComment"):
            name = "comment" if "omment" in kind else kind
            for element in elements(package.parts[part]):
                cells = element.attributes.get("ref", "")
                if element.local in ("table", "location", "comment", "threadedComment") and _reaches(cells, place):
                    yield name, f"{sheet.title}!{cells}"


def _anchors(content: bytes, title: str, place: Place) -> _Found:
    for element in elements(content):
        if element.local == "row" and element.parent is not None and element.parent.local == "from":
            row = int(element.text or 0) + 1
            if row > place.bottom:
                yield "drawing", f"{title}!{row}:{row}"


def _in_charts_and_pivots(package: Package, place: Place) -> _Found:
    """Yield charts and pivot tables whose source reaches the place's last row: their parts stay as they are."""
    for name, content in package.parts.items():
        if "/charts/" in name and name.endswith(".xml"):
            for element in elements(content):
                if element.local == "f" and _refers(element.text, place.sheet, "", place):
                    yield "chart", element.text
        elif "/pivotCache/pivotCacheDefinition" in name:
            for element in elements(content):
                if element.local == "worksheetSource" and element.attributes.get("sheet") == place.sheet:
                    cells = element.attributes.get("ref", "")
                    if cells and _reaches(cells, place):
                        yield "pivotTable", f"{place.sheet}!{cells}"


def _in_formulas(sheets: Mapping[str, Sheet], place: Place) -> _Found:
    """Yield formulas that are stored once for several cells, and reach rows that would move."""
    for sheet in sheets.values():
        for cell in sheet.cells():
            formula = cell.formula
            if formula is None or formula.attributes.get("t", "normal") == "normal":
                continue
            is_below = sheet.title == place.sheet and cell.row >= place.bottom
            if is_below or _refers(formula.text, place.sheet, sheet.title, place, more=_height(formula)):
                yield "shared_formula", sheet.where(cell)


def _height(formula: Element) -> int:
    first, _, last = formula.attributes.get("ref", "").partition(":")
    return split_cell(last)[0] - split_cell(first)[0] if last else 0


def _refers(formula: str, title: str, own: str, place: Place, more: int = 0) -> bool:
    try:
        found = list(references(formula, sheet=own)) if formula else []
    except Unreadable:
        return True
    return any(
        sheet == title and _AREAS.search(cells) and last_row_of(cells) + more >= place.bottom for sheet, cells in found
    )


def _reaches(cells: str, place: Place) -> bool:
    return bool(cells) and last_row_of(cells) >= place.bottom
