"""Reads uploaded files of events: CSV as spreadsheets of any country write it, and XLSX. Pure.

A file is read into rows of texts and times with their line numbers. How it is separated and encoded is found out from
the file itself.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 400 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 100
MAX_CELL = 5000
_SEPARATORS = (";", ",", "\t")
_NUL = b"\x00"
_ARCHIVE = b"PK\x03\x04"  # an XLSX file is one
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_NO_TABLES = (b"%PDF", b"{", b"[{", b"<")  # PDF, JSON, HTML and XML
_is_decimal = re.compile(r"-?[0-9]{1,12}(?:[.,][0-9]{1,6})?").fullmatch
_spaces = re.compile(r"[\s\u00a0\u202f]+")
_LOCAL_TIMES = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y %H.%M.%S", "%d.%m.%Y %H.%M",
    "%Y-%m-%d", "%d.%m.%Y",
)  # fmt: skip

Cell = str | datetime | Decimal


@dataclass(frozen=True, slots=True)
class Row:
    """One row with its line (of a sheet: its row) in the file."""

    line: int
    cells: list[Cell]


class FileProblem(Exception):
    """The file cannot be read; `code` is one of FILE_PROBLEMS (deliveries/conversions/error_texts.py).

    `line` is where: for `names` the column, 0 for the whole file. The text is the code, then the line if there is one.
    """

    def __init__(self, code: str, line: int = 0) -> None:
        super().__init__(f"{code} {line}" if line else code)
        self.code, self.line = code, line


def rows(content: bytes) -> Iterator[Row]:
    """Yield the rows of a file that are not empty, the first one with the names of the columns. Raises FileProblem."""
    if len(content) > MAX_BYTES:
        raise FileProblem("too_large")
    if not content.strip(b"\x00\r\n\t ;,"):
        raise FileProblem("empty")
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_NO_TABLES):
        raise FileProblem("no_table")
    if content.startswith(_OLD_WORKBOOK):
        raise FileProblem("old_workbook")
    found = 0
    for row in _sheet_rows(content) if content.startswith(_ARCHIVE) else _csv_rows(content):
        if not any(cell != "" for cell in row.cells):
            continue
        found += 1
        if found > MAX_ROWS + 1:
            raise FileProblem("too_many_rows", row.line)
        if len(row.cells) > MAX_COLUMNS:
            raise FileProblem("too_many_columns", row.line)
        if any(isinstance(cell, str) and len(cell) > MAX_CELL for cell in row.cells):
            raise FileProblem("long_cell", row.line)
        yield row
    if not found:
        raise FileProblem("empty")


def _csv_rows(content: bytes) -> Iterator[Row]:
    text = decoded(content)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max(_SEPARATORS, key=lambda sign: (first.count(sign), -_SEPARATORS.index(sign)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    start = 1
    try:
        for cells in reader:
            yield Row(start, [cell.strip() for cell in cells])
            start = reader.line_num + 1
    except csv.Error as error:
        code = "long_cell" if "field limit" in str(error) else "not_csv"
        raise FileProblem(code, start) from error


def decoded(content: bytes) -> str:
    """Return the text of a file: UTF-8, UTF-16 with or without its mark, else Windows-1252. Raises FileProblem."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif _NUL in content[:200]:
        encoding = "utf-16-le" if content[1:2] == _NUL else "utf-16-be"
    else:
        encoding = "utf-8-sig"
    wrong = 0  # the line that is not in the first encoding: it tells more than that of the last resort
    for name in (encoding, *(["cp1252"] if encoding == "utf-8-sig" else [])):
        try:
            text = content.decode(name)
        except UnicodeDecodeError as error:
            wrong = wrong or _line_after(content[: error.start].decode(name, "replace"))
            continue
        if "\0" not in text:
            return text
        wrong = wrong or _line_after(text.partition("\0")[0])
    raise FileProblem("encoding", wrong)


def _line_after(text: str) -> int:
    return text.count("\n") + 1


def _sheet_rows(content: bytes) -> Iterator[Row]:
    from openpyxl import load_workbook  # slow import

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                raise FileProblem("too_large")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # some writers give wrong ones, and cells would be lost
        for line, values in enumerate(sheet.iter_rows(values_only=True), 1):
            yield Row(line, [_cell(value) for value in values])
        book.close()
    except FileProblem:
        raise
    except Exception as error:  # openpyxl raises whatever a broken file makes it stumble over
        raise FileProblem("not_xlsx") from error


def _cell(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(f"{value:.15g}")  # as Excel shows it, without the noise of binary fractions
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    return str(value).strip()


def names_of(head: Row) -> list[str]:
    """Return the names of the columns in the first row, without the empty ones that spreadsheets leave at its end."""
    names = [text_of_cell(cell) for cell in head.cells]
    while names and names[-1] == "":
        names.pop()
    return names


def text_of_cell(cell: Cell) -> str:
    """Return a cell as text: a whole number without decimals, a time as ISO 8601 writes it."""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, Decimal):
        return format(cell.quantize(Decimal(1)), "f") if cell == cell.to_integral_value() else format(cell, "f")
    return cell


def amount(cell: Cell) -> Decimal | None:
    """Return a cell as an amount, with a decimal point or comma and spaces between thousands; None for no number."""
    if isinstance(cell, Decimal):
        return cell
    if isinstance(cell, datetime):
        return None
    text = _spaces.sub("", cell).replace("\u2212", "-")
    return Decimal(text.replace(",", ".")) if _is_decimal(text) else None


def moment(cell: Cell, zone: ZoneInfo) -> datetime | None:
    """Return a cell as a time, in `zone` where it has none of its own; None for no time."""
    if isinstance(cell, Decimal):
        return None
    if isinstance(cell, str):
        found = _parsed(cell)
        if found is None:
            return None
        cell = found
    try:
        return (cell if cell.tzinfo else cell.replace(tzinfo=zone)).astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _parsed(text: str) -> datetime | None:
    if text[-1:] in "Zz" or re.search(r"[+-]\d{2}:?\d{2}$", text[10:]):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None
    for form in _LOCAL_TIMES:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  the caller adds the zone
        except ValueError:
            continue
    return None
