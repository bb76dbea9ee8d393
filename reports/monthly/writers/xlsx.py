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
from openpyxl.formatting.rule import DataBarRule
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName

from portal.common.safe_text import show_controls
from reports.monthly.figures import ReportHeader
from reports.monthly.summary import local_time
from reports.monthly.tables import Found, Kind, Table
from reports.monthly.texts import translate
from reports.monthly.writers.meanings import DEFINITIONS, definitions_table
from reports.monthly.writers.words import report_subject
from reports.monthly.writers.xlsx_cells import CONTINUED_NOTE, LINKS_NOTE, CellMaker, Notes, with_label
from reports.monthly.writers.xlsx_charts import countries_chart, days_chart
from reports.monthly.writers.xlsx_cover import write_cover
from reports.monthly.writers.xlsx_links import MAX_LINKS, SheetLinks
from reports.monthly.writers.xlsx_plan import SHEET_ROWS, Part, name_ranges, plan_parts
from reports.monthly.writers.xlsx_styles import COUNT_BAR, MARK_TAB, RATE_BAR
from reports.monthly.writers.xlsx_widths import ROW_HEIGHT, column_widths, head_height, value_lines, wrapped_lines

_PRODUCT = "SMS reporting portal"
_A4 = 9
_GAP, _MARK = 3, 18  # widths of the columns between a table and its mark or chart, and of the mark
_FOOTER_SIZE = 8  # points: three texts stand side by side
_MOST_OF_FOOTER = 145  # signs of its left text: a footer holds 255 in all
_ONE_PAGE = frozenset({"Summary", "Days"})
_WITH_CHART = frozenset({"Summary", "Countries"})
_PROGRESS_STEP = 1000
RATES = frozenset({"Delivery rate", "Share"})


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
    book.properties.subject = show_controls(report_subject(header))
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
    definitions = definitions_table(tables, header.language)
    parts = plan_parts(tables, header.language, sheet_rows)
    of_words = plan_parts([definitions] if definitions.rows else [], header.language, sheet_rows)
    write_cover(book, header, [*parts, *of_words], translate("Cover", header.language))
    for part in parts:
        sheet = _write_part(book, part, header, notes, counter)
        sheets.setdefault(part.table.key, sheet)
    for part in of_words:
        _write_part(book, part, header, notes, _Counter(0, None))
    _add_charts(sheets, {table.key: table for table in tables}, header.language)
    if (table := notes.table()) is not None:
        for part in plan_parts([table], header.language, sheet_rows):
            _write_part(book, part, header, notes, _Counter(0, None))


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
    if table.key not in _WITH_CHART:
        last = part.last_subtotal + part.has_total
        sheet.print_area = f"A1:{get_column_letter(len(table.columns))}{last}"  # without the mark beside it
    for name, cells in name_ranges(part).items():
        book.defined_names[name] = DefinedName(name, attr_text=cells)
    if part.next_title:
        notes.add(part.title, f"A{part.last_row}", CONTINUED_NOTE, sheet=part.next_title)

    maker, links = CellMaker(sheet, header, notes), SheetLinks(table, header)
    found = _Found(table, part)
    sheet.row_dimensions[1].height = head_height(table, widths, header)
    is_marked = header.state == "provisional" and table.key != DEFINITIONS
    mark = translate("provisional", header.language).upper() if is_marked else ""
    sheet.append(maker.head(table.columns, mark))
    roles = ("item", "value", "", "") if table.row_kinds else ("",) * len(table.columns)
    if table.key == DEFINITIONS:
        roles = ("item", "wrapped", "wrapped")
    rows = islice(table.typed_rows(), part.start, part.stop)
    for line, (row, kinds) in enumerate(rows, 2):
        high = _lines(table, row, kinds, widths)
        if high > 1:
            sheet.row_dimensions[line].height = high * ROW_HEIGHT
        was_full = links.is_full
        sheet.append(maker.body(row, kinds, line, roles, links.of(row, found.of_row(line - 2))))
        if links.is_full and not was_full:
            notes.add(part.title, f"A{line}", LINKS_NOTE, most=MAX_LINKS)
        counter.step()
    kinds, roles = tuple(column.kind for column in table.columns), ("subtotal",) * len(table.columns)
    for index, row in enumerate(table.subtotals[part.first_subtotal : part.end_of_subtotals]):
        of_row = links.of(row, found.of_subtotal(index))
        sheet.append(maker.body(with_label(row, header.language), kinds, part.last_row + 1 + index, roles, of_row))
    if part.has_total and table.total is not None:
        sheet.append(maker.total(table.total, table.columns, links.of(table.total, table.found_total)))
    _add_bars(sheet, part)
    return sheet


