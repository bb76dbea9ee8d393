"""Amounts of money and prices as people read and type them, in the request's language."""

from decimal import Decimal

from django import template
from django.utils import formats

from portal.common.templatetags.figures import GAP, NOTHING, number
from reports.pricing.money import MICRO, digits_of, micro_decimal, minor_decimal, to_minor

register = template.Library()

PRICE_PLACES = 4  # of what a single message costs
_PLACES = 6  # of a millionth


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Return minor units as `1,234.50 EUR`; None is a dash."""
    if minor is None:
        return NOTHING
    shown = number(minor_decimal(minor, currency), digits_of(currency))
    return f"{shown}{GAP}{currency}"


@register.filter
def amount(micro: int | None, currency: str) -> str:
    """Return millionths of a unit, rounded to the minor unit, as `1,234.50 EUR`; None is a dash."""
    return money(None if micro is None else to_minor(micro, currency), currency)


@register.filter
def unit_price(micro: int | None, currency: str) -> str:
    """Return millionths of a unit as `0.0652 EUR`; None is a dash."""
    if micro is None:
        return NOTHING
    shown = number(round(micro_decimal(micro), PRICE_PLACES), PRICE_PLACES)
    return f"{shown}{GAP}{currency}"


@register.filter
def list_price(micro: int, currency: str) -> str:
    """Return millionths as `0.0412 EUR`, exactly: with the currency's decimals at least and six at most."""
    value = Decimal(micro) / MICRO
    return f"{number(value, _places(value, currency))}{GAP}{currency}"


@register.filter
def price_in_units(micro: int | None) -> str:
    """Return millionths of a unit as a plain number for files and scripts, with six decimals; '' for None."""
    return "" if micro is None else str(micro_decimal(micro))


@register.filter
def in_units(minor: int | None, currency: str) -> str:
    """Return minor units as a plain number for files and scripts: `1234.50`; '' for None."""
    return "" if minor is None else str(minor_decimal(minor, currency))


def typed_price(micro: int, currency: str) -> str:
    """Return millionths as people type them: without the currency, and with nothing between thousands."""
    value = Decimal(micro) / MICRO
    return _typed(value, _places(value, currency))


def typed_amount(minor: int, currency: str) -> str:
    """Return minor units as people type them."""
    return _typed(minor_decimal(minor, currency), digits_of(currency))


def _places(value: Decimal, currency: str) -> int:
    return min(max(digits_of(currency), -int(value.normalize().as_tuple().exponent)), _PLACES)


def _typed(value: Decimal, places: int) -> str:
    return f"{value:.{places}f}".replace(".", formats.get_format("DECIMAL_SEPARATOR"))
