"""Reads an uploaded list of phone numbers: a CSV file with a number in the first column of each line."""

import re
from dataclasses import dataclass

from portal.common.msisdn import is_readable, read_number

MAX_LINES = 100_000
MAX_BYTES = 10 * 1024**2
MAX_COLUMNS = 100  # in a line
MAX_LISTED = 20  # lines in an error
_SEPARATORS = ";\t,"
_line_ends, _byte_line_ends = re.compile("\r\n|\r|\n"), re.compile(b"\r\n|\r|\n")  # as editors number lines


class NotAList(ValueError):
    """The file is no list of numbers; `code` says why, `most` the limit, `line` where (0: as a whole)."""

    def __init__(self, code: str, most: int = 0, *, line: int = 0) -> None:
        super().__init__(code)
        self.code, self.most, self.line = code, most, line


@dataclass(frozen=True, slots=True)
class NumberFile:
    """The numbers in E.164 with their lines (from 1), and the lines that hold no phone number."""

    numbers: list[tuple[int, str]]
    wrong: list[int]


def read_list(data: bytes, *, country: str) -> NumberFile:
    """Read a file; national numbers are read in `country`. Raises NotAList.

    Further columns, empty lines and a heading without digits are passed over.
    """
    if len(data) > MAX_BYTES:
        raise NotAList("size", MAX_BYTES)
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0")):  # .xlsx and .ods, .xls
        raise NotAList("workbook")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotAList("encoding", line=_line_at(data, error.start)) from error
    if "\0" in text:  # UTF-16 without a mark, or no text at all
        raise NotAList("encoding", line=_line_at(data, data.index(b"\0")))
    lines = _line_ends.split(text)
    if (
        sum(1 for line in lines if line.strip()) > MAX_LINES + 1
    ):  # with a heading; before numbers are read, which is slow
        raise NotAList("lines", MAX_LINES)
    numbers: list[tuple[int, str]] = []
    wrong: list[int] = []
    for line, content in enumerate(lines, 1):
        if sum(map(content.count, _SEPARATORS)) >= MAX_COLUMNS:
            raise NotAList("columns", MAX_COLUMNS, line=line)
        typed = _first_cell(content)
        if not typed or (line == 1 and not any(sign.isdecimal() for sign in typed)):
            continue
        if len(numbers) + len(wrong) >= MAX_LINES:
            raise NotAList("lines", MAX_LINES)
        number = read_number(typed, country).text
        if is_readable(number):
            numbers.append((line, number))
        else:
            wrong.append(line)
    if not numbers and not wrong:
        raise NotAList("empty")
    return NumberFile(numbers, wrong)


def _line_at(data: bytes, place: int) -> int:
    """Return the number of the line that a byte is in."""
    return len(_byte_line_ends.split(data[:place]))


def _first_cell(line: str) -> str:
    for separator in _SEPARATORS:
        line = line.partition(separator)[0]
    return line.strip().strip("\"'").strip()
