"""The beta-binomial distribution: a number of successes where the chance of success varies from time to time.

Its parameters are the mean chance and rho, the correlation of two messages of one time: the variance of k of n is
n · p · (1 − p) · (1 + (n − 1) · rho). See Skellam (1948); rho by the method of moments as in Kleinman (1973).
"""

from collections.abc import Iterable
from math import exp, lgamma

MAX_RHO = 0.5


def cdf(k: int, n: int, mean: float, rho: float) -> float:
    """Return the chance of `k` or fewer of `n`. The mean lies between 0 and 1, rho above 0."""
    scale = 1 / rho - 1
    a, b = mean * scale, (1 - mean) * scale
    if k >= n:
        return 1.0
    if k > n * mean:  # the shorter tail is summed up
        return 1.0 - _below(n - k - 1, n, b, a)
    return _below(k, n, a, b)


def _below(k: int, n: int, a: float, b: float) -> float:
    """Sum the chances from `k` down until a further one changes nothing."""
    if k < 0:
        return 0.0
    chance = exp(
        lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        + lgamma(k + a) + lgamma(n - k + b) - lgamma(n + a + b)
        - lgamma(a) - lgamma(b) + lgamma(a + b)
    )  # fmt: skip
    found = 0.0
    while k >= 0:
        found += chance
        if chance < found * 1e-12 and k * (n - k + b) < (n - k + 1) * (k - 1 + a):
            break  # and they fall from here on
        if k == 0:
            break
        chance *= k * (n - k + b) / ((n - k + 1) * (k - 1 + a))
        k -= 1
    return min(found, 1.0)


def rho_of(cells: Iterable[tuple[int, int]], mean: float) -> float:
    """Return rho by the method of moments from successes and numbers, 0 where they vary no more than by chance."""
    excess = weight = 0.0
    number = 0
    for k, n in cells:
        if n < 2:
            continue
        number += 1
        excess += (k - n * mean) ** 2 / (n * mean * (1 - mean)) - 1
        weight += n - 1
    if number < 2 or not weight:
        return 0.0
    return min(max(excess / weight, 0.0), MAX_RHO)
