"""Comparisons that are looked at again and again: published figures, false alarms and power."""

import random

import pytest
from scipy import stats

from campaigns.statistics import always_valid, sample_ratio_p, sequential_sample_ratio_p, two_proportions

LOOKS = 50


@pytest.mark.parametrize(
    ("table", "tuned_for", "interval", "p_value"),
    [
        # gbstats 0.8.0, absolute difference, alpha 0.05.
        ((1120, 10_000, 1000, 10_000), 5000, (-0.001611, 0.025611), 0.143715),
        ((56, 70, 48, 80), 5000, (-0.212984, 0.612984), None),
        ((56, 70, 48, 80), 1000, (-0.056707, 0.456707), 0.18932),
        ((56, 70, 48, 80), 500, (-0.032624, 0.432624), None),
    ],
)
def test_always_valid_equals_gbstats(table, tuned_for, interval, p_value):
    found = always_valid(*table, tuned_for=tuned_for)
    assert (round(found.low, 6), round(found.high, 6)) == interval
    assert p_value is None or found.p_value == pytest.approx(p_value, abs=5e-7)


def test_always_valid_p_value_is_under_alpha_where_the_interval_leaves_out_zero():
    for d in range(850, 1000):
        found = always_valid(d, 1000, 900, 1000)
        assert (found.p_value < 0.05) == (found.low > 0 or found.high < 0)


def test_always_valid_turned_round_is_the_negative():
    one, other = always_valid(930, 1000, 900, 1100), always_valid(900, 1100, 930, 1000)
    assert (one.difference, one.low, one.high) == pytest.approx((-other.difference, -other.high, -other.low))
    assert one.p_value == pytest.approx(other.p_value)


def test_always_valid_of_all_delivered_has_a_width():
    found = always_valid(40, 40, 40, 40)
    assert found.low < -0.1
    assert found.high > 0.1


def test_always_valid_over_nothing_is_none_and_an_impossible_proportion_is_refused():
    assert always_valid(0, 0, 1, 2) is None
    assert always_valid(1, 2, 0, 0) is None
    with pytest.raises(ValueError, match="is no proportion"):
        always_valid(3, 2, 1, 2)


def alarms(p1: float, p2: float, *, each: int, runs: int, seed: int, compare) -> tuple[float, float]:
    """Return the shares of runs that a comparison excluded 0 at any of the looks, and at the last one."""
    randomness = random.Random(seed)
    batch = each // LOOKS
    ever = at_end = 0
    for _ in range(runs):
        d1 = d2 = n = 0
        found = []
        for _look in range(LOOKS):
            d1 += sum(randomness.random() < p1 for _ in range(batch))
            d2 += sum(randomness.random() < p2 for _ in range(batch))
            n += batch
            result = compare(d1, n, d2, n)
            found.append(n >= 30 and (result.low > 0 or result.high < 0))
        ever += any(found)
        at_end += found[-1]
    return ever / runs, at_end / runs


@pytest.mark.parametrize("p", [0.5, 0.9, 0.98])
def test_always_valid_gives_few_false_alarms_over_fifty_looks(p):
    ever, _ = alarms(p, p, each=1500, runs=200, seed=1, compare=always_valid)
    assert ever <= 0.05


def test_fixed_interval_gives_many_false_alarms_over_fifty_looks():
    # So the simulation can fail: the interval for one look is wrong in a quarter of the runs.
    ever, _ = alarms(0.9, 0.9, each=1500, runs=200, seed=1, compare=two_proportions)
    assert ever > 0.15


@pytest.mark.parametrize("p", [0.85, 0.9, 0.93])
def test_always_valid_finds_three_points_at_five_thousand_each(p):
    ever, at_end = alarms(p, p + 0.03, each=5000, runs=60, seed=2, compare=always_valid)
    assert ever >= 0.8
    assert at_end >= 0.8


@pytest.mark.parametrize("p", [0.05, 0.2, 0.5, 0.8, 0.9])
def test_mature_comparison_finds_three_points_at_five_thousand_each(p):
    # After maturity the usual interval decides, once: the run ends with it (reports/campaigns/ab_verdict.py).
    counts = [stats.binom(5000, rate).rvs(1000, random_state=seed) for seed, rate in enumerate((p + 0.03, p))]
    found = [two_proportions(int(d1), 5000, int(d2), 5000) for d1, d2 in zip(*counts, strict=True)]
    assert sum(one.low > 0 for one in found) >= 800


def test_mature_comparison_of_equals_gives_few_false_alarms():
    counts = [stats.binom(5000, 0.9).rvs(4000, random_state=seed) for seed in (1, 2)]
    found = [two_proportions(int(d1), 5000, int(d2), 5000) for d1, d2 in zip(*counts, strict=True)]
    assert sum(one.low > 0 or one.high < 0 for one in found) <= 0.057 * len(found)


@pytest.mark.parametrize(
    ("counts", "planned"), [([520, 480], [1, 1]), ([600, 400], [3, 2]), ([90, 200, 310], [1, 2, 3])]
)
def test_sequential_sample_ratio_is_a_ratio_of_two_likelihoods(counts, planned):
    total, weights = sum(counts), sum(planned)
    shares = [weight / weights for weight in planned]
    prior = stats.dirichlet_multinomial([1000 * share for share in shares], total)
    ratio = stats.multinomial(total, shares).pmf(counts) / prior.pmf(counts)
    assert sequential_sample_ratio_p(counts, planned) == pytest.approx(min(1.0, ratio), rel=1e-8)


def test_sequential_sample_ratio_finds_a_broken_split_later_than_chi_square():
    assert sequential_sample_ratio_p([600, 400], [1, 1]) == pytest.approx(6.28e-5, rel=1e-3)
    assert sequential_sample_ratio_p([821_588, 815_482], [1, 1]) > sample_ratio_p([821_588, 815_482], [1, 1])
    assert sequential_sample_ratio_p([6_000, 4_000], [1, 1]) < 1e-50


def test_sequential_sample_ratio_gives_few_false_alarms_over_fifty_looks():
    randomness = random.Random(3)
    sequential = repeated = 0
    for _ in range(400):
        first, looks = 0, []
        for look in range(1, LOOKS + 1):
            first += sum(randomness.random() < 0.5 for _ in range(40))
            looks.append([first, look * 40 - first])
        sequential += any(sequential_sample_ratio_p(counts, [1, 1]) < 0.05 for counts in looks)
        repeated += any(sample_ratio_p(counts, [1, 1]) < 0.05 for counts in looks)
    assert sequential / 400 <= 0.05
    assert repeated / 400 > 0.15


def test_sequential_sample_ratio_over_nothing_is_none_and_no_split_is_refused():
    assert sequential_sample_ratio_p([0, 0], [1, 1]) is None
    with pytest.raises(ValueError, match="do not go together"):
        sequential_sample_ratio_p([1, 2], [1])
