"""CSV files: for people's spreadsheets in the form of their country, for machines by RFC 4180.

Excel opens a CSV file into columns by its country's separator. A first line `sep=,` would set another one, but then
Excel ignores the byte order mark and misreads letters such as ä, so files for people have the country's separator.
Days are `28.11.2026` where the country writes them so. Elsewhere they are `2026-11-28`: spreadsheets disagree on which
part of `5/6/2026` is the month, but all read ISO days as dates and show them as their own.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TextIO

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol

from portal.common.safe_text import guard_for_csv, make_encodable

ENCODING = "utf-8-sig"  # with a byte order mark, by which spreadsheets know UTF-8


class Number(str):
    """A number already formatted for the file."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class CsvForm:
    """Format of a CSV file."""

    separator: str
    decimal: str  # the sign before decimals
    for_people: bool
    dotted_days: bool = False  # 28.11.2026

    def day(self, value: date) -> str:
        """Return a day as text."""
        return f"{value.day}.{value.month}.{value.year}" if self.dotted_days else f"{value:%Y-%m-%d}"

    def time(self, value: datetime) -> str:
        """Return a time as text: for people local and to the second, for machines with its offset."""
        return f"{self.day(value)} {value:%H:%M:%S}" if self.for_people else value.isoformat()

    def number(self, value: float, places: int) -> Number:
        """Return a number with so many decimals."""
        return Number(f"{value:.{places}f}".replace(".", self.decimal))

    def percent(self, share: float) -> Number:
        """Return a share from 0 to 1: for people as the pages show it, for machines as the share with six decimals."""
        if not self.for_people:
            return self.number(share, 6)
        return Number(f"{self.number(share * 100, 2)}%")


_DOTTED = re.compile(r"d+\.M+\.y+")  # CLDR's pattern of a short date

MACHINE = CsvForm(",", ".", for_people=False)


def form_of(language: str, country: str) -> CsvForm:
    """Return the form that spreadsheets in the country expect, by CLDR: `;` where decimals follow a comma."""
    locale = _locale(language, country)
    decimal = get_decimal_symbol(locale)
    return CsvForm(
        ";" if decimal == "," else ",",
        decimal,
        for_people=True,
        dotted_days=bool(_DOTTED.fullmatch(locale.date_formats["short"].pattern)),
    )


def write_rows(file: TextIO, form: CsvForm, rows: Iterable[Iterable[Any]]) -> None:
    """Write rows of str, int, Number, date, datetime and None (an empty field). Every field is quoted.

    Text that a spreadsheet would calculate gets an apostrophe.
    """
    writer = csv.writer(file, delimiter=form.separator, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerows([_cell(value, form) for value in row] for row in rows)


def _cell(value: Any, form: CsvForm) -> str:
    if value is None:
        return ""
    if type(value) is str:  # what most cells are
        return guard_for_csv(value if value.isascii() else make_encodable(value))
    if isinstance(value, datetime):
        return form.time(value)
    if isinstance(value, date):
        return form.day(value)
    if isinstance(value, Number | int):
        return str(value)
    return guard_for_csv(make_encodable(str(value)))


def _locale(language: str, country: str) -> Locale:
    for name in (f"{language}_{country}", f"und_{country}", language):
        try:
            return Locale.parse(name.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
