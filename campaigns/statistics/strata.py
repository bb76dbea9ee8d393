"""Difference of two rates within strata, such as countries or operators."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.statistics.rates import Z95, check_proportion


@dataclass(frozen=True, slots=True)
class Stratum:
    """Messages of two variants in one stratum: d1 of n1 and d2 of n2."""

    d1: int
    n1: int
    d2: int
    n2: int

    def __post_init__(self) -> None:
        check_proportion(self.d1, self.n1)
        check_proportion(self.d2, self.n2)


@dataclass(frozen=True, slots=True)
class StratifiedDifference:
    """The first rate minus the second within strata, with its 95% interval and standard error."""

    difference: float
    low: float
    high: float
    error: float


def stratified_difference(strata: Sequence[Stratum]) -> StratifiedDifference | None:
    """Return the Mantel-Haenszel risk difference with Sato's variance; None if no stratum has both variants.

    Sato, "On the variance estimator for the Mantel-Haenszel risk difference", Biometrics 45, 1989. It holds for few
    large strata and for many small ones. A stratum with one variant only has no weight.
    """
    weights = weighted = p_sum = q_sum = 0.0
    for s in strata:
        n = s.n1 + s.n2
        if not s.n1 or not s.n2:
            continue
        weights += s.n1 * s.n2 / n
        weighted += (s.d1 * s.n2 - s.d2 * s.n1) / n
        p_sum += (s.n1**2 * s.d2 - s.n2**2 * s.d1 + s.n1 * s.n2 * (s.n2 - s.n1) / 2) / n**2
        q_sum += (s.d1 * (s.n2 - s.d2) + s.d2 * (s.n1 - s.d1)) / (2 * n)
    if not weights:
        return None
    difference = weighted / weights
    error = math.sqrt(max(0.0, difference * p_sum + q_sum)) / weights
    return StratifiedDifference(
        difference=difference,
        low=max(-1.0, difference - Z95 * error),
        high=min(1.0, difference + Z95 * error),
        error=error,
    )
