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
    return f"{plain_price(micro, currency, force_grouping=True)}{GAP}{currency}"


@register.filter
def fee_amount(minor: int, currency: str) -> str:
    """Return minor units as `1 234.50 EUR`."""
    return f"{plain_money(minor, currency, force_grouping=True)}{GAP}{currency}"


def plain_price(micro: int, currency: str, *, force_grouping: bool = False) -> str:
    """Return millionths without the currency's name, as forms take them."""
    value = Decimal(micro) / MICRO
    needed = max(digits_of(currency), -int(value.normalize().as_tuple().exponent))
    return str(formats.number_format(value, min(needed, _PLACES), force_grouping=force_grouping))


def plain_money(minor: int, currency: str, *, force_grouping: bool = False) -> str:
    """Return minor units without the currency's name, as forms take them."""
    digits = digits_of(currency)
    return str(formats.number_format(Decimal(minor).scaleb(-digits), digits, force_grouping=force_grouping))
