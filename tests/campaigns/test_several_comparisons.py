"""P-values adjusted for several comparisons, against scipy, statsmodels and worked examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from campaigns.statistics import benjamini_hochberg, holm

p_value_lists = st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([], []),
        ([0.2], [0.2]),
        # 4 × 0.01, 3 × 0.02, 2 × 0.03, 1 × 0.04, none less than the one before.
        ([0.01, 0.02, 0.03, 0.04], [0.04, 0.06, 0.06, 0.06]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.9, 0.5, 0.6], [1.0, 1.0, 1.0]),
    ],
)
def test_holm_adjusts_in_the_order_given(p_values, adjusted):
    assert holm(p_values) == pytest.approx(adjusted)


# The 15 p-values of Benjamini and Hochberg's own example (1995, section 4.1): four are found at 5%.
PUBLISHED = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000),
]


def test_benjamini_hochberg_finds_the_four_of_the_published_example():
    assert [p <= 0.05 for p in benjamini_hochberg(PUBLISHED)] == [True] * 4 + [False] * 11


def test_holm_finds_three_of_the_published_example():
    assert [p <= 0.05 for p in holm(PUBLISHED)] == [True] * 3 + [False] * 12


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([], []),
        ([0.2], [0.2]),
        ([0.04, 0.01, 0.03, 0.02], [0.04, 0.04, 0.04, 0.04]),
        ([0.01, 0.5, 0.9], [0.03, 0.75, 0.9]),
    ],
)
def test_benjamini_hochberg_adjusts_in_the_order_given(p_values, adjusted):
    assert benjamini_hochberg(p_values) == pytest.approx(adjusted)


@settings(max_examples=20)  # statsmodels takes its time
@given(p_value_lists)
def test_holm_equals_statsmodels(p_values):
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], rel=1e-12)


@given(p_value_lists)
def test_benjamini_hochberg_equals_scipy(p_values):
    assert benjamini_hochberg(p_values) == pytest.approx(stats.false_discovery_control(p_values), rel=1e-12)
