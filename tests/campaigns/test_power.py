"""Detectable differences and samples needed, against textbook rules, statsmodels and each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from campaigns.statistics import detectable_gain, minimal_detectable_difference, sample_needed


def test_minimal_detectable_difference_by_size():
    # 2 (1.960 + 0.842)² p (1-p) / d² a group: 1,570 find 5 points around 50%.
    assert minimal_detectable_difference(1570, 1570, 0.5) == pytest.approx(0.05, abs=5e-5)
    # Lehr's rule: 16 p (1-p) / d² a group for 80% power.
    assert minimal_detectable_difference(1600, 1600, 0.1) == pytest.approx(0.03, rel=0.01)
    assert minimal_detectable_difference(1600, 1600, 0.1, power=0.9) > 0.03
    assert minimal_detectable_difference(1600, 160, 0.1) > 0.06


@pytest.mark.parametrize(("n1", "n2", "p"), [(0, 10, 0.5), (10, 0, 0.5), (10, 10, 0.0), (10, 10, 1.0)])
def test_minimal_detectable_difference_without_spread_is_none(n1, n2, p):
    assert minimal_detectable_difference(n1, n2, p) is None


def test_sample_needed_equals_textbook_values():
    # Lehr's rule of 16 p (1-p) / d², a little more than the exact 15.7: 10% against 13% around 11.5%.
    assert sample_needed(0.10, 0.13) == 1776
    assert sample_needed(0.475, 0.525) == 1570
    assert sample_needed(0.13, 0.10) == 1776
    assert sample_needed(0.10, 0.13, power=0.9) == 2377


@pytest.mark.parametrize(("p1", "p2"), [(0.5, 0.55), (0.9, 0.93), (0.95, 0.97), (0.02, 0.04)])
def test_sample_needed_is_within_three_percent_of_statsmodels(p1, p2):
    # statsmodels weighs the spread under both hypotheses, which moves the sample a little.
    other = samplesize_proportions_2indep_onetail(p2 - p1, p1, 0.8, alpha=0.05, alternative="two-sided")
    assert sample_needed(p1, p2) == pytest.approx(other, rel=0.03)


@given(st.floats(min_value=0.01, max_value=0.9), st.integers(min_value=400, max_value=10**8))
def test_detectable_gain_needs_just_that_sample(p, n):
    gain = detectable_gain(p, n)
    assert abs(sample_needed(p, p + gain) - n) <= 1 + n * 1e-6


@given(st.floats(min_value=0.05, max_value=0.95), st.integers(min_value=2_000, max_value=10**7))
def test_detectable_gain_is_the_detectable_difference_around_the_mean(p, n):
    gain = detectable_gain(p, n)
    assert minimal_detectable_difference(n, n, p + gain / 2) == pytest.approx(gain, rel=1e-9)


def test_detectable_gain_is_none_if_even_all_would_not_be_found():
    assert detectable_gain(0.95, 30) is None
    assert detectable_gain(0.95, 300) == pytest.approx(0.0393, abs=5e-5)


@pytest.mark.parametrize(("p1", "p2"), [(0.5, 0.5), (-0.1, 0.5), (0.5, 1.1)])
def test_sample_needed_refuses_what_is_no_difference(p1, p2):
    with pytest.raises(ValueError, match="two different shares"):
        sample_needed(p1, p2)


@pytest.mark.parametrize(("p", "n"), [(1, 100), (-0.1, 100), (0.5, 0)])
def test_detectable_gain_refuses_what_is_no_rate_or_sample(p, n):
    with pytest.raises(ValueError, match="at least one message"):
        detectable_gain(p, n)
