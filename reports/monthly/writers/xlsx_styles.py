"""Cell styles of the workbook: an empty cell per kind of value and place, to be copied."""

from __future__ import annotations

from functools import cache
from typing import Any

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from reports.monthly.tables import Kind
from reports.monthly.texts import excel_date_format, points_unit

ACCENT = "0F5F66"
TEXT = "1F2933"
MUTED = "52606D"
HEAD_FILL = "EDF1F2"
LINE = "C9D1D6"
FAINT = "E4E8EB"
MARK_FILL = "FFF1D6"
MARK_TEXT = "6B3F00"
MARK_TAB = "F0A500"
RATE_BAR = "7CCBB3"
COUNT_BAR = "C9D8E6"

STATUS_FILLS = {"Delivered": "009E73", "Pending": "2B7BBA", "Failed": "C2500A", "Unknown": "6E6E6E"}
"""The status colours of every page, in the order in which charts stack them from the axis up."""

_FONT_NAME = "Calibri"

_NUMBER_FORMATS: dict[Kind, str] = {
    "int": "#,##0",
    "code": "0",
    "money": "#,##0.00####",
    "ratio": "0.00",
    "percent": "0.00%",
    "seconds": '#,##0" s"',
    "text": "@",
}
RIGHT: frozenset[Kind] = frozenset({"int", "money", "ratio", "percent", "points", "seconds", "mixed", "difference"})


class Styles:
    """The styles of one workbook. Excel shows separators and decimal signs of its reader's own locale."""

    def __init__(self, sheet: Any, language: str, accent: str = ACCENT) -> None:
        self._sheet, self._accent = sheet, accent
        self._formats = {**_NUMBER_FORMATS, "date": excel_date_format(language)}
        self._formats["points"] = f'#,##0.00" {points_unit(language)}"'
        self.body = cache(self._body)
        self.head = cache(self._head)
        self.total = cache(self._total)
        self.mark = cache(self._mark)

    def _body(self, kind: Kind, quoted: bool = False, role: str = "", linked: bool = False) -> Cell:
        """Return an empty cell of a row; `quoted` keeps a text a text even when a person edits it."""
        cell = self._prototype(kind, Font(name=_FONT_NAME, size=10, color=MUTED if role == "item" else TEXT))
        if role == "value":
            cell.alignment = Alignment(horizontal="right", vertical="center", wrap_text=True)
            cell.font = Font(name=_FONT_NAME, size=10, color=TEXT, bold=True)
        if role == "wrapped":
            cell.alignment = Alignment(horizontal="left", indent=1, vertical="center", wrap_text=True)
        if role == "subtotal":
            cell.font = Font(name=_FONT_NAME, size=10, color=TEXT, bold=True, italic=True)
            cell.fill = PatternFill("solid", fgColor=HEAD_FILL)
        if linked:
            cell.font = self._linked(cell.font)
        cell.border = Border(bottom=Side("hair", color=FAINT))
        cell.quotePrefix = quoted
        return cell

    def _head(self, kind: Kind) -> Cell:
        cell = self._prototype("text", Font(name=_FONT_NAME, size=10, bold=True, color=TEXT))
        cell.fill = PatternFill("solid", fgColor=HEAD_FILL)
        cell.border = Border(bottom=Side("medium", color=self._accent))
        cell.alignment = _aligned(is_right=kind in RIGHT, wrap_text=True)
        return cell

    def _linked(self, font: Font) -> Font:
        return Font(
            name=_FONT_NAME, size=10, bold=font.bold, italic=font.italic, underline="single", color=self._accent
        )

    def _mark(self) -> Cell:
        """Return the cell beside a table that says that the report is provisional."""
        cell = self._prototype("text", Font(name=_FONT_NAME, size=10, bold=True, color=MARK_TEXT))
        cell.fill = PatternFill("solid", fgColor=MARK_FILL)
        return cell

    def _total(self, kind: Kind, linked: bool = False) -> Cell:
        font = Font(name=_FONT_NAME, size=10, bold=True, color=TEXT)
        cell = self._prototype(kind, self._linked(font) if linked else font)
        cell.border = Border(top=Side("thin", color=self._accent))
        cell.fill = PatternFill("solid", fgColor=HEAD_FILL)
        return cell

    def _prototype(self, kind: Kind, font: Font) -> Cell:
        cell = WriteOnlyCell(self._sheet)
        cell.font = font
        cell.number_format = self._formats.get(kind, "General")
        cell.alignment = _aligned(is_right=kind in RIGHT)
        return cell


def _aligned(*, is_right: bool, wrap_text: bool = False) -> Alignment:
    """Return the alignment of figures, or of texts, which keep a gap to figures on their left."""
    side, gap = ("right", 0) if is_right else ("left", 1)
    return Alignment(horizontal=side, indent=gap, vertical="center", wrap_text=wrap_text)
