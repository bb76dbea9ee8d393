"""Amounts of money as people read them, in the request's language."""

from django import template
from django.utils import formats

from portal.common.templatetags.figures import GAP, NOTHING
from reports.pricing.money import digits_of, micro_decimal, minor_decimal, to_minor

register = template.Library()

PRICE_PLACES = 4  # of what a single message costs


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Return minor units as `1,234.50 EUR`; None is a dash."""
    if minor is None:
        return NOTHING
    shown = formats.number_format(minor_decimal(minor, currency), digits_of(currency), force_grouping=True)
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
    shown = formats.number_format(round(micro_decimal(micro), PRICE_PLACES), PRICE_PLACES, force_grouping=True)
    return f"{shown}{GAP}{currency}"


@register.filter
def price_in_units(micro: int | None) -> str:
    """Return millionths of a unit as a plain number for files and scripts, with six decimals; '' for None."""
    return "" if micro is None else str(micro_decimal(micro))


@register.filter
def in_units(minor: int | None, currency: str) -> str:
    """Return minor units as a plain number for files and scripts: `1234.50`; '' for None."""
    return "" if minor is None else str(minor_decimal(minor, currency))
