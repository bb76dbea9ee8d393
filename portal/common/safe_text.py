"""Makes external text safe for spreadsheets: never a formula, never cut in silence."""

from __future__ import annotations

import re
from bisect import bisect_right

CELL_LIMIT = 32_767
"""Maximum length of a cell's text: UTF-16 code units, as Excel counts them, with escapes, as openpyxl counts them."""

CUT_MARK = " […]"
_MOST_UNITS = 7  # of a character: `_` becomes `_x005F_`

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE_LOOKALIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_FORMULA_START = re.compile("[=+\\-@\t\r\n\x00]")
_CSV_SEPARATOR = re.compile("([;,\t\r\n])")  # of any program that may open the file
_CSV_FORMULA = re.compile('[\\s"\0]*[=+\\-@\uff1d\uff0b\uff0d\uff20]')  # full-width signs too
_MAY_BE_CALCULATED = re.compile(
    "[=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]"
)  # a sign that both ways to a formula begin with
_PHONE_NUMBER = re.compile(r"\+[0-9]+(?: •+[0-9]{0,2})?")  # in full or masked (msisdn.mask_number)


def show_controls(text: str) -> str:
    """Return the text with control characters as their pictures (U+2400 on), what XML forbids as U+FFFD."""
    return _UNPRINTABLE.sub(_picture, text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def cut_to_cell(text: str, limit: int = CELL_LIMIT) -> str:
    """Return the text, cut and marked with CUT_MARK where escape_for_workbook makes it longer than a cell holds."""
    if len(text) * _MOST_UNITS <= limit or _cell_units(text) <= limit:
        return text
    room = limit - _cell_units(CUT_MARK)
    kept = bisect_right(range(min(len(text), room)), room, key=lambda end: _cell_units(text[: end + 1]))
    return text[:kept] + CUT_MARK


def _cell_units(text: str) -> int:
    return len(escape_for_workbook(text).encode("utf-16-le")) // 2


def escape_for_workbook(text: str) -> str:
    """Return the text so that a literal `_x0041_` is not read back as "A" (ECMA-376 part 1, ST_Xstring)."""
    return _ESCAPE_LOOKALIKE.sub("_x005F_", text)


def make_encodable(text: str) -> str:
    """Return the text with U+FFFD for each lone surrogate, which UTF-8 cannot hold."""
    return _SURROGATE.sub("\ufffd", text)


def may_be_typed_as_formula(text: str) -> bool:
    """Return whether a spreadsheet treats the text as a formula when a person types or edits it."""
    return bool(_FORMULA_START.match(text))


def guard_for_csv(text: str) -> str:
    """Return the text with an apostrophe before each piece that a spreadsheet would calculate.

    Pieces end at any separator: a program that takes another one than the file's makes cells of them. A text that is
    nothing but a phone number, `+358…`, stays as it is.
    """
    if not _MAY_BE_CALCULATED.search(text) or _PHONE_NUMBER.fullmatch(text):
        return text
    pieces = _CSV_SEPARATOR.split(text)
    pieces[::2] = [f"'{piece}" if _CSV_FORMULA.match(piece) else piece for piece in pieces[::2]]
    guarded = "".join(pieces)
    return f"'{guarded}" if may_be_typed_as_formula(guarded) else guarded
