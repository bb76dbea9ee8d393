"""Rates, intervals and tests against published values and against slower ways to compute them."""

from fractions import Fraction
from math import comb, factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from campaigns.statistics import (
    Comparison,
    Totals,
    enough,
    rate,
    sample_ratio_p,
    two_proportions,
    wilson,
    win_probability,
)

TOTALS = Totals(total=100, delivered=80, failed=10, pending=7, unknown=3)

proportions = st.integers(min_value=0, max_value=40).flatmap(
    lambda n: st.tuples(st.integers(min_value=0, max_value=n), st.just(n))
)
many = st.integers(min_value=0, max_value=400).flatmap(
    lambda n: st.tuples(st.integers(min_value=0, max_value=n), st.just(n))
)


def to_places(values, places=4):
    return tuple(round(value, places) for value in values)


def test_totals_make_their_rates():
    assert TOTALS.delivery_rate == 0.8
    assert TOTALS.of_final == pytest.approx(0.888889, abs=1e-6)
    assert to_places(TOTALS.delivery_interval) == (0.7112, 0.8666)
    assert to_places(TOTALS.of_final_interval) == (0.8074, 0.9385)
    assert TOTALS.maturity(final=92) == 0.92


def test_totals_of_nothing_have_no_rates():
    nothing = Totals(total=0, delivered=0, failed=0, pending=0, unknown=0)
    assert nothing.delivery_rate is None
    assert nothing.delivery_interval is None
    assert nothing.of_final is None
    assert nothing.of_final_interval is None
    assert nothing.maturity(final=0) is None


def test_totals_of_pending_only_are_zero_delivered_but_nothing_final():
    pending = Totals(total=5, delivered=0, failed=0, pending=5, unknown=0)
    assert pending.delivery_rate == 0
    assert pending.of_final is None


def test_totals_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="do not make the total"):
        Totals(total=100, delivered=80, failed=10, pending=7, unknown=2)


def test_totals_by_status_sums_every_status_once():
    messages = {
        "delivered": 1,
        "failed": 2,
        "expired": 4,
        "rejected": 8,
        "queued": 16,
        "sent": 32,
        "unknown": 64,
    }
    assert Totals.by_status(messages) == Totals(total=127, delivered=1, failed=14, pending=48, unknown=64)
    assert Totals.by_status({}) == Totals(total=0, delivered=0, failed=0, pending=0, unknown=0)


def test_totals_by_status_that_there_is_not_is_refused():
    with pytest.raises(KeyError, match="read"):
        Totals.by_status({"read": 1})


def test_totals_are_added():
    other = Totals(total=10, delivered=1, failed=2, pending=3, unknown=4)
    assert TOTALS + other == Totals(total=110, delivered=81, failed=12, pending=10, unknown=7)


def test_rate_over_nothing_is_none():
    assert [rate(1, 4), rate(0, 4), rate(0, 0)] == [0.25, 0.0, None]


def test_enough_begins_at_30():
    assert [enough(29), enough(30)] == [False, True]


@pytest.mark.parametrize(
    ("successes", "n", "interval"),
    [
        # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
        (20, 20, (0.8389, 1.0)),
    ],
)
def test_wilson_equals_published_values(successes, n, interval):
    assert to_places(wilson(successes, n)) == interval


def test_wilson_ends_exactly_at_zero_and_one():
    assert wilson(0, 7)[0] == 0
    assert wilson(7, 7)[1] == 1


def test_wilson_over_nothing_is_none():
    assert wilson(0, 0) is None


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (1, 0)])
@pytest.mark.parametrize(
    "call",
    [
        lambda successes, n: wilson(successes, n),
        lambda successes, n: two_proportions(1, 2, successes, n),
        lambda successes, n: win_probability(successes, n, 1, 2),
    ],
    ids=["wilson", "two_proportions", "win_probability"],
)
def test_impossible_proportion_is_refused(call, successes, n):
    with pytest.raises(ValueError, match="is no proportion"):
        call(successes, n)


