"""Comparisons that stay valid however often they are looked at while messages come in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from campaigns.statistics.comparison import check_split
from campaigns.statistics.means import Sums
from campaigns.statistics.rates import check_proportion

ALPHA = 0.05
TUNED_FOR = 5_000  # messages of both variants at which the interval is narrowest, beside the fixed one
PRIOR_MESSAGES = 1_000  # weight of the planned split in the sequential check of the split


@dataclass(frozen=True, slots=True)
class AlwaysValid:
    """The first rate or mean minus the second, with an interval and a p-value that hold at every look."""

    difference: float
    low: float
    high: float
    p_value: float


def always_valid(
    d1: int, n1: int, d2: int, n2: int, alpha: float = ALPHA, tuned_for: int = TUNED_FOR
) -> AlwaysValid | None:
    """Compare d1 of n1 with d2 of n2 while both grow; None where either is over nothing.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit
    theory and asymptotic confidence sequences" (arXiv 2103.06476, theorem 2.2): the chance that the interval ever
    misses the true difference is alpha. The p-value is the least alpha whose interval, with the same rho, leaves out 0.
    If all or none of a variant's messages count, the spread is estimated with one of each kind added.
    """
    check_proportion(d1, n1)
    check_proportion(d2, n2)
    if n1 == 0 or n2 == 0:
        return None
    found = _sequence(d1 / n1 - d2 / n2, _variance(d1, n1) + _variance(d2, n2), n1 + n2, alpha, tuned_for)
    return replace(found, low=max(-1.0, found.low), high=min(1.0, found.high))


def always_valid_means(
    first: Sums, second: Sums, alpha: float = ALPHA, tuned_for: int = TUNED_FOR
) -> AlwaysValid | None:
    """Compare two means, such as revenue per recipient, while both grow, by the same sequence as `always_valid`.

    It needs no distribution of the values, only many of them. None with fewer than two values on either side, and where
    no value differs from another.
    """
    if min(first.n, second.n) < 2:
        return None
    variance = first.variance / first.n + second.variance / second.n
    if variance == 0:
        return None
    return _sequence(first.mean - second.mean, variance, first.n + second.n, alpha, tuned_for)


def _sequence(difference: float, error2: float, n: int, alpha: float, tuned_for: int) -> AlwaysValid:
    """Return the sequence's interval around a difference of this squared standard error, after n values."""
    variance = n * error2  # of one value's worth
    rho2 = (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / tuned_for
    spread = n * rho2 + 1
    half = math.sqrt(variance * 2 * spread * math.log(math.sqrt(spread) / alpha) / rho2) / n
    exponent = (difference * n) ** 2 * rho2 / (2 * spread * variance)
    return AlwaysValid(
        difference=difference,
        low=difference - half,
        high=difference + half,
        p_value=min(1.0, math.sqrt(spread) * math.exp(-exponent)),
    )


def sequential_sample_ratio_p(counts: Sequence[int], planned: Sequence[float]) -> float | None:
    """Return a p-value of counts against planned weights that holds at every look; None over nothing.

    One over the Bayes factor of a Dirichlet prior around the planned split against the split itself (Lindon and Malek,
    "Anytime-valid inference for multinomial count data", NeurIPS 2022). It holds for variants that are assigned at
    random message by message, not for one that is sent after the other. Raises ValueError as `sample_ratio_p` does.
    """
    shares, total = check_split(counts, planned), sum(counts)
    if total == 0:
        return None
    log_factor = math.lgamma(PRIOR_MESSAGES) - math.lgamma(PRIOR_MESSAGES + total)
    for n, share in zip(counts, shares, strict=True):
        prior = PRIOR_MESSAGES * share
        log_factor += math.lgamma(prior + n) - math.lgamma(prior) - n * math.log(share)
    return math.exp(min(0.0, -log_factor))


def _variance(d: int, n: int) -> float:
    """Return the variance of the rate."""
    p = d / n if 0 < d < n else (d + 1) / (n + 2)
    return p * (1 - p) / n
