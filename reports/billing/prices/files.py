"""Files of price lists: workbooks and CSV, out and in."""

import io
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from deliveries.conversions import files
from portal.common.csv_file import ENCODING, CsvForm, Number, write_rows
from portal.common.safe_text import escape_for_workbook
from reports.billing.prices.rows import Content
from reports.billing.prices.table import COLUMNS, KINDS, ReadTable, read_table, table_rows

MAX_BYTES = 5 * 1024 * 1024
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_WIDTHS = {"kind": 18, "name": 28, "country": 14, "operator": 24, "first_day": 16, "last_day": 16}


def read_file(content: bytes, *, currency: str) -> ReadTable:
    """Return what a file says. Raises FileProblem (deliveries/conversions/files.py) and TableProblem."""
    if len(content) > MAX_BYTES:
        raise files.FileProblem("too_large")
    return read_table(files.rows(content), currency=currency)


def write_csv(content: Content, *, currency: str, form: CsvForm) -> bytes:
    """Return the table of a content as CSV, in the form that spreadsheets of the customer's country expect."""
    file = io.StringIO()
    rows = ([_for_csv(value, form) for value in row.values()] for row in _named(content, currency))
    write_rows(file, form, [_heading(), *rows])
    return file.getvalue().encode(ENCODING)


def write_xlsx(content: Content, *, currency: str, title: str) -> bytes:
    """Return the table of a content as a workbook; no text becomes a formula."""
    from openpyxl import Workbook  # slow import
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "".join(sign for sign in title if sign not in "[]:*?/\\")[:31].strip("' ") or "Prices"
    for place, (column, heading) in enumerate(zip(COLUMNS, _heading(), strict=True), 1):
        cell = sheet.cell(1, place, heading)
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = _WIDTHS.get(column, 14)
    for line, row in enumerate(_named(content, currency), 2):
        for place, (column, value) in enumerate(row.items(), 1):
            if value == "":
                continue
            cell = sheet.cell(line, place)
            if isinstance(value, str):
                cell.value, cell.data_type = escape_for_workbook(value), "s"  # never a formula
            else:
                cell.value = value
                cell.number_format = _number_format(column, value)
    sheet.freeze_panes = "A2"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _named(content: Content, currency: str) -> list[dict[str, Any]]:
    place = _language()
    return [row | {"kind": KINDS[row["kind"]][place]} for row in table_rows(content, currency=currency)]


def _heading() -> list[str]:
    return [names[_language()] for names in COLUMNS.values()]


def _language() -> int:
    """Return which of the two names of columns and kinds is that of the page's language."""
    return 1 if (get_language() or "").startswith("fi") else 0


def _for_csv(value: Any, form: CsvForm) -> Any:
    return Number(format(value, "f").replace(".", form.decimal)) if isinstance(value, Decimal) else value


def _number_format(column: str, value: Any) -> str:
    if isinstance(value, date):
        return "yyyy-mm-dd"
    return "0" if column == "quantity" else "0.00####"
