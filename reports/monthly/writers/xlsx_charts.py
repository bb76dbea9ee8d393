"""The workbook's two charts: messages by day and the largest countries, stacked by status in its colours."""

from __future__ import annotations

from openpyxl.chart import BarChart, Reference, Series
from openpyxl.chart.data_source import NumFmt
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.utils import get_column_letter

from reports.monthly.tables import Table
from reports.monthly.writers.xlsx_styles import FAINT, LINE, MUTED, STATUS_FILLS, TEXT

MAX_COUNTRIES = 12
"""Maximum number of countries in the bar chart; the table has all of them."""


def days_chart(sheet_title: str, table: Table, title: str) -> BarChart:
    """Return columns by day over the sheet of Days, whose header is row 1."""
    chart = _stacked("col", sheet_title, table, category="Day", rows=len(table.rows), title=title)
    chart.x_axis.number_format = "d"
    chart.x_axis.numFmt = NumFmt("d", sourceLinked=False)
    chart.width, chart.height = 20, 12.5
    return chart


def countries_chart(sheet_title: str, table: Table, title: str) -> BarChart:
    """Return bars of the first MAX_COUNTRIES countries, the largest on top, over the sheet of Countries."""
    rows = min(len(table.rows), MAX_COUNTRIES)
    chart = _stacked("bar", sheet_title, table, category="Country", rows=rows, title=title)
    chart.x_axis.scaling.orientation = "maxMin"
    chart.y_axis.crosses = "max"
    chart.width, chart.height = 15, 3.5 + 0.75 * rows
    return chart


def _stacked(direction: str, sheet: str, table: Table, *, category: str, rows: int, title: str) -> BarChart:
    chart = BarChart()
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = direction, "stacked", 100, 35
    keys = [column.key for column in table.columns]
    for status, fill in STATUS_FILLS.items():
        values = _reference(sheet, keys.index(status) + 1, 1, rows + 1)
        series = Series(values, title_from_data=True)
        # no outline: it is drawn over the fill and would hide a share of less than its width
        series.graphicalProperties = GraphicalProperties(solidFill=fill, ln=LineProperties(noFill=True))
        series.invertIfNegative = False
        chart.series.append(series)
    chart.set_categories(_reference(sheet, keys.index(category) + 1, 2, rows + 1))
    _draw_axes(chart)
    chart.title = title
    chart.title.tx.rich.p[0].r[0].rPr = CharacterProperties(sz=1200, b=True, solidFill=TEXT)
    chart.title.overlay = False
    chart.legend.position = "b"
    chart.legend.txPr = _small_text()
    chart.graphical_properties = GraphicalProperties(ln=LineProperties(noFill=True))
    return chart


def _reference(sheet: str, column: int, first: int, last: int) -> Reference:
    quoted = sheet.replace("'", "''")
    return Reference(range_string=f"'{quoted}'!{_cell(column, first)}:{_cell(column, last)}")


def _cell(column: int, row: int) -> str:
    return f"${get_column_letter(column)}${row}"


def _draw_axes(chart: BarChart) -> None:
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False  # newer Excels hide an axis that does not say so
        axis.txPr = _small_text()
        axis.majorTickMark = "none"
        axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=LINE))
    chart.y_axis.numFmt = NumFmt("#,##0", sourceLinked=False)
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=FAINT, w=6350))


def _small_text() -> RichText:
    look = CharacterProperties(sz=900, solidFill=MUTED)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=look), endParaRPr=look)])
