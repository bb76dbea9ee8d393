"""Tables as CSV: for people in the report's language and the form of their country, for machines by RFC 4180.

For machines column names are the English keys, rates fractions with six digits and times have their offset. Totals and
subtotals are left out, so that a column can be summed; the Summary has the month's.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from portal.common.csv_file import ENCODING, CsvForm, write_rows
from reports.monthly.figures import ReportHeader
from reports.monthly.summary import file_stem
from reports.monthly.tables import Kind, Table, decimals_of
from reports.monthly.texts import translate


def write_zip(tables: Sequence[Table], header: ReportHeader, file: IO[bytes], form: CsvForm) -> int:
    """Write a zip with one CSV per table, named `<month or days> <table>.csv`; return the number of rows."""
    language = header.language if form.for_people else "en"
    with ZipFile(file, "w", compression=ZIP_DEFLATED) as archive:
        rows = 0
        for table in tables:
            name = f"{file_stem(header)} {translate(table.key, language)}.csv"
            with archive.open(name, "w", force_zip64=True) as member:
                rows += write_table(table, member, form, language)
    return rows


def write_table(table: Table, file: IO[bytes], form: CsvForm, language: str) -> int:
    """Write one table to a binary file, which stays open; return the number of rows."""
    text = io.TextIOWrapper(file, encoding=ENCODING, newline="")
    headings = [_with_unit(translate(column.key, language), column.kind, form, language) for column in table.columns]
    write_rows(text, form, [headings])
    write_rows(text, form, (_cells(row, kinds, form, language) for row, kinds in table.typed_rows()))
    text.detach()
    return len(table.rows)


def _cells(row: tuple[Any, ...], kinds: tuple[Kind, ...], form: CsvForm, language: str) -> list[Any]:
    cells = [_cell(value, kind, form, language) for value, kind in zip(row, kinds, strict=True)]
    if kinds[0] == "term":  # the Summary's items
        cells[0] = _with_unit(cells[0], kinds[1], form, language)
    return cells


def _cell(value: Any, kind: Kind, form: CsvForm, language: str) -> Any:
    if value is None:
        return None
    if kind == "percent":
        return form.percent(value)
    if kind == "money":
        return form.number(value, decimals_of(value))
    if kind == "points":
        return form.number(value * 100, 2) if form.for_people else form.number(value, 6)
    if kind == "ratio":
        return form.number(value, 2 if form.for_people else 6)  # people: as workbooks do
    return translate(value, language) if kind == "term" else value


def _with_unit(name: str, kind: Kind, form: CsvForm, language: str) -> str:
    if not form.for_people:
        return name
    if kind == "points":
        return f"{name} ({translate('percentage points', language)})"
    return f"{name} (s)" if kind == "seconds" else name
