"""Differences that a sample can find, and the sample that a difference needs.

All by the normal approximation around the mean of the two rates, for a two-sided test looked at once (the usual
formula n = 2 (z + z)² p (1-p) / d² a group: Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions",
2003, chapter 4).
"""

import math
from statistics import NormalDist

POWER = 0.8
ALPHA = 0.05


def minimal_detectable_difference(
    n1: int, n2: int, p: float, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Return the difference of rates, as a share, that a two-sided test would find with this power.

    `p` is the mean of the two rates. None over nothing, and where p is 0 or 1, which says nothing about the spread.
    """
    if min(n1, n2) <= 0 or not 0 < p < 1:
        return None
    return quantiles(alpha, power) * math.sqrt(p * (1 - p) * (1 / n1 + 1 / n2))


def sample_needed(p1: float, p2: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Return how many messages each of two equal groups needs, to find that p1 and p2 differ.

    Raises ValueError unless both are shares from 0 to 1 and differ.
    """
    if not (0 <= p1 <= 1 and 0 <= p2 <= 1) or p1 == p2:
        raise ValueError(f"two different shares from 0 to 1 are needed, not {p1} and {p2}")
    p = (p1 + p2) / 2
    return math.ceil(2 * quantiles(alpha, power) ** 2 * p * (1 - p) / (p1 - p2) ** 2)


def detectable_gain(p: float, n: int, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """Return the least gain over the rate p that two groups of n messages each find: the inverse of `sample_needed`.

    None if even a rate of 1 would not be found. The gain d solves d² = k q (1-q) with q = p + d/2, k = 2 (z + z)² / n.
    Raises ValueError unless 0 ≤ p < 1 and n ≥ 1.
    """
    if not 0 <= p < 1 or n < 1:
        raise ValueError(f"a share from 0 to under 1 and at least one message are needed, not {p} and {n}")
    k = 2 * quantiles(alpha, power) ** 2 / n
    a, b, c = 1 + k / 4, -k * (1 - 2 * p) / 2, -k * p * (1 - p)
    gain = (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)
    return gain if p + gain <= 1 else None


def quantiles(alpha: float, power: float) -> float:
    """Return z(1 - alpha/2) + z(power), the standard errors that a difference must have to be found."""
    normal = NormalDist()
    return normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
