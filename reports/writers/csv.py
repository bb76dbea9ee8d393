"""Tables as CSV: RFC 4180, UTF-8 with a byte order mark so that spreadsheets read the letters right.

Column names are the English keys and numbers are for machines: no thousands separators, rates as fractions
with six digits, ISO 8601 dates. Totals and subtotals are left out, so that a column can be summed; the Summary has the
month's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from portal.common.safe_text import guard_for_csv, make_encodable
from reports.figures import ReportHeader
from reports.tables import Kind, Table


def write_zip(tables: Sequence[Table], header: ReportHeader, file: IO[bytes]) -> int:
    """Write a zip with one CSV per table, named `<month> <table>.csv`; return the number of rows in all."""
    with ZipFile(file, "w", compression=ZIP_DEFLATED) as archive:
        rows = 0
        for table in tables:
            with archive.open(f"{header.month} {table.key}.csv", "w", force_zip64=True) as member:
                rows += write_table(table, member)
    return rows


def write_table(table: Table, file: IO[bytes]) -> int:
    """Write one table to a binary file, which stays open; return the number of rows."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.key for column in table.columns])
    for row, kinds in table.typed_rows():
        writer.writerow([_cell(value, kind) for value, kind in zip(row, kinds, strict=True)])
    text.detach()
    return len(table.rows)


def _cell(value: Any, kind: Kind) -> str:
    if value is None:
        return ""
    if kind in ("percent", "ratio"):
        return f"{value:.6f}"
    if kind in ("date", "datetime"):
        return value.isoformat()
    if kind in ("int", "code", "seconds"):
        return str(value)
    return guard_for_csv(make_encodable(value))
