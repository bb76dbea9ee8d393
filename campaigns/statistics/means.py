"""Comparison of two means, such as revenue per recipient, from sums."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from campaigns.statistics.power import ALPHA, POWER, quantiles
from campaigns.statistics.rates import Z95
from campaigns.statistics.strata import StratifiedDifference

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Sums:
    """Number, sum and sum of squares of values. Give whole numbers (of the currency's least unit): they sum exactly."""

    n: int = 0
    total: int | float = 0
    squares: int | float = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(self.n + other.n, self.total + other.total, self.squares + other.squares)

    @property
    def mean(self) -> float:
        return self.total / self.n

    @property
    def variance(self) -> float:
        """Variance of a sample, exact where the sums are whole numbers."""
        return max(0.0, (self.n * self.squares - self.total**2) / (self.n * (self.n - 1)))


@dataclass(frozen=True, slots=True)
class MeanComparison:
    """The first mean minus the second, with its 95% interval, p-value and degrees of freedom."""

    difference: float
    low: float
    high: float
    p_value: float
    freedom: float


def welch(first: Sums, second: Sums, alpha: float = 0.05) -> MeanComparison | None:
    """Compare two means by Welch's t-test, which lets the spreads differ.

    Welch, "The generalization of Student's problem when several different population variances are involved",
    Biometrika 34, 1947. None with fewer than two values on either side, and where no value differs from another.
    """
    if min(first.n, second.n) < 2:
        return None
    a, b = first.variance / first.n, second.variance / second.n
    if a + b == 0:
        return None
    difference, error = first.mean - second.mean, _error(first, second)
    freedom = (a + b) ** 2 / (a**2 / (first.n - 1) + b**2 / (second.n - 1))
    half = _t_quantile(alpha, freedom) * error
    return MeanComparison(
        difference, difference - half, difference + half, _two_sided_t(difference / error, freedom), freedom
    )


def mean_interval(sums: Sums, alpha: float = 0.05) -> tuple[float, float] | None:
    """Return Student's interval of a mean; None for fewer than two values."""
    if sums.n < 2:
        return None
    half = _t_quantile(alpha, sums.n - 1) * math.sqrt(sums.variance / sums.n)
    return sums.mean - half, sums.mean + half


def mean_win_probability(first: Sums, second: Sums) -> float:
    """Return the probability that the first mean is the greater one, by the normal distribution and a flat prior.

    Give two means that `welch` compares. Only the sums of many values are nearly normal.
    """
    return _NORMAL.cdf((first.mean - second.mean) / _error(first, second))


def mean_expected_loss(first: Sums, second: Sums) -> float:
    """Return how much is lost on average by choosing the first: E[max(0, second - first)], as `mean_win_probability`.

    With d the difference and s its standard error, s φ(d/s) - d Φ(-d/s): the mean of the normal distribution's part
    under 0 (Stucchi, "Bayesian A/B testing at VWO", 2015; gbstats calls it risk).
    """
    error = _error(first, second)
    z = (first.mean - second.mean) / error
    return max(0.0, error * (_NORMAL.pdf(z) - z * _NORMAL.cdf(-z)))


def mean_detectable_difference(first: Sums, second: Sums, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """Return the difference of means that so many values of such spreads find with this power, in one look."""
    if min(first.n, second.n) < 2:
        return None
    return quantiles(alpha, power) * _error(first, second) or None


def stratified_means(strata: Sequence[tuple[Sums, Sums]]) -> StratifiedDifference | None:
    """Return the difference of two means within strata, with the weights n₁n₂ ÷ (n₁ + n₂); None if none has both.

    Cochran, "The effectiveness of adjustment by subclassification in removing bias in observational studies",
    Biometrics 24, 1968. It is the coefficient of a regression on the variant and the strata. A stratum with fewer than
    two values of either has no weight, since its spread is unknown.
    """
    weights = weighted = variance = 0.0
    for first, second in strata:
        if min(first.n, second.n) < 2:
            continue
        weight = first.n * second.n / (first.n + second.n)
        weights += weight
        weighted += weight * (first.mean - second.mean)
        variance += (weight * _error(first, second)) ** 2
    if not weights:
        return None
    difference, error = weighted / weights, math.sqrt(variance) / weights
    return StratifiedDifference(
        difference=difference, low=difference - Z95 * error, high=difference + Z95 * error, error=error
    )


def _error(first: Sums, second: Sums) -> float:
    """Return the standard error of the difference of two means."""
    return math.sqrt(first.variance / first.n + second.variance / second.n)


def _two_sided_t(t: float, freedom: float) -> float:
    """Return the chance of a t at least so far from 0: I_x(f/2, 1/2) with x = f / (f + t²)."""
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t), t * t / (freedom + t * t))


def _t_quantile(alpha: float, freedom: float) -> float:
    """Return the t with a two-sided chance of alpha, by Newton's method.

    The chance falls ever more slowly, and the normal quantile is too small: from there no step goes too far.
    """
    scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(math.pi * freedom) / 2
    t = _NORMAL.inv_cdf(1 - alpha / 2)
    for _step in range(100):
        density = math.exp(scale - (freedom + 1) / 2 * math.log1p(t * t / freedom))
        step = (_two_sided_t(t, freedom) - alpha) / (2 * density)
        t += step
        if abs(step) <= 1e-13 * t:
            break
    return t


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """Return the regularised incomplete Beta function I_x(a, b); `rest` is 1 - x without its rounding."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, rest, x)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest)
    return math.exp(log_front) * _beta_fraction(a, b, x) / a


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction of DLMF 8.17.22 by the modified method of Lentz."""
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or tiny)
    value = d
    for m in range(1, 100_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d = 1 / ((1 + step * d) or tiny)
            c = (1 + step / c) or tiny
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            return value
    raise ArithmeticError(f"the incomplete Beta function of {a}, {b}, {x} does not converge")
