"""Expected loss of choosing a variant, against numeric integration and simulation by scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from campaigns.statistics import expected_loss

proportions = st.integers(min_value=0, max_value=60).flatmap(
    lambda n: st.tuples(st.integers(min_value=0, max_value=n), st.just(n))
)


def integrated(d1: int, n1: int, d2: int, n2: int) -> float:
    """E[max(0, Y - X)] as the integral of P(X < t) P(Y > t)."""
    first, second = stats.beta(d1 + 1, n1 - d1 + 1), stats.beta(d2 + 1, n2 - d2 + 1)
    return integrate.quad(lambda t: first.cdf(t) * second.sf(t), 0, 1, epsabs=1e-12, limit=200)[0]


@given(proportions, proportions)
def test_expected_loss_equals_the_integral(first, second):
    assert expected_loss(*first, *second) == pytest.approx(integrated(*first, *second), abs=1e-9)


@given(proportions, proportions)
def test_losses_of_both_choices_differ_by_the_means(first, second):
    (d1, n1), (d2, n2) = first, second
    difference = (d2 + 1) / (n2 + 2) - (d1 + 1) / (n1 + 2)
    found = expected_loss(*first, *second) - expected_loss(*second, *first)
    assert found == pytest.approx(difference, abs=1e-12)


def test_expected_loss_without_data_is_that_of_two_uniform_numbers():
    assert expected_loss(0, 0, 0, 0) == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("table", "loss"),
    [
        ((56, 70, 48, 80), 0.0000953),
        ((48, 80, 56, 70), 0.194201),
        ((900, 1000, 100, 1000), 0.0),
        ((930_000, 1_000_000, 930_500, 1_000_000), 0.000514),
    ],
)
def test_expected_loss_from_few_to_millions(table, loss):
    assert expected_loss(*table) == pytest.approx(loss, abs=5e-7)


def test_expected_loss_of_an_impossible_proportion_is_refused():
    with pytest.raises(ValueError, match="is no proportion"):
        expected_loss(3, 2, 1, 2)
