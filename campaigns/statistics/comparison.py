"""Comparisons of two rates or of counts with a plan, and adjustments for several comparisons.

Every function looks at the data once. For data that are looked at again and again while they come in, see
sequential.py.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.statistics.rates import check_proportion, wilson

EXACT_BELOW = 20  # expected messages of a kind, below which the normal approximation says too much
SAMPLE_RATIO_ALARM = 0.001  # p-value under which a split is not the planned one

_NOTHING = 1e-290  # beside a weight of 1; near a float's true least, shrinking weights stop to shrink


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first rate minus the second, as a share (0.02 = two points), with its 95% interval and p-value."""

    difference: float
    low: float
    high: float
    p_value: float
    exact: bool  # by Fisher's test, because the normal approximation does not hold


def two_proportions(d1: int, n1: int, d2: int, n2: int) -> Comparison | None:
    """Compare d1 of n1 with d2 of n2; None where either is over nothing.

    The interval is method 10 of Newcombe, "Interval estimation for the difference between independent
    proportions", Statistics in Medicine 17, 1998. The p-value is that of the pooled z-test, of Fisher's exact
    test where an expected count is under EXACT_BELOW; both two-sided.
    """
    first, second = wilson(d1, n1), wilson(d2, n2)
    if first is None or second is None:
        return None
    p1, p2 = d1 / n1, d2 / n2
    delivered, total = d1 + d2, n1 + n2
    exact = min(n1, n2) * min(delivered, total - delivered) < EXACT_BELOW * total
    return Comparison(
        difference=p1 - p2,
        low=p1 - p2 - math.hypot(p1 - first[0], second[1] - p2),
        high=p1 - p2 + math.hypot(first[1] - p1, p2 - second[0]),
        p_value=_fisher_p(d1, n1, d2, n2) if exact else _pooled_z_p(d1, n1, d2, n2),
        exact=exact,
    )


def win_probability(d1: int, n1: int, d2: int, n2: int) -> float:
    """Return the probability that the first rate is the greater one, each with a uniform prior, Beta(1,1).

    Exact, as a tail of a hypergeometric distribution: Beta(d+1, n-d+1) is the (d+1)-th smallest of n+1
    uniform numbers, so the first rate is the greater one when at most d1 of the d1+d2+1 smallest of all
    n1+n2+2 numbers are its own (Altham, "Exact Bayesian analysis of a 2×2 contingency table", JRSS B 31,
    1969). Counts of a hundred million take about half a second.
    """
    check_proportion(d1, n1)
    check_proportion(d2, n2)
    start, chances = _hypergeometric(n1 + n2 + 2, n1 + 1, d1 + d2 + 1)
    return min(1.0, math.fsum(chances[: max(0, d1 + 1 - start)]))


def expected_loss(d1: int, n1: int, d2: int, n2: int) -> float:
    """Return how much, as a share, is lost on average by choosing the first: E[max(0, second - first)].

    Both rates have a uniform prior, Beta(1,1). In closed form: E[X; X > Y] of X ~ Beta(a, b) is a/(a+b) times the
    probability that a Beta(a+1, b) is greater than Y, and a is one message more (Stucchi, "Bayesian A/B testing at
    VWO", 2015). Losses under about 1e-12 are rounding, and may be 0.
    """
    mean1, mean2 = (d1 + 1) / (n1 + 2), (d2 + 1) / (n2 + 2)
    second_gains = mean2 * win_probability(d2 + 1, n2 + 1, d1, n1)
    first_misses = mean1 * (1 - win_probability(d1 + 1, n1 + 1, d2, n2))
    return max(0.0, second_gains - first_misses)


def sample_ratio_p(counts: Sequence[int], planned: Sequence[float]) -> float | None:
    """Return the p-value of Pearson's chi-square test of counts against planned weights, None over nothing.

    The weights need not sum to 1. Raises ValueError unless there are as many of them, at least two, all
    positive.
    """
    shares, total = check_split(counts, planned), sum(counts)
    if total == 0:
        return None
    expected = [total * share for share in shares]
    statistic = math.fsum((n - e) ** 2 / e for n, e in zip(counts, expected, strict=True))
    return _chi_square_tail(statistic, len(counts) - 1)


