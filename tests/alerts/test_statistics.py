"""Statistics of alerts: the beta-binomial against scipy, and the rules on both sides of their limits."""

import numpy as np
import pytest
from scipy import stats

from reports.alerts.statistics import (
    TIMES,
    Part,
    State,
    Sums,
    Usual,
    age_of,
    confirm_delivery,
    judge_delivery,
    judge_median,
    judge_silence,
    judge_volume_down,
    judge_volume_up,
    to_open,
)
from reports.alerts.statistics.beta_binomial import cdf, rho_of

BAD, GOOD, UNKNOWN = State.BAD, State.GOOD, State.UNKNOWN
RULE = {"age": 60, "points": 10, "min_messages": 100}


def sums(messages: int, delivered: int, place: int = 3) -> Sums:
    return Sums(messages, tuple(delivered if n == place else 0 for n in range(len(TIMES))))


def usual(messages: int = 300, delivered: int = 285, place: int = 3) -> Usual:
    cell = sums(messages, delivered, place)
    return Usual([cell + cell] * 4, [[cell] * 10] * 4)


@pytest.mark.parametrize("n", [1, 100, 5_000, 200_000])
@pytest.mark.parametrize("mean", [0.3, 0.95, 0.999])
@pytest.mark.parametrize("rho", [0.0005, 0.01, 0.4])
def test_beta_binomial_is_that_of_scipy(n, mean, rho):
    scale = 1 / rho - 1
    oracle = stats.betabinom(n, mean * scale, (1 - mean) * scale)
    for k in sorted({0, n // 50, n // 2, int(n * mean * 0.9), int(n * mean), n - 1, n}):
        assert cdf(k, n, mean, rho) == pytest.approx(oracle.cdf(k), rel=1e-6, abs=1e-12)


def test_rho_is_found_again():
    random = np.random.default_rng(1)
    chance = random.beta(0.9 * 49, 0.1 * 49, 20_000)  # rho = 1 / 50
    cells = [(int(k), 400) for k in random.binomial(400, chance)]
    assert rho_of(cells, 0.9) == pytest.approx(0.02, rel=0.05)


def test_rho_of_cells_that_vary_by_chance_alone_is_near_zero():
    random = np.random.default_rng(1)
    cells = [(int(k), 400) for k in random.binomial(400, 0.9, 5_000)]
    assert rho_of(cells, 0.9) < 0.0003


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (sums(99, 0), UNKNOWN),
        (sums(100, 0), BAD),
        (sums(300, 285), GOOD),
        (sums(300, 258), GOOD),  # 9 points below
        (sums(300, 200), BAD),
    ],
)
def test_delivery(now, state):
    assert judge_delivery(now, usual(), **RULE).state is state


def test_delivery_counts_at_equal_age_alone():
    late = TIMES.index(90)
    assert judge_delivery(sums(300, 285, late), usual(), **RULE).state is BAD
    assert judge_delivery(sums(300, 285, late), usual(place=late), **RULE).state is GOOD


def test_delivery_that_varies_by_itself_is_not_told():
    cells = [sums(300, 150 if n % 2 == 0 else 285) for n in range(40)]
    varied = Usual([sums(600, 500)] * 4, [cells[:10], cells[10:20], cells[20:30], cells[30:]])
    assert judge_delivery(sums(300, 160), varied, **RULE).state is GOOD


@pytest.mark.parametrize(("low", "state"), [(8, BAD), (30, GOOD)])
def test_a_fall_is_confirmed_by_the_month_unless_such_quarters_are_common(low, state):
    month = [sums(300, 285)] * (600 - low) + [sums(300, 100)] * low
    assert confirm_delivery(sums(300, 100), month, **RULE).state is state


@pytest.mark.parametrize(("now", "state"), [(0, UNKNOWN), (149, BAD), (151, GOOD)])
def test_volume_down(now, state):
    assert judge_volume_down(Sums(now), usual(), percent=50, min_messages=100).state is state


def test_volume_down_with_one_quiet_quarter_among_the_usual_says_nothing():
    cells = [[sums(300, 285)] * 9 + [sums(20, 20)]] + [[sums(300, 285)] * 10] * 3
    assert judge_volume_down(Sums(30), Usual([], cells), percent=50, min_messages=100).state is UNKNOWN


@pytest.mark.parametrize(("now", "state"), [(599, GOOD), (600, BAD)])
def test_volume_up(now, state):
    assert judge_volume_up(Sums(now), usual(), percent=100, min_messages=100).state is state


def test_volume_up_needs_four_weeks():
    young = Usual([], [[sums(300, 285)] * 10] * 3 + [[Sums()] * 10])
    assert judge_volume_up(Sums(5_000), young, percent=100, min_messages=100).state is UNKNOWN


@pytest.mark.parametrize(
    ("seconds", "state"), [(5, GOOD), (10, GOOD), (20, BAD), (60, BAD), (90, UNKNOWN)]
)  # those after the age are not delivered yet
def test_median(seconds, state):
    now = sums(300, 285, TIMES.index(seconds))
    assert judge_median(now, usual(), age=60, times=3, min_messages=100).state is state


def test_median_is_interpolated():
    assert sums(10, 10, 0).median(60) == 0.5
    assert Sums(4, (2, 2, *[0] * 17)).median(60) == 1.0
    assert Sums(3, (1, 2, *[0] * 17)).median(60) == 1.25


@pytest.mark.parametrize(
    ("silent", "weeks", "within", "state"),
    [
        (29, [[50] * 10] * 4, [100] * 4, GOOD),
        (31, [[50] * 10] * 4, [100] * 4, BAD),
        (31, [[50] * 10] * 4, [100, 100, 99, 100], UNKNOWN),
        (60, [[50, 0, 0, 50]] + [[50] * 4] * 3, [100] * 4, GOOD),
        (61, [[50, 0, 0, 50]] + [[50] * 4] * 3, [100] * 4, BAD),
    ],
)
def test_silence(silent, weeks, within, state):
    assert judge_silence(silent, weeks, within, minutes=30, min_messages=100).state is state


@pytest.mark.parametrize(("p95", "age"), [(None, 60), (0.0, 60), (60.0, 60), (61.0, 90), (5_000.0, 900)])
def test_age(p95, age):
    assert age_of(p95) == age


ELISA, TELIA, FI, TELE2, SE, ALL = (
    Part("FI", "fi.elisa"), Part("FI", "fi.telia"), Part("FI"), Part("SE", "se.tele2"), Part("SE"), Part()
)  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "already", "told"),
    [
        ([ELISA], [], [ELISA]),
        ([ELISA, FI, ALL], [], [ELISA]),
        ([ELISA, TELIA], [], [ELISA, TELIA]),
        ([ELISA, TELIA, FI, ALL], [], [FI]),
        ([ELISA, FI, TELE2, SE, ALL], [], [ALL]),
        ([FI, ALL], [], [FI]),
        ([ALL], [], [ALL]),
        ([ELISA], [ELISA], []),
        ([ELISA, TELIA], [FI], []),
        ([ELISA, TELIA, FI], [ELISA], [FI]),
        ([FI, ALL], [ELISA], []),
        ([TELIA, FI], [ELISA], [FI]),
    ],
)
def test_the_part_that_says_best_what_is_unusual_is_told(bad, already, told):
    assert to_open(bad, already) == told
