"""Phone numbers: their country, their stored and their masked form, for the rules that start from an address.

Everything here is pure and made for the hot path: a number whose calling code belongs to one region is placed
without parsing it, a number of a shared calling code (+1, +7, +44, …) is parsed once and remembered. The notations
that are read as a number are those of portal/common/number_notations.py.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from portal.common.number_notations import (
    CALLING_CODES,
    calling_code,
    digits_of,
    may_be_stripped,
    national_digits,
    plain_signs,
)

UNKNOWN_COUNTRY = "ZZ"

# ISO 3166-1 alpha-2, the 249 officially assigned codes.
_ASSIGNED = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ
    BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET
    FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU
    ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ
    LA LB LC LI LK LR LS LT LU LV LY
    MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
    NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ
    TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT
    ZA ZM ZW
"""
ISO_COUNTRIES = frozenset(_ASSIGNED.split())
# Kosovo has no assigned code; XK is the user-assigned one that everybody uses (docs/link.md section 5.8).
COUNTRIES = ISO_COUNTRIES | {"XK"}

SENDER_TYPES = ("alphanumeric", "shortnumber", "msisdn")

_WORLD = "001"  # libphonenumber's region of satellite, freephone and other codes that no country owns
_ONE_REGION = {code: regions[0] for code, regions in CALLING_CODES.items() if len(regions) == 1}
_SURE_LENGTHS = range(2, 18)  # so many digits after a calling code always parse
_MIN_DIGITS = 6  # so many of a number's last digits tell whose it is
HIDDEN = "•••••••"  # always seven, so that the mask does not tell the length

_short_number = re.compile(r"([A-Za-z]{2})-[0-9]{1,14}").fullmatch
_no_digits = re.compile(r"[^0-9]+").sub
_drop_punctuation = re.compile(r"[\s()-]+").sub

# Numbers within a text: digits with at most two signs between them. Days, months and years from 2020 on, and two of
# them in a row, are none where no three digits stand before them.
_DATE = (
    r"(?:20[2-9]\d(?:(?P<sign>[-./]?)(?:0[1-9]|1[0-2])(?:(?P=sign)(?:0[1-9]|[12]\d|3[01]))?)?"
    r"|(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.20[2-9]\d)(?!\d)"
)
_NO_DIGITS_BEFORE = r"(?<!\d)(?<!\d{3}[\s()./-])"
_DATES = rf"(?P<date>{_NO_DIGITS_BEFORE}{_DATE}(?:[\s()./-]{{1,3}}{_DATE.replace('sign', 'second')})?)"
_NEXT = rf"[\s()./-]{{0,2}}(?!{_NO_DIGITS_BEFORE}{_DATE.replace('sign', 'third')})\d"
_DATE_OR_NUMBER = re.compile(rf"{_DATES}|\+\d(?:[\s()./-]{{0,2}}\d){{7,}}|\d(?:{_NEXT}){{7,}}")
_date_or_part = re.compile(rf"{_DATES}|\d(?:{_NEXT}){{4,}}").finditer


def country_of_number(destination: str) -> str | None:
    """Return the alpha-2 region of a number, or None (docs/link.md section 5.8, first source).

    What is read as a number: see number_notations.digits_of. Where libphonenumber names no region, the main one of the
    calling code is taken. Numbers without a country (+800, +881, …) and anything else give None.
    """
    digits = digits_of(destination)
    if digits is None:
        return None
    code = calling_code(digits)
    if code is None:
        return None
    region = _ONE_REGION.get(code) if len(digits) - len(code) in _SURE_LENGTHS else None
    region = region or _region_by_parsing(digits)
    return None if region == _WORLD else region


def country_of_destination(destination: str | None, operator: str | None) -> str:
    """Return the alpha-2 country of a message, `ZZ` if unknown (docs/link.md section 5.8).

    The first known of: the number's region; the operator (`no.telenor`) up to its dot; the prefix of a short number
    (`NO-2333`). Operators and prefixes that are neither an assigned ISO 3166-1 code nor XK are ignored.
    """
    if destination:
        country = country_of_number(destination)
        if country is not None:
            return country
    if operator:
        country = operator.partition(".")[0].strip().upper()
        if country in COUNTRIES:
            return country
    return _short_number_country(destination.strip() if destination else "") or UNKNOWN_COUNTRY


@lru_cache(maxsize=4096)  # senders are few
def sender_type(source: str | None, source_ton: str | None = None) -> str:
    """Return one of SENDER_TYPES, or `''` when neither the sender nor its type is known.

    The submission's `sourceTON` decides where it is one of LINK's three (docs/link.md section 2). Else a
    country's short number (`NO-2333`) and up to 8 digits are a shortnumber, `+` or at least 9 digits an
    msisdn, and all else is alphanumeric.
    """
    ton = (source_ton or "").strip().lower()
    if ton in SENDER_TYPES:
        return ton
    text = (source or "").strip()
    if not text:
        return ""
    if _short_number_country(text):
        return "shortnumber"
    compact = _drop_punctuation("", text)
    digits = compact.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        return "alphanumeric"
    return "msisdn" if compact != digits or len(digits) >= 9 else "shortnumber"


