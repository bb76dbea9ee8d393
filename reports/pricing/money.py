"""Amounts of money as whole numbers: prices in millionths of a currency's unit, amounts in its minor unit.

Sums before rounding may be fractions of a millionth (the average price of a tiered month); they are exact.
"""

from decimal import Decimal
from fractions import Fraction
from functools import cache

from babel.numbers import get_currency_precision

MICRO = 1_000_000  # of a currency's unit

Micro = int | Fraction


def divide_half_away(dividend: int, divisor: int) -> int:
    """Return the quotient rounded to a whole number, halves away from zero, so that a credit mirrors its invoice."""
    if divisor < 0:
        dividend, divisor = -dividend, -divisor
    quotient = (2 * abs(dividend) + divisor) // (2 * divisor)
    return -quotient if dividend < 0 else quotient


@cache
def digits_of(currency: str) -> int:
    """Return how many decimals the currency's minor unit has (ISO 4217): 2 of EUR, 0 of JPY."""
    return int(get_currency_precision(currency))


def to_minor(micro: Micro, currency: str) -> int:
    """Return millionths as minor units of the currency, halves away from zero."""
    exact = Fraction(micro)
    return divide_half_away(exact.numerator, exact.denominator * _micro_of_minor(currency))


def to_micro(minor: int, currency: str) -> int:
    """Return minor units of the currency as millionths of its unit."""
    return minor * _micro_of_minor(currency)


def minor_decimal(minor: int, currency: str) -> Decimal:
    """Return minor units of the currency as a decimal number of its unit, with the currency's decimals."""
    return Decimal(minor).scaleb(-digits_of(currency))


def micro_decimal(micro: int) -> Decimal:
    """Return millionths of a unit as a decimal number of the unit, with six decimals."""
    return Decimal(micro).scaleb(-6)


def _micro_of_minor(currency: str) -> int:
    digits = digits_of(currency)
    return MICRO // int(10**digits)
