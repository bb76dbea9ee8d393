"""CSV in the form of the page's file (deliveries/message_pages/csv_file.py)."""

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

from deliveries.exports.writers.table import Pages, Table, Written
from deliveries.message_pages.columns import Column, cells_of, headings
from portal.common.csv_file import ENCODING, CsvForm, Number, write_rows
from portal.common.periods import zone


def write(table: Table, pages: Pages, path: Path) -> Written:
    """Write all pages in the active language."""
    columns, local, rows = table.columns, zone(table.timezone), 0
    with path.open("w", newline="", encoding=ENCODING) as file:
        write_rows(file, table.csv_form, [headings(columns, table.timezone)])
        for page in pages:
            cells = [_cells(column, page, local, table.csv_form) for column in columns]
            write_rows(file, table.csv_form, zip(*cells, strict=True))
            rows += len(page)
    return Written(rows)


def _cells(column: Column, page: Sequence[Any], local: tzinfo, form: CsvForm) -> list[Any]:
    values = cells_of(column, page, local)
    if column.kind == "share":
        return [None if share is None else form.percent(share) for share in values]
    if column.kind == "decimal":
        return [None if number is None else form.number(number, 1) for number in values]
    if column.kind == "money":
        return [None if amount is None else Number(f"{amount:f}".replace(".", form.decimal)) for amount in values]
    return values
