"""Rounding, minor units and shares."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.pricing.money import digits_of, divide_half_away, to_micro, to_minor
from reports.pricing.shares import largest_remainder
from tests.hypothesis_profile import examples

amounts = st.integers(min_value=-(10**15), max_value=10**15)
weights = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=30)


def test_half_a_cent_is_rounded_away_from_zero():
    assert to_minor(4801 * 65_000, "EUR") == 312_07  # 312.065
    assert to_minor(-4801 * 65_000, "EUR") == -312_07
    assert to_minor(3295 * 41_200, "EUR") == 135_75  # 135.754


def test_an_invoice_adds_up_to_the_published_total():
    net = to_minor(4801 * 65_000, "EUR") + to_minor(3295 * 41_200, "EUR")
    vat = divide_half_away(net * 255, 1000)
    assert (net, vat, net + vat) == (447_82, 114_19, 562_01)


@pytest.mark.parametrize(
    ("currency", "digits", "minor"), [("EUR", 2, 123), ("SEK", 2, 123), ("JPY", 0, 1), ("KWD", 3, 1235)]
)
def test_minor_units_have_the_decimals_of_the_currency(currency, digits, minor):
    assert digits_of(currency) == digits
    assert to_minor(1_234_500, currency) == minor


def test_a_fraction_of_a_millionth_is_not_lost():
    assert to_minor(Fraction(10_000, 2) * 3, "EUR") == 2
    assert to_minor(Fraction(29_999_999, 6_000), "EUR") == 0
    assert to_minor(Fraction(30_000_000, 6_000), "EUR") == 1


@given(amounts, st.integers(min_value=1, max_value=10**9))
@examples(100, long=10_000)
def test_quotients_are_those_of_decimal_arithmetic(dividend, divisor):
    expected = (Decimal(dividend) / Decimal(divisor)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    assert divide_half_away(dividend, divisor) == expected
    assert divide_half_away(-dividend, divisor) == -expected
    assert divide_half_away(dividend, -divisor) == -expected


@given(amounts, st.sampled_from(["EUR", "JPY", "KWD"]))
@examples(50, long=2000)
def test_minor_units_survive_the_way_to_millionths_and_back(minor, currency):
    assert to_minor(to_micro(minor, currency), currency) == minor


@given(amounts, weights)
@examples(200, long=10_000)
def test_shares_add_up_and_are_less_than_one_from_exact(total, parts):
    if not sum(parts):
        parts[0] = 1
    shares = largest_remainder(total, parts)
    assert sum(shares) == total
    for share, weight in zip(shares, parts, strict=True):
        assert abs(share - Fraction(total * weight, sum(parts))) < 1
    assert largest_remainder(-total, parts) == [-share for share in shares]


def test_the_first_of_equal_remainders_has_what_is_left():
    assert largest_remainder(100, [1, 1, 1]) == [34, 33, 33]
    assert largest_remainder(5, [0, 3, 3, 0]) == [0, 3, 2, 0]
    assert largest_remainder(0, [0, 0]) == [0, 0]


@pytest.mark.parametrize(("total", "parts"), [(1, [0, 0]), (1, []), (3, [2, -1])])
def test_what_cannot_be_shared_is_refused(total, parts):
    with pytest.raises(ValueError, match=r"cannot be shared|negative"):
        largest_remainder(total, parts)