@pytest.mark.parametrize(
    ("table", "interval"),
    [
        # Newcombe, "Interval estimation for the difference between independent proportions", 1998,
        # table II, method 10.
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((6, 7, 2, 7), (0.0582, 0.8062)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
        ((0, 10, 0, 10), (-0.2775, 0.2775)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
        ((10, 10, 0, 10), (0.6075, 1.0)),
    ],
)
def test_two_proportions_interval_equals_published_values(table, interval):
    found = two_proportions(*table)
    assert to_places((found.low, found.high)) == interval


def test_two_proportions_z_test_equals_published_value():
    # The Physicians' Health Study, Agresti, "An introduction to categorical data analysis", table 2.3:
    # 104 of 11,037 heart attacks with aspirin, 189 of 11,034 without; X² = 25.01.
    found = two_proportions(104, 11037, 189, 11034)
    assert not found.exact
    assert found.p_value == pytest.approx(5.692e-7, rel=1e-3)
    assert round(found.difference, 4) == -0.0077


@pytest.mark.parametrize(
    ("table", "p_value"),
    [
        # Fisher's tea taster: Agresti, the same book, section 2.6.
        ((3, 4, 1, 4), 0.4857),
        # Nothing differs, so nothing can be found.
        ((0, 10, 0, 20), 1.0),
        ((10, 10, 20, 20), 1.0),
    ],
)
def test_two_proportions_of_few_is_fishers_exact_test(table, p_value):
    found = two_proportions(*table)
    assert found.exact
    assert round(found.p_value, 4) == p_value


def test_two_proportions_changes_its_test_at_twenty_expected():
    assert two_proportions(20, 40, 20, 40).exact is False
    assert two_proportions(20, 40, 19, 40).exact is True


def test_two_proportions_of_rare_events_is_exact():
    # 6.5 expected: the uncorrected z-test gives 0.0522 here.
    found = two_proportions(3, 10**6, 10, 10**6)
    assert found.exact
    assert round(found.p_value, 6) == 0.092284


@pytest.mark.parametrize(
    ("table", "p_value"),
    [((20, 300, 21, 298), 0.8540), ((1000, 10000, 1120, 10000), 0.0058), ((56, 70, 48, 80), 0.0080)],
)
def test_two_proportions_of_many_is_the_z_test(table, p_value):
    found = two_proportions(*table)
    assert not found.exact
    assert round(found.p_value, 4) == p_value


@pytest.mark.parametrize(
    ("counts", "p_value"),
    [((44_000, 45_000), 0.0008), ((600, 400), 2.54e-10), ((10_000, 10_050), 0.7240), ((821_588, 815_482), 1.82e-6)],
)
def test_sample_ratio_equals_published_values(counts, p_value):
    assert sample_ratio_p(counts, (1, 1)) == pytest.approx(p_value, rel=3e-3)


@given(many, many)
def test_two_proportions_equals_scipy_and_statsmodels(first, second):
    (d1, n1), (d2, n2) = first, second
    found = two_proportions(d1, n1, d2, n2)
    if found is None:
        return
    if found.exact:
        oracle = stats.fisher_exact([[d1, n1 - d1], [d2, n2 - d2]]).pvalue
        assert found.p_value == pytest.approx(oracle, rel=1e-6)
    else:
        assert found.p_value == pytest.approx(proportions_ztest([d1, d2], [n1, n2])[1], rel=1e-9)
    interval = confint_proportions_2indep(d1, n1, d2, n2, method="newcomb", compare="diff")
    assert (found.low, found.high) == pytest.approx(interval, abs=1e-9)


def test_two_proportions_of_equal_rates_is_symmetric():
    assert two_proportions(50, 100, 50, 100) == Comparison(
        difference=0.0,
        low=pytest.approx(-0.136003, abs=1e-6),
        high=pytest.approx(0.136003, abs=1e-6),
        p_value=1.0,
        exact=False,
    )


def test_two_proportions_over_nothing_is_none():
    assert two_proportions(0, 0, 1, 2) is None
    assert two_proportions(1, 2, 0, 0) is None


@given(proportions, proportions)
def test_fisher_equals_sum_over_all_tables(first, second):
    (d1, n1), (d2, n2) = first, second
    found = two_proportions(d1, n1, d2, n2)
    if found is None or not found.exact:
        return
    ways = [comb(n1, k) * comb(n2, d1 + d2 - k) for k in range(d1 + d2 + 1)]
    exact = Fraction(sum(w for w in ways if w <= ways[d1]), comb(n1 + n2, d1 + d2))
    assert found.p_value == pytest.approx(float(exact), rel=1e-10)


@given(proportions, proportions)
def test_two_proportions_turned_round_is_the_negative(first, second):
    found, turned = two_proportions(*first, *second), two_proportions(*second, *first)
    if found is None:
        assert turned is None
        return
    assert (turned.difference, turned.exact) == (-found.difference, found.exact)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-12)
    assert turned.p_value == pytest.approx(found.p_value, rel=1e-10)
    assert found.low <= found.difference <= found.high
    assert 0 <= found.p_value <= 1


def beta(a: int, b: int) -> Fraction:
    return Fraction(factorial(a - 1) * factorial(b - 1), factorial(a + b - 1))


def win_probability_by_beta_functions(d1: int, n1: int, d2: int, n2: int) -> Fraction:
    """The closed form that is usual for A/B tests: a sum of Beta functions, here in fractions."""
    a1, b1, a2, b2 = d1 + 1, n1 - d1 + 1, d2 + 1, n2 - d2 + 1
    return sum(beta(a2 + i, b1 + b2) / ((b1 + i) * beta(1 + i, b1) * beta(a2, b2)) for i in range(a1))


@given(proportions, proportions)
def test_win_probability_equals_beta_functions(first, second):
    exact = win_probability_by_beta_functions(*first, *second)
    assert win_probability(*first, *second) == pytest.approx(float(exact), rel=1e-10)


@pytest.mark.parametrize(
    ("table", "probability"),
    [
        ((0, 0, 0, 0), 0.5),
        ((1, 1, 0, 0), 0.6667),
        ((0, 0, 1, 1), 0.3333),
        ((1000, 1000, 0, 1000), 1.0),
        ((0, 1000, 1000, 1000), 0.0),
        ((120, 1000, 100, 1000), 0.9232),
        ((500_000, 1_000_000, 500_500, 1_000_000), 0.2398),  # the normal approximation: Φ(-0.7071) = 0.2398
        ((90, 100, 900_000, 1_000_000), 0.43),  # the second is all but certain: P(Beta(91, 11) > 0.9)
    ],
)
def test_win_probability_from_few_to_millions(table, probability):
    assert round(win_probability(*table), 4) == probability


def test_sample_ratio_p_equals_published_value():
    # Mendel's peas, 9:3:3:1: X² = 0.470 with 3 degrees of freedom, in many textbooks.
    assert sample_ratio_p([315, 108, 101, 32], [9, 3, 3, 1]) == pytest.approx(0.9254, abs=5e-5)


@pytest.mark.parametrize(
    ("freedom", "critical", "p_value"),
    [
        # NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.4.
        (1, 3.841, 0.05),
        (1, 10.828, 0.001),
        (2, 5.991, 0.05),
        (2, 13.816, 0.001),
        (3, 7.815, 0.05),
        (4, 9.488, 0.05),
        (5, 20.515, 0.001),
        (10, 18.307, 0.05),
        (99, 123.225, 0.05),
    ],
)
def test_sample_ratio_p_equals_critical_values(freedom, critical, p_value):
    # Counts around 10^12 each, of which two are off so far that the statistic is the critical value.
    each = 10**12
    off = round((critical * each / 2) ** 0.5)
    counts = [each + off, each - off] + [each] * (freedom - 1)
    assert sample_ratio_p(counts, [1] * (freedom + 1)) == pytest.approx(p_value, rel=2e-3)


def test_sample_ratio_p_alarms_on_a_broken_split_only():
    assert sample_ratio_p([5050, 4950], [50, 50]) == pytest.approx(0.3173, abs=5e-5)
    assert sample_ratio_p([5300, 4700], [50, 50]) < 1e-8
    assert sample_ratio_p([9000, 1000], [0.9, 0.1]) == pytest.approx(1)
    assert sample_ratio_p([10**9, 0], [1, 1]) == 0


def test_sample_ratio_p_over_nothing_is_none():
    assert sample_ratio_p([0, 0], [1, 1]) is None


@pytest.mark.parametrize(
    ("counts", "planned"), [([1, 2], [1]), ([1], [1]), ([], []), ([1, 2], [1, 0]), ([1, -1], [1, 1])]
)
def test_sample_ratio_p_of_no_split_is_refused(counts, planned):
    with pytest.raises(ValueError, match="do not go together"):
        sample_ratio_p(counts, planned)
