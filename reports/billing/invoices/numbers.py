"""Quantities, amounts, months and countries as invoices write them, in Finnish or English."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from functools import cache

import phonenumbers
from babel import Locale

from deliveries.conversions.files import Cell
from portal.common.msisdn import COUNTRIES, UNKNOWN_COUNTRY
from portal.common.periods import Month

MICRO_PLACES = 6
MAX_QUANTITY = 10**12
_MAX_DIGITS = 15
_spaces = re.compile(r"[\s\u00a0\u202f']+")
_currency = re.compile(r"€|\$|£|kr\.?|[A-Z]{3}")
_one_sign = re.compile(r"([0-9]+)[.,]([0-9]*)").fullmatch
_grouped = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*").fullmatch
_both = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})+(?!\1)[.,]([0-9]+)").fullmatch
_between_words = re.compile(r"[^\w-]+")
_MONTHS = (
    re.compile(r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})(?:[-/.][0-9]{1,2})?(?:[ T].*)?").fullmatch,
    re.compile(r"(?:[0-9]{1,2}[./])?(?P<month>[0-9]{1,2})[./-](?P<year>[0-9]{4})(?:[ T].*)?").fullmatch,
    re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})").fullmatch,
)
_ALSO_CALLED = {"UK": "GB", "EL": "GR", "USA": "US", "GREAT BRITAIN": "GB", "ISO-BRITANNIA": "GB"}


def quantity_of(cell: Cell) -> int | None:
    """Return a whole number; a sign before exactly three digits groups thousands. None for anything else."""
    if isinstance(cell, Decimal):
        number = cell
    else:
        text = _plain(cell)
        if text is None:
            return None
        sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
        if _grouped(digits):
            number = sign * Decimal(re.sub(r"[.,]", "", digits))
        else:
            found = _decimal(digits)
            if found is None:
                return None
            number = sign * found
    whole = number == number.to_integral_value() and abs(number) <= MAX_QUANTITY
    return int(number) if whole else None


def micro_of(cell: Cell) -> int | None:
    """Return an amount or a price in millionths; None for what is no number or has more decimals."""
    if isinstance(cell, Decimal):
        number: Decimal | None = cell
    else:
        text = _plain(cell)
        if text is None:
            return None
        sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
        number = _decimal(digits)
        number = None if number is None else sign * number
    if number is None or abs(number) > MAX_QUANTITY:
        return None
    micro = number * 10**MICRO_PLACES
    return int(micro) if micro == micro.to_integral_value() else None


def decimals_of(micro: int) -> int:
    """Return how many decimals an amount in millionths needs."""
    places = MICRO_PLACES
    while places and micro % 10 == 0:
        micro, places = micro // 10, places - 1
    return places


def _plain(cell: Cell) -> str | None:
    """Return a number's digits and signs without currency and spaces; None for a time."""
    if isinstance(cell, (datetime, Decimal)):
        return None
    text = _spaces.sub("", _currency.sub("", cell)).replace("\u2212", "-")
    return text.removeprefix("+")


def _decimal(text: str) -> Decimal | None:
    if len(text) > 2 * _MAX_DIGITS:
        return None
    if text.isascii() and text.isdigit():
        return Decimal(text)
    if one := _one_sign(text):
        return Decimal(f"{one[1]}.{one[2]}")
    if both := _both(text):
        whole = text[: -len(both[2]) - 1].replace(",", "").replace(".", "")
        return Decimal(f"{whole}.{both[2]}")
    if _grouped(text):
        return Decimal(text.replace(",", "").replace(".", ""))
    return None


def month_of(cell: Cell) -> Month | None:
    """Return the month of a day or of a month in numbers or words; None for anything else."""
    if isinstance(cell, datetime):
        year, month = cell.year, cell.month
    else:
        text = str(cell).strip().casefold()
        found = next((match for one in _MONTHS if (match := one(text))), None)
        if found is not None:
            year, month = int(found["year"]), int(found["month"])
        else:
            name, _space, last = text.replace(",", " ").rpartition(" ")
            year, month = int(last) if last.isascii() and last.isdigit() else 0, _month_names().get(name.strip(), 0)
    try:
        return Month(year, month)
    except ValueError:
        return None


def country_of(text: str) -> str | None:
    """Return the alpha-2 country that a text names: a code, a name in Finnish or English, or a calling code.

    A longer text may hold one of them, such as "SMS Finland (Elisa)". None where it names none, or several.
    """
    text = text.strip()
    code = text.upper()
    if code in COUNTRIES or code == UNKNOWN_COUNTRY:
        return code
    if known := _names().get(text.casefold()) or _ALSO_CALLED.get(code):
        return known
    if (digits := code.removeprefix("+").removeprefix("00")).isdigit() and len(digits) <= 3 and digits != code:
        region = phonenumbers.region_code_for_country_code(int(digits))
        return region if region in COUNTRIES else None
    found = set(_named_in(text))
    return found.pop() if len(found) == 1 else None


def _named_in(text: str) -> list[str]:
    """Return the countries whose names or capital codes stand in a text as words of their own."""
    folded = _between_words.sub(" ", f" {text.casefold()} ")
    named = [code for name, code in _names().items() if f" {name} " in folded]
    if named:
        return named
    return [word for word in re.findall(r"(?<![\w-])[A-Z]{2}(?![\w-])", text) if word in COUNTRIES]


@cache
def _names() -> dict[str, str]:
    locales = [Locale(language) for language in ("en", "fi", "sv")]
    return {
        locale.territories[code].casefold(): code
        for locale in locales
        for code in COUNTRIES
        if code in locale.territories
    }


@cache
def _month_names() -> dict[str, int]:
    found: dict[str, int] = {}
    for language in ("en", "fi"):
        months = Locale(language).months
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                found |= {name.casefold().rstrip("."): number for number, name in months[form][width].items()}
    return found
