"""Notations of phone numbers: what people and systems write, read as the digits of an international number.

Pure. libphonenumber decides about trunk prefixes and about which numbers a plan can have; the rest is punctuation.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

CALLING_CODES = {str(code): regions for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}

_number = re.compile(r"(?:(\+|00)([1-9][0-9]{2,24})|([1-9][0-9]{7,14}))").fullmatch
_drop_punctuation = re.compile(r"[\s()./-]+").sub
_has_unusual_punctuation = re.compile(r"[./]").search
_trunk_in_parentheses = re.compile(r"((?:\+|00)[0-9\s./-]{1,8})\(0\)").match
_context = re.compile(r"([^;]*);phone-context=(\+[0-9]{1,3})").fullmatch
_SIGNS = {"\u2212": "-", "\uff0b": "+", "\ufe62": "+", "\uff08": "(", "\uff09": ")", "\uff0e": ".", "\uff0f": "/"}


@lru_cache(maxsize=4096)  # signs are few, texts are many
def _plain_sign(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    category = unicodedata.category(sign)
    if category == "Cf":  # zero-width and direction marks, the soft hyphen
        return ""
    return _SIGNS.get(sign) or {"Pd": "-", "Zs": " "}.get(category, sign)


def plain_signs(text: str) -> str:
    """Return the text with its digits and the signs of phone numbers in ASCII, without invisible characters."""
    return text if text.isascii() else "".join(map(_plain_sign, text))


def calling_code(digits: str) -> str | None:
    """Return the calling code that the digits begin with, None where there is no such code."""
    # No calling code is the beginning of another one, so the order of the tries does not matter.
    for length in (2, 3, 1):
        if digits[:length] in CALLING_CODES:
            return digits[:length]
    return None


def digits_of(text: str) -> str | None:
    """Return calling code and national digits of what is written as an international number, else None.

    That is `+` or `00` and digits, or 8 to 15 digits taken as international. It need not be a valid number, except
    for digits without `+` and `00` that have dots or slashes between them: dates and addresses look like that.
    """
    # The form that is stored is the common one, and has its own short way.
    is_stored_form = (
        text[:1] == "+" and text.isascii() and text[1:].isdigit() and text[1] != "0" and 4 <= len(text) <= 26
    )
    return text[1:] if is_stored_form and not may_be_stripped(text[1:4])(text, 1) else _read(text)


@lru_cache(maxsize=65536)
def _read(text: str) -> str | None:
    text = _without_scheme(plain_signs(text).strip())
    if match := _trunk_in_parentheses(text):
        start, rest = match[1], text[match.end() :]
        national_prefix = _national_prefix(_drop_punctuation("", start).removeprefix("+").removeprefix("00"))
        text = f"{start}{'' if national_prefix == '0' else '0'}{rest}"
    compact = _drop_punctuation("", text)
    found = _number(compact)
    if found is None:
        return None
    digits = _without_trunk_prefix(found[2] or found[3])
    is_doubtful = (match and national_prefix != "0") or (found[3] and _has_unusual_punctuation(text))
    return None if is_doubtful and not _is_valid(digits) else digits


def _without_scheme(text: str) -> str:
    """Return the number of a `tel:` address (RFC 3966); with an extension it stays as it is, no SMS can reach that."""
    if text[:4].lower() != "tel:":
        return text
    text = text[4:].strip()
    match = _context(text)
    if match is None:
        return text
    return match[1] if match[1].startswith("+") else f"{match[2]}{match[1]}"


def _national_prefix(code: str) -> str | None:
    regions = CALLING_CODES.get(code)
    metadata = PhoneMetadata.metadata_for_region(regions[0]) if regions else None
    return metadata.national_prefix if metadata else None


def _without_trunk_prefix(digits: str) -> str:
    """Return the digits without a trunk prefix after the calling code, where that leaves a valid number."""
    if not may_be_stripped(digits[:3])(digits):
        return digits
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return digits
    if not phonenumbers.is_valid_number(number):
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]


def _is_valid(digits: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}", None))
    except phonenumbers.NumberParseException:
        return False


def national_digits(text: str, country: str) -> str | None:
    """Return calling code and national digits of a number as it is dialled in the country, None for anything else.

    One that begins with the country's trunk prefix 0 need only be possible, any other has to be valid there.
    """
    compact = _drop_punctuation("", plain_signs(text))
    if not (compact.isascii() and compact.isdigit() and 4 <= len(compact) <= 17) or compact.startswith("00"):
        return None
    try:
        number = phonenumbers.parse(compact, country)
    except phonenumbers.NumberParseException:
        return None
    trunk = compact.startswith("0") and phonenumbers.is_possible_number(number)
    if not trunk and not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]


@cache
def may_be_stripped(start: str) -> Callable[..., re.Match | None]:
    """Return what matches the digits of a number of which parsing may take some after the calling code for a prefix.

    `start` are the number's first three digits; nothing is taken from numbers that do not match.
    """
    code = calling_code(start)
    metadata = PhoneMetadata.metadata_for_region(CALLING_CODES[code][0], None) if code else None
    prefix = metadata.national_prefix_for_parsing if metadata else None
    return re.compile(f"{code}(?:0|{prefix})" if prefix else f"{code}0").match if code else _never


_never = re.compile(r"(?!)").match
