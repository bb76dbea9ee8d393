"""Tables as a workbook for people: the tenant's language, real numbers and dates, charts, ready for A4.

Rows are streamed, so that memory does not grow with them. Sheet titles and column names are translated;
defined names keep the English keys, so that a machine finds `Countries.Messages` in any language.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.drawing.image import Image
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from portal.common.safe_text import show_controls
from reports.monthly.figures import ReportHeader
from reports.monthly.summary import local_time
from reports.monthly.tables import Table
from reports.monthly.texts import name_month, translate
from reports.monthly.writers.xlsx_cells import CONTINUED_NOTE, CellMaker, Notes, with_label
from reports.monthly.writers.xlsx_charts import countries_chart, days_chart
from reports.monthly.writers.xlsx_plan import SHEET_ROWS, Part, name_ranges, plan_parts
from reports.monthly.writers.xlsx_widths import ROW_HEIGHT, column_widths, head_height, value_lines

_PRODUCT = "SMS reporting portal"
_A4 = 9
_GAP = 3  # the width of the column between a table and its chart
_ONE_PAGE = frozenset({"Summary", "Days"})
_PROGRESS_STEP = 1000
LOGO_SIZE = (192, 64)  # pixels


def write(
    tables: Sequence[Table],
    header: ReportHeader,
    target: str | Path | IO[bytes],
    progress: Callable[[int, int], None] | None = None,
    *,
    sheet_rows: int = SHEET_ROWS,
) -> int:
    """Write the workbook to a path or a binary file and return the number of data rows, without totals.

    `progress(done, total)` is called every thousand rows and at the end. A table longer than `sheet_rows`
    goes on in a further sheet, text longer than a cell holds is cut with a mark, control characters become
    visible signs: each of these is told on a sheet of notes.
    """
    book = Workbook(write_only=True)
    book.properties.creator = book.properties.title = show_controls(header.product) or _PRODUCT
    book.properties.subject = show_controls(_subject(header))
    counter = _Counter(sum(len(table.rows) for table in tables), progress)
    try:
        _write_sheets(book, tables, header, counter, sheet_rows)
        book.save(target)
    except Exception:
        with suppress(Exception):
            book.save(BytesIO())  # openpyxl deletes its temporary files, one for each sheet, only when it saves
        raise
    counter.finish()
    return counter.done


def _write_sheets(
    book: Workbook, tables: Sequence[Table], header: ReportHeader, counter: _Counter, sheet_rows: int
) -> None:
    notes = Notes(header.language)
    sheets: dict[str, Any] = {}
    for part in plan_parts(tables, header.language, sheet_rows):
        sheet = _write_part(book, part, header, notes, counter)
        sheets.setdefault(part.table.key, sheet)
    if header.logo and "Summary" in sheets:
        _add_logo(sheets["Summary"], header.logo)
    _add_charts(sheets, {table.key: table for table in tables}, header.language)
    if (table := notes.table()) is not None:
        for part in plan_parts([table], header.language, sheet_rows):
            _write_part(book, part, header, notes, _Counter(0, None))


def _add_logo(sheet: Any, png: bytes) -> None:
    """Draw the logo beside the table, as large as LOGO_SIZE allows."""
    logo = Image(BytesIO(png))
    scale = min(1, *(most / has for most, has in zip(LOGO_SIZE, (logo.width, logo.height), strict=True)))
    logo.width, logo.height = round(logo.width * scale), round(logo.height * scale)
    sheet.add_image(logo, "D2")


class _Counter:
    def __init__(self, total: int, progress: Callable[[int, int], None] | None) -> None:
        self.done, self._total, self._progress = 0, total, progress

    def step(self) -> None:
        self.done += 1
        if self._progress and self.done % _PROGRESS_STEP == 0:
            self._progress(self.done, self._total)

    def finish(self) -> None:
        if self._progress:
            self._progress(self.done, self._total)


def _write_part(book: Workbook, part: Part, header: ReportHeader, notes: Notes, counter: _Counter) -> Any:
    """Make one sheet, write its rows and return it."""
    table = part.table
    sheet = book.create_sheet(part.title)
    widths = column_widths(table, header)
    _set_up_view(sheet, part, widths)
    _set_up_print(sheet, table.key, header)
    for name, cells in name_ranges(part).items():
        book.defined_names[name] = DefinedName(name, attr_text=cells)
    if part.next_title:
        notes.add(part.title, f"A{part.last_row}", CONTINUED_NOTE, sheet=part.next_title)

    maker = CellMaker(sheet, header, notes)
    sheet.row_dimensions[1].height = head_height(table, widths, header)
    sheet.append(maker.head(table.columns))
    roles = ("item", "value", "", "") if table.row_kinds else ("",) * len(table.columns)
    rows = islice(table.typed_rows(), part.start, part.stop)
    for line, (row, kinds) in enumerate(rows, 2):
        high = value_lines(row[1], kinds[1]) if table.row_kinds else 1
        if high > 1:
            sheet.row_dimensions[line].height = high * ROW_HEIGHT
        sheet.append(maker.body(row, kinds, line, roles))
        counter.step()
    kinds, roles = tuple(column.kind for column in table.columns), ("subtotal",) * len(table.columns)
    for line, row in enumerate(table.subtotals[part.first_subtotal : part.end_of_subtotals], part.last_row + 1):
        sheet.append(maker.body(with_label(row, header.language), kinds, line, roles))
    if part.has_total and table.total is not None:
        sheet.append(maker.total(table.total, table.columns))
    return sheet


def _set_up_view(sheet: Any, part: Part, widths: Sequence[float]) -> None:
    for index, width in enumerate([*widths, _GAP], 1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    sheet.sheet_format.defaultRowHeight = ROW_HEIGHT
    sheet.sheet_format.customHeight = True
    sheet.freeze_panes = "A2"
    if part.table.row_kinds:
        sheet.sheet_view.showGridLines = False
    else:
        last = get_column_letter(len(part.table.columns))
        sheet.auto_filter.ref = f"A1:{last}{part.last_row}"


def _set_up_print(sheet: Any, key: str, header: ReportHeader) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 1 if key in _ONE_PAGE else 0
    sheet.print_title_rows = "1:1"
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.75
    sheet.oddHeader.left.text = "&A"
    if header.product:
        sheet.oddHeader.right.text = _print_text(header.product)
    sheet.oddFooter.left.text = _print_text(_subject(header))
    sheet.oddFooter.center.text = f"{translate('Page', header.language)} &P / &N"
    as_of = local_time(header.data_as_of, header).strftime("%Y-%m-%d %H:%M:%S")
    zone = header.timezone
    sheet.oddFooter.right.text = f"{translate('Data as of', header.language)} {as_of} ({zone})"


def _subject(header: ReportHeader) -> str:
    name = header.title_subject
    short = name if len(name) <= 60 else f"{name[:59]}…"  # a footer holds 255 signs in all
    month = name_month(header.month, header.language)
    return f"{short} · {month} · {translate(header.state, header.language)}"


def _print_text(text: str) -> str:
    return show_controls(text).replace("&", "&&")


def _add_charts(sheets: dict[str, Any], tables: dict[str, Table], language: str) -> None:
    if "Summary" in sheets and "Days" in sheets and tables["Days"].rows:
        title = translate("Messages by day", language)
        sheets["Summary"].add_chart(days_chart(sheets["Days"].title, tables["Days"], title), "F2")
    if "Countries" in sheets and tables["Countries"].rows:
        title = translate("Messages by country, largest 12", language)
        chart = countries_chart(sheets["Countries"].title, tables["Countries"], title)
        beside = get_column_letter(len(tables["Countries"].columns) + 2)
        sheets["Countries"].add_chart(chart, f"{beside}2")
