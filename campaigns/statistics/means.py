"""Comparison of two means, such as revenue per recipient, from sums."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sums:
    """Number, sum and sum of squares of values. Give whole numbers (of the currency's least unit): they sum exactly."""

    n: int
    total: int | float
    squares: int | float

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
    difference, error = first.mean - second.mean, math.sqrt(a + b)
    freedom = (a + b) ** 2 / (a**2 / (first.n - 1) + b**2 / (second.n - 1))
    half = _t_quantile(alpha, freedom) * error
    return MeanComparison(
        difference, difference - half, difference + half, _two_sided_t(difference / error, freedom), freedom
    )


def _two_sided_t(t: float, freedom: float) -> float:
    """Return the chance of a t at least so far from 0: I_x(f/2, 1/2) with x = f / (f + t²)."""
    return _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t), t * t / (freedom + t * t))


def _t_quantile(alpha: float, freedom: float) -> float:
    """Return the t with a two-sided chance of alpha, by bisection down to neighbouring floats."""
    low, high = 0.0, 2.0
    while _two_sided_t(high, freedom) > alpha:
        high *= 2
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _two_sided_t(middle, freedom) > alpha else (low, middle)
    return high


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
