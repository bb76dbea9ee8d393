"""Prices and fees of price lists as people read and type them, in the request's language."""

from decimal import Decimal

from django import template
from django.utils import formats

from portal.common.templatetags.figures import GAP
from reports.pricing.money import MICRO, digits_of

register = template.Library()
_PLACES = 6  # of a millionth


@register.filter
def list_price(micro: int, currency: str) -> str:
    """Return millionths as `0.0412 EUR`, exactly: with the currency's decimals at least and six at most."""
    value = _units(micro)
    return f"{formats.number_format(value, _places(value, currency), force_grouping=True)}{GAP}{currency}"


@register.filter
def fee_amount(minor: int, currency: str) -> str:
    """Return minor units as `1 234.50 EUR`."""
    digits = digits_of(currency)
    return f"{formats.number_format(Decimal(minor).scaleb(-digits), digits, force_grouping=True)}{GAP}{currency}"


def typed_price(micro: int, currency: str) -> str:
    """Return millionths as people type them: without the currency, and with nothing between thousands."""
    value = _units(micro)
    return _typed(value, _places(value, currency))


def typed_amount(minor: int, currency: str) -> str:
    """Return minor units as people type them."""
    digits = digits_of(currency)
    return _typed(Decimal(minor).scaleb(-digits), digits)


def _units(micro: int) -> Decimal:
    return Decimal(micro) / MICRO


def _places(value: Decimal, currency: str) -> int:
    return min(max(digits_of(currency), -int(value.normalize().as_tuple().exponent)), _PLACES)


def _typed(value: Decimal, places: int) -> str:
    return f"{value:.{places}f}".replace(".", formats.get_format("DECIMAL_SEPARATOR"))