def normalize_destination(destination: str | None) -> str:
    """Return the form that is stored: E.164 for a number, anything else stripped but unchanged.

    What a number is: see number_notations.digits_of. A national number (one leading 0) cannot be completed and
    stays. Normalizing twice changes nothing.
    """
    text = (destination or "").strip()
    digits = digits_of(text)
    return text if digits is None else f"+{digits}"


def is_readable(destination: str) -> bool:
    """Return whether a destination can be read as a number, in the stored form."""
    return digits_of(destination) is not None


def destination_rank(destination: str) -> int:
    """Return how much a destination tells (docs/link.md section 5.11); a greater one replaces a lesser one.

    3: a number with a country. 2: a short number with a country's prefix. 1: a number without a country (+800, +881).
    0: any other text.
    """
    if not is_readable(destination):
        return 2 if _short_number_country(destination.strip()) else 0
    return 1 if country_of_number(destination) is None else 3


class ReadNumber(NamedTuple):
    """A number that a person typed.

    `country` is the one in which a national number was read, '' where the text is international or no number.
    `forms` are all stored forms that the text may mean, the likeliest first; empty for an empty text.
    """

    text: str
    country: str
    forms: tuple[str, ...]


def read_number(text: str, country: str | None = None) -> ReadNumber:
    """Read a whole number that is searched for, a national one in `country`.

    A destination that cannot be read is stored unchanged, so the text itself is always among the returned forms.
    """
    text = text.strip()
    as_stored = normalize_destination(text)
    digits = national_digits(text, country) if country else None
    if country is None or digits is None or f"+{digits}" == as_stored:
        return ReadNumber(as_stored, "", tuple(dict.fromkeys(form for form in (as_stored, text) if form)))
    return ReadNumber(f"+{digits}", country, tuple(dict.fromkeys((f"+{digits}", as_stored, text))))


def spaced_number(number: str) -> str:
    """Return a number in E.164 with the spaces that its country writes; anything else as it is."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def mask_number(destination: str | None) -> str:
    """Return the masked number, in one of four forms that do not reveal its length.

    `+358 •••••••45` for a number: calling code, seven bullets, the last two digits (hidden too if fewer than six digits
    follow the calling code); `NO-•••••••` for a country's short number; `•••••••` for anything else; `''` for nothing.
    """
    text = (destination or "").strip()
    if not text:
        return ""
    digits = digits_of(text)
    code = calling_code(digits) if digits else None
    if digits is not None and code is not None:
        shown = digits[-2:] if len(digits) - len(code) >= 6 else ""
        return f"+{code} {HIDDEN}{shown}"
    country = _short_number_country(text)
    return f"{country}-{HIDDEN}" if country else HIDDEN


def mask_numbers(text: str) -> str:
    """Return a free text with every possible phone number masked as by `mask_number`.

    That is 8 digits or more, also with spaces, dots, dashes, slashes and parentheses between them. Days and months from
    2020 on are kept (`20261031`, `2026-10`, `31.10.2026`).
    """
    plain = plain_signs(text)
    masked = _DATE_OR_NUMBER.sub(lambda found: found[0] if found["date"] else mask_number(_compact(found[0])), plain)
    return text if masked == plain else masked  # what holds no number stays sign for sign


def numbers_in(text: str) -> list[str]:
    """Return what `mask_numbers` masks in the text, without the signs between the digits."""
    found = _DATE_OR_NUMBER.finditer(plain_signs(text))
    return [_compact(one[0]) for one in found if not one["date"]]


def tells_number(text: str, number: str | None) -> bool:
    """Return whether a text contains the digits that reveal the number, in any notation."""
    end = revealing_digits(number) if number else ""
    return end != "" and end in only_digits(text)


def may_be_part_of_number(text: str) -> bool:
    """Return whether a text has 5 digits or more, as in `mask_numbers`, that may be a part of a phone number."""
    return any(not found["date"] for found in _date_or_part(plain_signs(text)))


@lru_cache(maxsize=1024)  # each message has several texts
def revealing_digits(number: str) -> str:
    """Return the digits that reveal a number, '' for one that has fewer."""
    digits = only_digits(number)
    return digits[-_MIN_DIGITS:] if len(digits) >= _MIN_DIGITS else ""


def only_digits(text: str) -> str:
    """Return the digits of a text, in any script, one after the other."""
    return _no_digits("", plain_signs(text))


def _compact(number: str) -> str:
    return "".join(sign for sign in number if sign not in " ()./-" and not sign.isspace())


@lru_cache(maxsize=65536)
def _region_by_parsing(digits: str) -> str | None:
    code = calling_code(digits)
    if code is None:
        return None
    national = digits[len(code) :]
    if len(national) in _SURE_LENGTHS and not may_be_stripped(digits[:3])(digits):
        number = phonenumbers.PhoneNumber(country_code=int(code), national_number=int(national))
    else:
        try:
            number = phonenumbers.parse(f"+{digits}", None)
        except phonenumbers.NumberParseException:
            return None
    region = phonenumbers.region_code_for_number(number)
    return region or phonenumbers.region_code_for_country_code(int(code))


def _short_number_country(text: str) -> str | None:
    match = _short_number(text)
    country = match[1].upper() if match else None
    return country if country in COUNTRIES else None