def homogeneity_p(rows: Sequence[Sequence[int]]) -> float | None:
    """Return Pearson's chi-square p-value that all rows (variants) have the same mix of columns (strata).

    Columns with an expected count under 5 in any row are taken together, as the approximation needs. None if fewer
    than two rows or columns are left. Raises ValueError for rows of different lengths.
    """
    rows = [row for row in rows if sum(row)]
    total, sums = sum(map(sum, rows)), [sum(row) for row in rows]
    columns = list(zip(*rows, strict=True))
    if len(rows) < 2:
        return None
    is_small = [sum(column) * min(sums) < 5 * total for column in columns]
    kept = [column for column, small in zip(columns, is_small, strict=True) if not small]
    pooled = [
        sum(cells) for cells in zip(*(c for c, small in zip(columns, is_small, strict=True) if small), strict=True)
    ]
    if sum(pooled) * min(sums) >= 5 * total:
        kept.append(tuple(pooled))
    if len(kept) < 2:
        return None
    total, sums = sum(map(sum, kept)), [sum(cells) for cells in zip(*kept, strict=True)]
    statistic = 0.0
    for column in kept:
        expected = [sum(column) * of / total for of in sums]
        statistic += math.fsum((n - e) ** 2 / e for n, e in zip(column, expected, strict=True))
    return _chi_square_tail(statistic, (len(rows) - 1) * (len(kept) - 1))


def check_split(counts: Sequence[int], planned: Sequence[float]) -> list[float]:
    """Return the planned shares, which sum to 1.

    Raises ValueError unless there are as many weights as counts, at least two, all positive.
    """
    if len(counts) != len(planned) or len(counts) < 2 or min(planned) <= 0 or min(counts) < 0:
        raise ValueError(f"counts {list(counts)} and a planned split {list(planned)} do not go together")
    weights = math.fsum(planned)
    return [weight / weights for weight in planned]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the adjusted p-values, in the order given, for so many comparisons.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
    1979.
    """
    adjusted = [0.0] * len(p_values)
    least = 0.0
    for done, i in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        least = max(least, min(1.0, (len(p_values) - done) * p_values[i]))
        adjusted[i] = least
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted for the false discovery rate, in the order given.

    Benjamini and Hochberg, "Controlling the false discovery rate", JRSS B 57, 1995.
    """
    adjusted = [0.0] * len(p_values)
    greatest = 1.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    for done, i in enumerate(order):
        greatest = min(greatest, p_values[i] * len(p_values) / (len(p_values) - done))
        adjusted[i] = greatest
    return adjusted


def _pooled_z_p(d1: int, n1: int, d2: int, n2: int) -> float:
    pooled = (d1 + d2) / (n1 + n2)
    z = (d1 / n1 - d2 / n2) / math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return math.erfc(abs(z) / math.sqrt(2))


def _fisher_p(d1: int, n1: int, d2: int, n2: int) -> float:
    """Sum the chances of all tables with these margins that are no likelier than this one."""
    start, chances = _hypergeometric(n1 + n2, n1, d1 + d2)
    own = chances[d1 - start] if 0 <= d1 - start < len(chances) else 0.0
    # Equally likely tables differ by rounding; the tolerance is the customary one.
    return min(1.0, sum(chance for chance in chances if chance <= own * (1 + 1e-7)))


def _hypergeometric(population: int, marked: int, draws: int) -> tuple[int, list[float]]:
    """Return the first k and the chances of k, k+1, … marked ones among the draws.

    From the likeliest k outwards by the ratio of neighbours, until next to nothing is left: this keeps the
    relative precision, takes some tens of standard deviations, and needs no factorials.
    """
    lowest, highest = max(0, draws + marked - population), min(draws, marked)
    mode = min(highest, max(lowest, (draws + 1) * (marked + 1) // (population + 2)))
    rest = population - marked - draws

    above, weight, k = [1.0], 1.0, mode
    while k < highest and weight > _NOTHING:
        weight *= (marked - k) * (draws - k) / ((k + 1) * (rest + k + 1))
        k += 1
        above.append(weight)

    below, weight, k = [], 1.0, mode
    while k > lowest and weight > _NOTHING:
        weight *= k * (rest + k) / ((marked - k + 1) * (draws - k + 1))
        k -= 1
        below.append(weight)

    weights = below[::-1] + above
    total = sum(weights)  # all positive: rounding is far below the tables' own; fsum takes ten times as long
    return k, [weight / total for weight in weights]


def _chi_square_tail(statistic: float, freedom: int) -> float:
    """Return the upper tail: the regularised gamma function Q(freedom/2, statistic/2), a finite sum here.

    Q(a+1, x) = Q(a, x) + x^a e^-x / Γ(a+1), from Q(1/2, x) = erfc(√x) and Q(1, x) = e^-x.
    """
    x = statistic / 2
    if freedom % 2:
        tail, a, term = math.erfc(math.sqrt(x)), 0.5, math.exp(-x) * math.sqrt(x / math.pi) * 2
    else:
        tail, a, term = math.exp(-x), 1.0, math.exp(-x) * x
    while a < freedom / 2:
        tail += term
        a += 1
        term *= x / a
    return min(1.0, tail)
