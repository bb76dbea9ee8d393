"""Writing the tables of a run in one format."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from portal.common.csv_file import CsvForm
from reports.models import ReportDefinition
from reports.monthly.figures import ReportHeader
from reports.monthly.summary import file_stem
from reports.monthly.tables import Table
from reports.monthly.writers import csv, json
from reports.schedules.figure_tables import rest_text

Beat = Callable[[int, int], None]  # rows done, of all
Format = ReportDefinition.Format

SUFFIXES = {Format.CSV: ".zip", Format.PARQUET: ".zip"}  # one file for each table; the others hold all of them


def write_tables(
    tables: Sequence[Table], header: ReportHeader, folder: Path, *, format: str, form: CsvForm, beat: Beat
) -> Path:
    """Write tables to a new file in the folder and return its path. A PDF has the first rows of long tables."""
    path = folder / f"report_{format}{SUFFIXES.get(Format(format), f'.{format}')}"
    if format == Format.XLSX:
        # here: no other process than one that makes reports loads openpyxl
        from reports.workbook_templates.write import write_workbook

        write_workbook(tables, header, path, beat)
    elif format == Format.PDF:
        from reports.monthly.writers import pdf

        pdf.write(fitting(tables, header.language, cells=pdf.MAX_CELLS), header, path, beat)
    elif format == Format.PARQUET:
        _write_parquet(tables, header, path)
    else:
        with path.open("wb") as file:
            if format == Format.CSV:
                csv.write_zip(tables, header, file, form)
            else:
                json.write(tables, header, file)
    return path


def fitting(tables: Sequence[Table], language: str, *, cells: int) -> list[Table]:
    """Return the tables with at most so many cells in all: long ones are cut, and a row says how many rows follow."""
    share = cells // max(1, len(tables))
    return [_cut(table, max(1, share // len(table.columns) - 1), language) for table in tables]


def _cut(table: Table, most: int, language: str) -> Table:
    left = most - len(table.subtotals)
    if left >= len(table.rows):
        return table
    left = max(0, left)
    empty = [None] * len(table.columns)
    place = next((n for n, column in enumerate(table.columns) if column.kind in ("text", "term")), None)
    if place is not None:
        empty[place] = rest_text(len(table.rows) - left, language)  # type: ignore[call-overload] # a list of any cells
    return replace(table, rows=[*table.rows[:left], tuple(empty)], subtotals=table.subtotals[: max(0, most - left)])


def _write_parquet(tables: Sequence[Table], header: ReportHeader, path: Path) -> None:
    """Write a zip with one Parquet file per table: English names, ISO months, shares from 0 to 1."""
    from pyarrow import parquet

    from reports.schedules.parquet_tables import table_of  # here: pyarrow is slow to load

    with ZipFile(path, "w", compression=ZIP_STORED) as archive:
        for table in tables:
            with archive.open(f"{file_stem(header)} {table.key}.parquet", "w") as member:
                parquet.write_table(table_of(table, header), member, compression="zstd")
