"""Amounts: rounding by line, tax by category and rate, totals that are sums, credits that mirror."""

from hypothesis import given
from hypothesis import strategies as st

from reports.billing.amounts import Category, Totals, Vat, VatSum, amount_of, tax_on, totals_of
from reports.models import BillingTerms

FULL, REDUCED, REVERSED = Vat("S", 2550), Vat("S", 1400), Vat("AE", 0, "Reverse charge")
VATS = st.sampled_from([FULL, REDUCED, REVERSED])


def test_categories_are_those_that_terms_can_have():
    assert [str(one) for one in Category] == BillingTerms.VatCategory.values


def test_amount_is_rounded_half_away_from_zero():
    cases = [
        (4801, 65_000, "EUR", 31_207),  # 312.065
        (-4801, 65_000, "EUR", -31_207),
        (3295, 41_200, "EUR", 13_575),  # 135.754
        (1, 4_999, "EUR", 0),
        (1, 5_000, "EUR", 1),
        (15, 100_000, "JPY", 2),  # 1.5
        (3, 500, "KWD", 2),  # 0.0015
    ]

    assert [amount_of(quantity, micro, currency) for quantity, micro, currency, _minor in cases] == [
        minor for *_case, minor in cases
    ]


def test_totals_are_those_of_the_worked_example():
    lines = [(amount_of(4801, 65_000, "EUR"), FULL), (amount_of(3295, 41_200, "EUR"), FULL)]

    found = totals_of(lines)

    assert found == Totals(44_782, 11_419, (VatSum(FULL, 44_782, 11_419),))
    assert found.total == 56_201


def test_tax_is_computed_once_for_each_category_and_rate():
    found = totals_of([(333, FULL), (100, REVERSED), (333, REDUCED), (333, FULL)])

    assert found.by_vat == (VatSum(REVERSED, 100, 0), VatSum(REDUCED, 333, 47), VatSum(FULL, 666, 170))
    assert (found.net, found.vat, found.total) == (1_099, 217, 1_316)


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), VATS), max_size=30))
def test_credit_mirrors_its_invoice(lines):
    invoice, credit = totals_of(lines), totals_of([(-amount, vat) for amount, vat in lines])

    assert (credit.net, credit.vat, credit.total) == (-invoice.net, -invoice.vat, -invoice.total)
    assert invoice.net == sum(amount for amount, _vat in lines)


@given(st.integers(-(10**9), 10**9), st.integers(0, 10_000))
def test_tax_is_within_half_a_cent(net, rate):
    assert abs(tax_on(net, rate) * 10_000 - net * rate) * 2 <= 10_000
