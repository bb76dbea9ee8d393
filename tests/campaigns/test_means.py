"""Welch's t-test from sums, against published figures and scipy."""

import math

import numpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.power import TTestIndPower

from campaigns.statistics import (
    Sums,
    always_valid_means,
    mean_detectable_difference,
    mean_expected_loss,
    mean_interval,
    mean_win_probability,
    stratified_means,
    welch,
)

values = st.lists(st.integers(min_value=-(10**9), max_value=10**9), min_size=2, max_size=60)


def sums(numbers) -> Sums:
    return Sums(len(numbers), sum(numbers), sum(number * number for number in numbers))


def sums_of(mean: float, deviation: float, n: int) -> Sums:
    return Sums(n, n * mean, (n - 1) * deviation**2 + n * mean**2)


def test_welch_equals_the_example_of_growthbook():
    # Means 0.41 and 0.70, standard deviations 3.9 and 6.2.
    found = welch(sums_of(0.70, 6.2, 3461), sums_of(0.41, 3.9, 3407))
    assert found.difference == pytest.approx(0.29)
    assert (found.low, found.high) == pytest.approx((0.04538, 0.53462), abs=5e-6)
    assert found.p_value == pytest.approx(0.02016, abs=5e-6)


@given(values, values)
def test_welch_equals_scipy(first, second):
    found = welch(sums(first), sums(second))
    if found is None:
        assert len(set(first)) == len(set(second)) == 1
        return
    # scipy's variances lose their digits where values nearly agree.
    assume(min(len(set(first)), len(set(second))) > 1)
    oracle = stats.ttest_ind(first, second, equal_var=False)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-6, abs=1e-300)
    assert found.freedom == pytest.approx(oracle.df, rel=1e-6)
    interval = oracle.confidence_interval()
    scale = abs(interval.high) + abs(interval.low)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=1e-6 * scale)


@pytest.mark.parametrize("freedom_of", [2, 3, 10, 1000, 1_000_000])
def test_welch_from_tiny_to_large_samples(freedom_of):
    first, second = sums_of(10, 3, freedom_of), sums_of(9, 2, freedom_of)
    oracle = stats.ttest_ind_from_stats(10, 3, freedom_of, 9, 2, freedom_of, equal_var=False)
    found = welch(first, second)
    assert found.p_value == pytest.approx(oracle.pvalue, rel=1e-6, abs=1e-300)
    half = stats.t.ppf(0.975, found.freedom) * math.sqrt(13 / freedom_of)
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=1e-8)


def test_welch_of_whole_numbers_is_exact():
    # In floating point the squares of a billion would swallow the spread.
    found = welch(sums([10**9 + 1, 10**9 + 2, 10**9 + 3]), sums([10**9, 10**9 + 1, 10**9 + 2]))
    assert found.difference == 1
    assert found.p_value == pytest.approx(stats.ttest_ind([1, 2, 3], [0, 1, 2], equal_var=False).pvalue, rel=1e-9)


def test_welch_of_too_few_or_equal_values_is_none():
    assert welch(sums([1]), sums([1, 2])) is None
    assert welch(sums([5, 5]), sums([7, 7])) is None


# Means 0.70 and 0.41 as above.
TWO = sums_of(0.70, 6.2, 3461), sums_of(0.41, 3.9, 3407)


def test_chance_and_loss_of_means_are_those_of_the_normal_distribution():
    first, second = TWO
    difference = stats.norm(0.29, math.sqrt(6.2**2 / 3461 + 3.9**2 / 3407))
    assert mean_win_probability(first, second) == pytest.approx(difference.sf(0), rel=1e-9)
    assert mean_win_probability(second, first) == pytest.approx(difference.cdf(0), rel=1e-9)
    assert mean_expected_loss(first, second) == pytest.approx(difference.expect(lambda d: -d, ub=0), rel=1e-6)
    assert mean_expected_loss(second, first) == pytest.approx(difference.expect(lambda d: d, lb=0), rel=1e-6)
    # gbstats 0.8.0 with a flat prior: chance_to_win, risk.
    assert mean_win_probability(first, second) == pytest.approx(0.9899378629, abs=1e-9)
    assert mean_expected_loss(first, second) == pytest.approx(0.0004257601, abs=1e-9)
    assert mean_expected_loss(second, first) == pytest.approx(0.2904257601, abs=1e-9)


