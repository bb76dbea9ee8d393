"""A template as it is before it is used: its placeholders, and its problems cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from portal.common.nearest import nearest
from reports.monthly.figures import ReportHeader
from reports.monthly.tables import Table
from reports.workbook_templates.formulas import Unreadable, tokens_of
from reports.workbook_templates.growing import formulas_in_places, growth_problems, overlaps
from reports.workbook_templates.names import MAX_ROWS, Names, names_of
from reports.workbook_templates.package import Package, Problem, Unusable, read_package
from reports.workbook_templates.sheets import PLACEHOLDER, Sheet, find_places, named_cells, read_sheets
from reports.workbook_templates.xml_spans import XmlError, elements

_MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a name in a template; `rows` are those of a table's place, 0 of a single value."""

    where: str
    name: str
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """The names that a template uses, and the problems that keep it from being used."""

    uses: tuple[Use, ...] = ()
    problems: tuple[Problem, ...] = ()


def check(content: bytes, tables: Sequence[Table], header: ReportHeader) -> Checked:
    """Return a template's uses and problems; the tables say which names there are, and need no rows.

    A place counts as too short unless its table can never be longer (MAX_ROWS).
    """
    try:
        package = read_package(content)
        sheets = read_sheets(package)
    except Unusable as error:
        return Checked(problems=error.problems)
    except (XmlError, Unreadable, ValueError) as error:
        return Checked(problems=(Problem("bad_xml", values=(str(error)[:200],)),))
    names = names_of(tables, header)
    places = find_places(package, sheets, names)
    growing = [place for place in places if place.height < MAX_ROWS.get(place.table, 1_048_576)]
    problems = [*_formula_problems(package, sheets.values()), *_name_problems(sheets.values(), names)]
    problems += [
        *overlaps(places, names),
        *formulas_in_places(sheets, places),
        *growth_problems(package, sheets, growing),
    ]
    uses = [Use(place.where, place.table, place.height) for place in places]
    uses += [
        Use(sheet.where(cell), name)
        for sheet in sheets.values()
        for cell in sheet.cells()
        for name in cell.placeholders
        if name in names.values
    ]
    uses += [
        Use(f"{title}!{cells.replace('$', '')}", name)
        for name, title, cells in named_cells(package)
        if name in names.values and ":" not in cells
    ]
    if not uses and not problems:
        problems.append(Problem("nothing"))
    return Checked(tuple(uses), tuple(problems[:_MAX_PROBLEMS]))


def _name_problems(sheets: Iterable[Sheet], names: Names) -> Iterator[Problem]:
    for sheet in sheets:
        for cell in sheet.cells():
            if cell.formula is not None and (found := PLACEHOLDER.findall(cell.formula.text)):
                yield Problem("in_formula", sheet.where(cell), (found[0],))
            for name in cell.placeholders:
                table, _, column = name.partition(".")
                if name in names.values:
                    continue
                if column in names.columns.get(table, {}):
                    if not PLACEHOLDER.fullmatch(cell.text):
                        yield Problem("column_in_text", sheet.where(cell), (name,))
                    continue
                near = nearest(name, names.known) or ""
                yield Problem("unknown_near" if near else "unknown", sheet.where(cell), (name[:80], near))


def _formula_problems(package: Package, sheets: Iterable[Sheet]) -> Iterator[Problem]:
    """Yield formulas that read from outside the workbook, or that cannot be taken apart."""
    for sheet in sheets:
        for cell in sheet.cells():
            if cell.formula is not None and cell.formula.text and not _is_readable(cell.formula.text):
                yield Problem("bad_formula", sheet.where(cell), (cell.formula.text[:80],))
    for element in elements(package.parts[package.workbook]):
        if element.local == "definedName" and element.text and not _is_readable(element.text):
            yield Problem("bad_formula", element.attributes.get("name", ""), (element.text[:80],))


def _is_readable(formula: str) -> bool:
    try:
        tokens_of(formula)
    except Unreadable:
        return False
    return True
