"""Tables as a tagged PDF for people: the report's language, page numbers, its state on every page.

The source of the pages is fixed (`pdf.typ`). Texts reach it as data, so a text that looks like source stays a text.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from portal.common.safe_text import make_encodable
from reports.monthly.figures import ReportHeader
from reports.monthly.summary import local_time, period_text
from reports.monthly.tables import Kind, Table
from reports.monthly.texts import find_locale, translate
from reports.monthly.writers.pdf_charts import charts_of
from reports.monthly.writers.words import cell_text, report_subject
from reports.monthly.writers.xlsx_cells import with_label
from reports.monthly.writers.xlsx_styles import ACCENT, RIGHT
from reports.monthly.writers.xlsx_widths import column_widths

MAX_CELLS = 100_000
"""Maximum number of cells in a PDF, about 290 pages; more belongs into a workbook or a CSV file."""

_PRODUCT = "SMS reporting portal"
_MAX_MEMORY = 6 * 1024**3  # of addresses, most of them never touched
_MAX_SECONDS = 120
_BEAT_SECONDS = 1
_MAX_UPRIGHT = 6  # columns of a table that fits upright pages
_MAX_TEXT = 1000
_WHOLE: frozenset[Kind] = frozenset(
    {"date", "week", "points", "difference"}
)  # as wide as they need: a line would end at their hyphens
_LONG_WORD = re.compile(r"\S{17,}")
_BREAK_EVERY = 12
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")


class PdfTooLong(ValueError):
    """The tables have more than MAX_CELLS cells."""


class PdfFailed(RuntimeError):
    """The pages were not set within the limits of memory and time."""


def write(
    tables: Sequence[Table],
    header: ReportHeader,
    path: str | Path,
    beat: Callable[[int, int], None] | None = None,
) -> int:
    """Write the PDF to a path and return the number of data rows, without totals.

    `beat(done, total)` is called about once a second, also while nothing is done yet; what it raises ends the work.
    Raises PdfTooLong and PdfFailed.
    """
    cells = sum((len(table.rows) + len(table.subtotals)) * len(table.columns) for table in tables)
    if cells > MAX_CELLS:
        raise PdfTooLong(f"{cells} cells, the limit of a PDF is {MAX_CELLS}: take XLSX or CSV.")
    rows = sum(len(table.rows) for table in tables)
    beat = beat or (lambda _done, _total: None)
    with TemporaryDirectory(prefix="pdf-") as name:
        folder = Path(name)
        shutil.copyfile(Path(__file__).with_suffix(".typ"), folder / "pdf.typ")
        (folder / "report.json").write_text(json.dumps(_report(tables, header)), "utf-8")
        if header.logo:
            (folder / "logo.png").write_bytes(header.logo)
        compile_pages(folder, lambda: beat(0, rows))
        shutil.move(folder / "report.pdf", path)
    beat(rows, rows)
    return rows


def compile_pages(folder: Path, beat: Callable[[], None]) -> None:
    """Set `pdf.typ` of a folder as `report.pdf`, in a process of its own; `beat` is called about once a second.

    Raises PdfFailed.
    """
    program = Path(__file__).with_name("pdf_compile.py")
    command = [sys.executable, "-I", str(program), str(folder), str(_MAX_MEMORY), str(_MAX_SECONDS)]
    with (
        (folder / "errors").open("w+b") as errors,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=errors, stderr=errors) as process,
    ):
        try:
            while process.poll() is None:
                beat()
                try:
                    process.wait(_BEAT_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
        except BaseException:
            process.kill()
            raise
        if process.returncode:
            errors.seek(0)
            raise PdfFailed(f"code {process.returncode}: {errors.read()[-1000:].decode(errors='replace')}")


def _report(tables: Sequence[Table], header: ReportHeader) -> dict[str, Any]:
    language = header.language
    as_of = local_time(header.data_as_of, header).strftime("%Y-%m-%d %H:%M:%S")
    product = printable(header.product) or translate(_PRODUCT, language)
    charts = charts_of(tables, language)
    return {
        "title": printable(header.report or header.title_subject) or product,
        "period": f"{printable(period_text(header))} · {translate(header.state, language)}",
        "subject": printable(report_subject(header)),
        "product": product,
        "language": find_locale(language).language,
        "colour": f"#{header.colour or ACCENT}",
        "mark": translate("provisional", language) if header.state == "provisional" else "",
        "as_of": f"{translate('Data as of', language)} {as_of} ({header.timezone})",
        "page": translate("Page", language),
        "logo": bool(header.logo),
        "turned": any(len(table.columns) > _MAX_UPRIGHT for table in tables),
        "tables": [_table(table, header) | {"charts": charts.get(table.key, [])} for table in tables],
    }


def _table(table: Table, header: ReportHeader) -> dict[str, Any]:
    language, kinds = header.language, tuple(column.kind for column in table.columns)

    def cells(row: tuple[Any, ...], of: tuple[Kind, ...]) -> list[str]:
        return [printable(cell_text(value, kind, language)) for value, kind in zip(row, of, strict=True)]

    total = []
    if table.total is not None:
        total = [translate("Total", language), *cells(table.total[1:], kinds[1:])]
    return {
        "title": translate(table.key, language),
        "note": "" if table.rows else translate("No rows.", language),
        "widths": column_widths(table, header),
        "aligns": ["right" if kind in RIGHT or kind == "mixed" else "left" for kind in kinds],
        "whole": [kind in _WHOLE for kind in kinds],
        "head": [printable(translate(column.key, language)) for column in table.columns],
        "rows": [cells(row, of) for row, of in table.typed_rows()],
        "subtotals": [cells(with_label(row, language), kinds) for row in table.subtotals],
        "total": total,
    }


def printable(text: str) -> str:
    """Return a text that can be shown: long words may break anywhere, control characters are U+FFFD."""
    shown = _CONTROLS.sub("\ufffd", make_encodable(text))
    if len(shown) > _MAX_TEXT:
        shown = f"{shown[:_MAX_TEXT]} […]"
    return _LONG_WORD.sub(_breakable, shown)


def _breakable(match: re.Match[str]) -> str:
    word = match[0]
    return "\u200b".join(word[start : start + _BREAK_EVERY] for start in range(0, len(word), _BREAK_EVERY))
