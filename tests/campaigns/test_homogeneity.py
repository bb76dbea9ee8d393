"""Test of variants for the same mix of strata, against scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from campaigns.statistics import homogeneity_p

tables = st.integers(min_value=2, max_value=5).flatmap(
    lambda columns: st.lists(
        st.lists(st.integers(min_value=40, max_value=4000), min_size=columns, max_size=columns), min_size=2, max_size=4
    )
)


@given(tables)
def test_homogeneity_equals_scipy_where_nothing_is_small(rows):
    expected = stats.contingency.expected_freq(rows)
    found = homogeneity_p(rows)
    if expected.min() >= 5:
        assert found == pytest.approx(stats.chi2_contingency(rows, correction=False).pvalue, rel=1e-8, abs=1e-300)


def test_small_columns_are_taken_together():
    many = [[500, 500, *[1] * 40], [500, 500, *[1] * 40]]
    assert homogeneity_p(many) == 1
    assert homogeneity_p([[500, 500, *[2, 0] * 20], [500, 500, *[0, 2] * 20]]) == 1
    assert homogeneity_p([[500, 500, 3, 0], [600, 400, 0, 3]]) == homogeneity_p([[500, 500], [600, 400]])
    assert homogeneity_p([[500, 500, *[2] * 40], [500, 500, *[0] * 40]]) < 1e-15


def test_homogeneity_of_less_than_a_table_is_none():
    assert homogeneity_p([]) is None
    assert homogeneity_p([[10, 20]]) is None
    assert homogeneity_p([[100], [200]]) is None
    assert homogeneity_p([[10, 20], [0, 0]]) is None
