"""Welch's t-test from sums, against published figures and scipy."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from campaigns.statistics import Sums, welch

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
