"""Ordinary traffic of made-up tenants in steps of five minutes: rhythm of the week, campaigns, good and bad days."""

from dataclasses import dataclass

import numpy as np

from reports.alerts.statistics import TIMES

STEPS_A_DAY = 288
STEPS_A_WEEK = 7 * STEPS_A_DAY


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages of each part by step, and of them the delivered ones at each place of TIMES (last axis)."""

    messages: np.ndarray  # parts × steps
    delivered: np.ndarray  # parts × steps × times

    def part(self, parts: list[int]) -> "Traffic":
        """Return the sum of some parts, as one."""
        return Traffic(
            self.messages[parts].sum(axis=0, keepdims=True), self.delivered[parts].sum(axis=0, keepdims=True)
        )


def ordinary(seed: int, *, days: int, parts: int = 4) -> Traffic:
    """Return the traffic of a tenant whose size, rhythm and campaigns come from the seed; each part is an operator."""
    random = np.random.default_rng(seed)
    steps = days * STEPS_A_DAY
    a_day = float(random.choice([300, 3_000, 30_000, 150_000]))
    rhythm = _rhythm(random)[np.arange(steps) % STEPS_A_WEEK]
    of_day = np.repeat(random.lognormal(0, 0.15, days), STEPS_A_DAY)
    trend = np.linspace(1, random.uniform(0.7, 1.6), steps)
    usual = a_day * rhythm * of_day * trend
    shares = random.dirichlet(np.full(parts, 4.0))
    messages = np.zeros((parts, steps), dtype=np.int64)
    delivered = np.zeros((parts, steps, len(TIMES)), dtype=np.int64)
    bursts, quality = _campaigns(random, steps, a_day)
    for part in range(parts):
        rate = random.uniform(0.88, 0.98)
        median, spread = random.uniform(2, 9), random.uniform(0.6, 1.1)
        singles = _counts(random, usual * shares[part], shape=20)
        mass = _counts(random, bursts * shares[part], shape=50)
        of_days = _walk(random, days, 0.12)
        slow = np.exp(_walk(random, days, 0.15))
        for number, extra in ((singles, 0.0), (mass, quality)):
            chance = _logistic(np.log(rate / (1 - rate)) + of_days + extra)
            chance = random.beta(chance * 150, (1 - chance) * 150)
            arrived = random.binomial(number, chance)
            messages[part] += number
            delivered[part] += _by_time(random, arrived, median * slow, spread)
    return Traffic(messages, delivered)


def _rhythm(random) -> np.ndarray:
    """Return the share of a day's messages in each step of a week: nights and weekends are quiet."""
    hour = np.arange(STEPS_A_WEEK) % STEPS_A_DAY / 12
    day = np.arange(STEPS_A_WEEK) // STEPS_A_DAY
    peak = random.uniform(10, 16)
    shape = 0.05 + np.exp(-((hour - peak) ** 2) / (2 * random.uniform(2.5, 5) ** 2))
    shape *= np.where(day >= 5, random.uniform(0.2, 0.9), 1.0)
    return shape / shape.sum() * 7


def _campaigns(random, steps: int, a_day: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the expected messages of campaigns by step, and how good their lists are (logit)."""
    expected, quality = np.zeros(steps), np.zeros(steps)
    weeks = steps / STEPS_A_WEEK
    for _campaign in range(random.poisson(weeks * random.uniform(0.5, 4))):
        day = random.integers(0, steps // STEPS_A_DAY)
        start = int(day * STEPS_A_DAY + random.integers(8 * 12, 19 * 12))
        length = int(random.integers(2, 24))
        expected[start : start + length] += a_day * random.uniform(0.2, 3) / length
        quality[start : start + length] = random.normal(-0.3, 0.5)
    return expected, quality


def _counts(random, expected: np.ndarray, *, shape: float) -> np.ndarray:
    """Return numbers that vary more than by chance alone (negative binomial)."""
    return random.poisson(expected * random.gamma(shape, 1 / shape, expected.shape))


def _walk(random, days: int, size: float) -> np.ndarray:
    """Return a value for each step that wanders from day to day and comes back."""
    found = np.zeros(days)
    for day in range(1, days):
        found[day] = 0.8 * found[day - 1] + random.normal(0, size)
    return np.repeat(found, STEPS_A_DAY)


def _logistic(value: np.ndarray) -> np.ndarray:
    return np.clip(1 / (1 + np.exp(-value)), 0.01, 0.995)


def _by_time(random, arrived: np.ndarray, median: np.ndarray, spread: float) -> np.ndarray:
    """Deal delivered messages out to TIMES, log-normally; those after the last of them are not counted."""
    from scipy.stats import norm

    levels = norm.cdf((np.log(np.array(TIMES))[None, :] - np.log(median)[:, None]) / spread)
    shares = np.diff(levels, axis=1, prepend=0.0)
    rest = np.clip(1 - shares.sum(axis=1, keepdims=True), 0, None)
    shares = np.concatenate([shares, rest], axis=1)
    return random.multinomial(arrived, shares / shares.sum(axis=1, keepdims=True))[:, :-1]
