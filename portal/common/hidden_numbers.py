"""Phone numbers within texts: found in every notation and permanently replaced by their masked form.

`tells_number` (portal/common/msisdn.py) matches six digits anywhere in a text, which suits a text about one person. A
name that many messages share needs more: `holds_number` requires eight digits in a row, so that a campaign named by a
date or an order number is not taken for a person's number.
"""

import re
from functools import lru_cache

from portal.common.msisdn import mask_number, mask_numbers, tells_number
from portal.common.number_notations import calling_code, plain_signs

_GAP = r"[^0-9A-Za-z]{0,3}"  # between two digits of one number
_SURE_DIGITS = 8
_MIN_DIGITS = 6
_run = re.compile(r"\+?\d(?:[ ()./-]{0,3}\d){7,}")


def holds_number(text: str, number: str | None) -> bool:
    """Return whether the text has the number's last eight digits in a row, with or without signs between them.

    Eight digits that are a date (`20261031`) do not count.
    """
    if not tells_number(text, number):
        return False
    found = _pattern(_digits(number), _SURE_DIGITS).finditer(plain_signs(text))
    return any(mask_numbers(match[0]) != match[0] for match in found)


def without_number(text: str, number: str | None) -> str:
    """Return the text with the number replaced by the masked one; the text itself if it does not contain it."""
    if not tells_number(text, number):
        return text
    shown = mask_number(number)
    replaced = _pattern(_digits(number), _MIN_DIGITS).sub(lambda _found: shown, plain_signs(text))
    return shown if tells_number(replaced, number) else replaced


def numbers_in(text: str) -> list[str]:
    """Return the runs of eight digits and more in a text, with the signs between them, that may each be a number."""
    return [match[0] for match in _run.finditer(plain_signs(text))]


def _digits(number: str) -> str:
    return "".join(sign for sign in plain_signs(number) if sign.isascii() and sign.isdigit())


@lru_cache(maxsize=1024)
def _pattern(digits: str, least: int) -> re.Pattern:
    """Return what finds the number: with its calling code, as it is dialled at home, or its last digits alone."""
    code = calling_code(digits) or ""
    national = _spaced(digits[len(code) :])
    tail = _spaced(digits[-min(least, len(digits)) :])
    forms = [rf"0{_GAP}{national}", national, tail]
    if code:
        forms.insert(0, rf"(?:\(?(?:\+|0{_GAP}0){_GAP})?{_spaced(code)}{_GAP}(?:\(?0\)?{_GAP})?{national}")
    return re.compile("|".join(form for form in forms if len(digits) - len(code) >= least or form is not national))


def _spaced(digits: str) -> str:
    return _GAP.join(digits)
