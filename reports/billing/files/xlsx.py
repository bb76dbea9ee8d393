"""A statement as a workbook: its facts, the lines and the tax on three sheets, with real numbers and dates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from portal.common.safe_text import show_controls
from reports.billing.document import Document
from reports.billing.files.sheets import LINES, VAT, Price, facts, line_cells, sums, vat_cells
from reports.billing.files.texts import say, title_of
from reports.monthly.texts import excel_date_format
from reports.pricing.money import digits_of

_WIDTHS = {"text": 34, "date": 12, "int": 12, "price": 14, "percent": 10, "money": 14}


def write(document: Document) -> bytes:
    """Return the file."""
    book = Workbook(write_only=True)
    book.properties.title = show_controls(title_of(document))
    book.properties.creator = show_controls(document.seller.name)
    _facts(book, document)
    _table(book, "Lines", LINES, [line_cells(line, document) for line in document.lines], document)
    _table(book, "VAT", VAT, vat_cells(document), document)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _facts(book: Workbook, document: Document) -> None:
    sheet = _sheet(book, "Statement", (30, 40), document)
    language = document.language
    rows: list[tuple[str, Any, str]] = [
        (say("Seller", language), document.seller.name, "text"),
        (say("Buyer", language), document.buyer.name, "text"),
        *facts(document),
        *((label, value, "money") for label, value in sums(document)),
    ]
    for label, value, kind in rows:
        sheet.append([_cell(sheet, label, "text", document, bold=True), _cell(sheet, value, kind, document)])


def _table(
    book: Workbook, name: str, columns: tuple[tuple[str, str], ...], rows: list[tuple[Any, ...]], document: Document
) -> None:
    sheet = _sheet(book, name, [_WIDTHS[kind] for _name, kind in columns], document)
    sheet.freeze_panes = "A2"
    heads = [say(label, document.language) for label, _kind in columns]
    sheet.append([_cell(sheet, head, "text", document, bold=True) for head in heads])
    for row in rows:
        kinds = [kind for _name, kind in columns]
        sheet.append([_cell(sheet, value, kind, document) for value, kind in zip(row, kinds, strict=True)])


def _sheet(book: Workbook, name: str, widths: Any, document: Document) -> WriteOnlyWorksheet:
    sheet = book.create_sheet(say(name, document.language))
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    return sheet


def _cell(sheet: Any, value: Any, kind: str, document: Document, *, bold: bool = False) -> Any:
    if isinstance(value, Price):
        value = value.value
    if isinstance(value, str):
        value = show_controls(value)
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"  # never a formula
    if bold:
        cell.font = Font(bold=True)
    places = "0" * digits_of(document.currency)
    if isinstance(value, date):
        cell.number_format = excel_date_format(document.language)
    elif isinstance(value, Decimal):
        formats = {"money": f"#,##0.{places}" if places else "#,##0", "price": "#,##0.00####", "percent": "0.0#%"}
        cell.number_format = formats[kind]
    return cell
