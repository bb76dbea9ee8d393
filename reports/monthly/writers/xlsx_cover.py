"""The workbook's first sheet: logo, whose report it is and of which period, and the sheets that follow."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.drawing.image import Image
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink

from portal.common.safe_text import cut_to_cell, may_be_typed_as_formula, show_controls
from reports.monthly.figures import ReportHeader
from reports.monthly.summary import local_time, period_text
from reports.monthly.texts import translate
from reports.monthly.writers.xlsx_cells import text_cell
from reports.monthly.writers.xlsx_plan import Part
from reports.monthly.writers.xlsx_styles import ACCENT, MARK_FILL, MARK_TEXT, MUTED, TEXT
from reports.monthly.writers.xlsx_widths import wrapped_lines

LOGO_SIZE = (240, 60)  # pixels
_VALUE_WIDTH = 70
_FONT = "Calibri"
_PROVISIONAL = "Late delivery reports are still expected, so the figures can still change."
_LINKS = "Underlined numbers open the list of their messages in the portal. Opening it needs an account."


def write_cover(book: Any, header: ReportHeader, parts: Sequence[Part], title: str) -> None:
    """Write the cover; `parts` are the sheets that follow it, `title` its own."""
    sheet = book.create_sheet(title)
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = header.colour or ACCENT
    for column, width in (("A", 3), ("B", 26), ("C", _VALUE_WIDTH)):
        sheet.column_dimensions[column].width = width
    _set_up_print(sheet)
    maker = _Maker(sheet, header)
    maker.space(LOGO_SIZE[1] if header.logo else 12)
    if header.logo:
        _add_logo(sheet, header.logo)
    maker.title(header.title_subject)
    maker.subtitle(f"{header.product or translate('SMS reporting portal', header.language)}")
    maker.space(10)
    for name, value in _facts(header):
        maker.fact(name, value)
    if header.state == "provisional":
        maker.mark(translate("provisional", header.language), translate(_PROVISIONAL, header.language))
    maker.space(10)
    maker.heading(translate("Sheets", header.language))
    for part in parts:
        maker.to_sheet(part)
    if header.messages_address:
        maker.space(6)
        maker.note(translate(_LINKS, header.language))


def _facts(header: ReportHeader) -> list[tuple[str, str]]:
    as_of = local_time(header.data_as_of, header).strftime("%Y-%m-%d %H:%M:%S")
    return [
        *([("Report", header.report)] if header.report else []),
        ("Period", period_text(header)),
        ("State", translate(header.state, header.language)),
        *([("Revision", str(header.revision))] if header.revision else []),
        ("Data as of", f"{as_of} ({header.timezone})"),
        *header.details,
    ]


def _set_up_print(sheet: Any) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1


def _add_logo(sheet: Any, png: bytes) -> None:
    """Draw the logo on top, as large as LOGO_SIZE allows."""
    logo = Image(BytesIO(png))
    scale = min(1, *(most / has for most, has in zip(LOGO_SIZE, (logo.width, logo.height), strict=True)))
    logo.width, logo.height = round(logo.width * scale), round(logo.height * scale)
    sheet.add_image(logo, "B1")


class _Maker:
    def __init__(self, sheet: Any, header: ReportHeader) -> None:
        self._sheet, self._row = sheet, 0
        self._accent, self._language = header.colour or ACCENT, header.language

    def space(self, height: float) -> None:
        self._append([], height)

    def title(self, text: str) -> None:
        self._append([None, self._cell(text, size=24, bold=True, colour=self._accent)], 36)

    def subtitle(self, text: str) -> None:
        self._append([None, self._cell(text, size=12, colour=MUTED)], 20)

    def heading(self, text: str) -> None:
        cells = [self._cell(text, size=12, bold=True, colour=self._accent), self._cell("")]
        for cell in cells:
            cell.border = Border(bottom=Side("medium", color=self._accent))
        self._append([None, *cells], 20)

    def fact(self, name: str, value: str) -> None:
        name = translate(name, self._language)
        shown = self._cell(value, bold=True)
        shown.alignment = Alignment(vertical="center", wrap_text=True)
        lines = wrapped_lines((value,), (_VALUE_WIDTH * 0.85,))  # bold signs are wider
        self._append([None, self._cell(name, colour=MUTED), shown], 18 if lines == 1 else lines * 15 + 6)

    def mark(self, text: str, why: str) -> None:
        word, reason = self._cell(text.upper(), bold=True, colour=MARK_TEXT), self._cell(why, colour=MARK_TEXT)
        for cell in (word, reason):
            cell.fill = PatternFill("solid", fgColor=MARK_FILL)
        self._append([None, word, reason], 22)

    def note(self, text: str) -> None:
        self._append([None, self._cell(text, colour=MUTED)], 18)

    def to_sheet(self, part: Part) -> None:
        cell = self._cell(part.title, colour=self._accent, underline="single")
        cell.hyperlink = Hyperlink(ref="", location=f"{quote_sheetname(part.title)}!A1")
        self._append([None, cell], 18)

    def _append(self, cells: list[Cell | None], height: float) -> None:
        self._row += 1
        self._sheet.row_dimensions[self._row].height = height
        self._sheet.append(cells)

    def _cell(self, text: str, *, size: int = 11, bold: bool = False, colour: str = TEXT, underline: str = "") -> Cell:
        safe = cut_to_cell(show_controls(text))
        look = WriteOnlyCell(self._sheet)
        look.font = Font(name=_FONT, size=size, bold=bold, color=colour, underline=underline or None)
        look.alignment = Alignment(vertical="center")
        look.number_format = "@"
        cell = text_cell(look, safe)
        cell.quotePrefix = may_be_typed_as_formula(safe)
        return cell