def _lines(table: Table, row: tuple[Any, ...], kinds: tuple[Kind, ...], widths: Sequence[float]) -> int:
    if table.key == DEFINITIONS:
        return wrapped_lines(row, widths)
    return value_lines(row[1], kinds[1]) if table.row_kinds else 1


class _Found:
    """The filters of Message Search for the lines of one sheet; None where a table has none."""

    def __init__(self, table: Table, part: Part) -> None:
        self._table, self._part = table, part

    def of_row(self, index: int) -> Found:
        return self._table.found[self._part.start + index] if self._table.found else None

    def of_subtotal(self, index: int) -> Found:
        found = self._table.found_subtotals
        return found[self._part.first_subtotal + index] if found else None


def _add_bars(sheet: Any, part: Part) -> None:
    """Draw bars behind rates, from 0 to 100%, and behind messages: their length says what a colour alone would not."""
    if part.table.row_kinds or part.last_row < 2:
        return
    for index, column in enumerate(part.table.columns, 1):
        letter = get_column_letter(index)
        cells = f"{letter}2:{letter}{part.last_row}"
        if column.key in RATES:
            bars = DataBarRule("num", 0, "num", 1, color=RATE_BAR, showValue=True)
        elif column.key == "Messages":
            bars = DataBarRule("num", 0, "max", None, color=COUNT_BAR, showValue=True)
        else:
            continue
        sheet.conditional_formatting.add(cells, bars)


def _set_up_view(sheet: Any, part: Part, widths: Sequence[float]) -> None:
    for index, width in enumerate([*widths, _GAP, _MARK], 1):
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
    if header.state == "provisional" and key != DEFINITIONS:
        sheet.sheet_properties.tabColor = MARK_TAB
        sheet.oddHeader.center.text = f"&B{translate('provisional', header.language).upper()}"
    if header.product:
        sheet.oddHeader.right.text = _print_text(header.product)
    sheet.oddFooter.left.text = _print_text(report_subject(header), most=_MOST_OF_FOOTER)
    sheet.oddFooter.center.text = f"{translate('Page', header.language)} &P / &N"
    as_of = local_time(header.data_as_of, header).strftime("%Y-%m-%d %H:%M:%S")
    zone = header.timezone
    sheet.oddFooter.right.text = f"{translate('Data as of', header.language)} {as_of} ({zone})"
    for place in (sheet.oddFooter.left, sheet.oddFooter.center, sheet.oddFooter.right):
        place.size = _FOOTER_SIZE
    sheet.HeaderFooter.scaleWithDoc = False


def _print_text(text: str, *, most: int = 255) -> str:
    shown = show_controls(text)
    while len(shown) + shown.count("&") > most:
        shown = shown[:-1]
    return shown.replace("&", "&&")


def _add_charts(sheets: dict[str, Any], tables: dict[str, Table], language: str) -> None:
    if "Summary" in sheets and "Days" in sheets and tables["Days"].rows:
        title = translate("Messages by day", language)
        sheets["Summary"].add_chart(days_chart(sheets["Days"].title, tables["Days"], title), "F2")
    if "Countries" in sheets and tables["Countries"].rows:
        title = translate("Messages by country, largest 12", language)
        chart = countries_chart(sheets["Countries"].title, tables["Countries"], title)
        beside = get_column_letter(len(tables["Countries"].columns) + 2)
        sheets["Countries"].add_chart(chart, f"{beside}2")