@pytest.mark.parametrize(
    ("tuned_for", "interval", "p_value"),
    [(5000, (-0.089410096, 0.669410096), 0.290744559), (500, (-0.119893381, 0.699893381), 0.722019802)],
)
def test_always_valid_interval_of_means_equals_gbstats(tuned_for, interval, p_value):
    found = always_valid_means(*TWO, tuned_for=tuned_for)
    assert (found.low, found.high) == pytest.approx(interval, abs=1e-8)
    assert found.p_value == pytest.approx(p_value, abs=1e-8)
    assert always_valid_means(sums([1]), sums([1, 2])) is None
    assert always_valid_means(sums([5, 5]), sums([7, 7])) is None


def test_always_valid_means_give_few_false_alarms_over_fifty_looks_and_welch_many():
    # One in twenty recipients brings a log-normal amount, in both variants alike.
    generator, looks = numpy.random.default_rng(5), range(29, 1500, 30)
    sequential = repeated = 0
    for _run in range(120):
        amounts = (generator.random((2, 1500)) < 0.05) * generator.lognormal(3, 1, (2, 1500)).round(2)
        totals, squares = amounts.cumsum(1), (amounts**2).cumsum(1)
        found = [[Sums(n + 1, totals[i, n], squares[i, n]) for i in (0, 1)] for n in looks]
        intervals = [(always_valid_means(*pair), welch(*pair)) for pair in found]
        alarms = [[one is not None and (one.low > 0 or one.high < 0) for one in both] for both in intervals]
        sequential += any(one for one, _other in alarms)
        repeated += any(other for _one, other in alarms)
    assert sequential <= 0.05 * 120
    assert repeated > 0.15 * 120


def test_detectable_difference_of_means_has_eighty_percent_power():
    first, second = sums_of(10, 3, 400), sums_of(9, 3, 800)
    found = mean_detectable_difference(first, second)
    # statsmodels counts by the t-distribution, which differs little.
    assert TTestIndPower().power(found / 3, 400, 0.05, ratio=2) == pytest.approx(0.8, abs=2e-3)
    assert mean_detectable_difference(sums([1]), second) is None
    assert mean_detectable_difference(sums([5, 5]), sums([7, 7])) is None


def test_interval_of_a_mean_equals_scipy():
    numbers = [3, 5, 8, 13, 21, 34]
    low, high = stats.t.interval(0.95, 5, loc=14, scale=stats.sem(numbers))
    assert mean_interval(sums(numbers)) == pytest.approx((low, high), rel=1e-9)
    assert mean_interval(sums([1])) is None


def test_means_within_strata_equal_a_regression_on_variant_and_strata():
    strata = [([3, 5, 8, 9], [1, 2, 4]), ([20, 31], [15, 22, 27, 29, 40]), ([7, 7, 8], [6, 9])]
    rows = [(value, 1 - which, n) for n, both in enumerate(strata) for which in (0, 1) for value in both[which]]
    design = [[variant, *(float(n == of) for of in range(3))] for _value, variant, n in rows]
    expected = OLS([value for value, *_rest in rows], design).fit().params[0]

    found = stratified_means([(sums(one), sums(two)) for one, two in strata])

    assert found.difference == pytest.approx(expected)
    # By hand: each stratum's Welch error with its weight n₁n₂ ÷ (n₁ + n₂).
    weights = [len(one) * len(two) / (len(one) + len(two)) for one, two in strata]
    errors = [math.hypot(stats.sem(one), stats.sem(two)) for one, two in strata]
    error = math.hypot(*(w * e for w, e in zip(weights, errors, strict=True))) / sum(weights)
    assert found.error == pytest.approx(error)
    assert (found.low, found.high) == pytest.approx((expected - 1.96 * error, expected + 1.96 * error), rel=1e-3)


def test_stratum_without_a_spread_of_both_has_no_weight():
    both = sums([1, 2, 3]), sums([2, 4])
    assert stratified_means([both, (sums([9]), sums([1, 1])), (Sums(), sums([1, 2]))]) == stratified_means([both])
    assert stratified_means([(sums([9]), sums([1, 1]))]) is None
