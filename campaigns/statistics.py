"""The figures under every rate and every comparison of variants, exact and without a clock or a database.

The definitions are in docs/statistics.md; a rate with a divisor of 0 is None, never 0.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

Z95 = 1.959963984540054  # two-sided 95% of the normal distribution

MIN_MESSAGES = 30  # messages per variant, before a comparison says anything
EXACT_BELOW = 20  # expected messages of a kind, below which the normal approximation says too much
MATURE = 0.995  # share of final messages under which a final period carries a warning
SAMPLE_RATIO_ALARM = 0.001  # p-value under which a split is not the planned one

_NOTHING = 1e-290  # beside a weight of 1; near a float's true least, shrinking weights stop to shrink

COUNTS_AS = {
    "delivered": "delivered",
    "failed": "failed",
    "expired": "failed",
    "rejected": "failed",
    "queued": "pending",
    "sent": "pending",
    "unknown": "unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Messages of a window by what became of them; raises ValueError where the four do not make the total."""

    total: int
    delivered: int
    failed: int
    pending: int
    unknown: int

    def __post_init__(self) -> None:
        if self.delivered + self.failed + self.pending + self.unknown != self.total:
            raise ValueError(f"delivered, failed, pending and unknown do not make the total: {self}")

    @classmethod
    def by_status(cls, messages: Mapping[str, int]) -> "Totals":
        """Sum messages by status (docs/link.md section 4); raises KeyError for a status that there is not."""
        sums = {"delivered": 0, "failed": 0, "pending": 0, "unknown": 0}
        for status, n in messages.items():
            sums[COUNTS_AS[status]] += n
        return cls(total=sum(messages.values()), **sums)

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            total=self.total + other.total,
            delivered=self.delivered + other.delivered,
            failed=self.failed + other.failed,
            pending=self.pending + other.pending,
            unknown=self.unknown + other.unknown,
        )

    @property
    def delivery_rate(self) -> float | None:
        """Delivered of all, pending and unknown included."""
        return rate(self.delivered, self.total)

    @property
    def delivery_interval(self) -> tuple[float, float] | None:
        return wilson(self.delivered, self.total)

    @property
    def of_final(self) -> float | None:
        """Delivered of what is delivered or failed."""
        return rate(self.delivered, self.delivered + self.failed)

    @property
    def of_final_interval(self) -> tuple[float, float] | None:
        return wilson(self.delivered, self.delivered + self.failed)

    def maturity(self, final: int) -> float | None:
        """Share of messages in a final state. Their number is not D + F + U: code 1007 is not final."""
        return rate(final, self.total)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first rate minus the second, as a share (0.02 = two points), with its 95% interval and p-value."""

    difference: float
    low: float
    high: float
    p_value: float
    exact: bool  # by Fisher's test, because the normal approximation does not hold


def rate(n: int, of: int) -> float | None:
    return n / of if of else None


def enough(n: int) -> bool:
    """Return whether a variant has enough messages for a comparison."""
    return n >= MIN_MESSAGES


def wilson(successes: int, n: int, z: float = Z95) -> tuple[float, float] | None:
    """Return the score interval of a proportion, None over nothing.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927. Raises
    ValueError unless 0 ≤ successes ≤ n.
    """
    _check(successes, n)
    if n == 0:
        return None
    p, zz = successes / n, z * z
    middle = (p + zz / (2 * n)) / (1 + zz / n)
    half = z * math.sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n)
    # At the ends the formula gives 0 and 1, but for rounding.
    return (0.0 if successes == 0 else middle - half, 1.0 if successes == n else middle + half)


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
    _check(d1, n1)
    _check(d2, n2)
    start, chances = _hypergeometric(n1 + n2 + 2, n1 + 1, d1 + d2 + 1)
    return min(1.0, math.fsum(chances[: max(0, d1 + 1 - start)]))


def sample_ratio_p(counts: Sequence[int], planned: Sequence[float]) -> float | None:
    """Return the p-value of Pearson's chi-square test of counts against planned weights, None over nothing.

    The weights need not sum to 1. Raises ValueError unless there are as many of them, at least two, all
    positive.
    """
    if len(counts) != len(planned) or len(counts) < 2 or min(planned) <= 0 or min(counts) < 0:
        raise ValueError(f"counts {list(counts)} and a planned split {list(planned)} do not go together")
    total, weights = sum(counts), math.fsum(planned)
    if total == 0:
        return None
    expected = [total * weight / weights for weight in planned]
    statistic = math.fsum((n - e) ** 2 / e for n, e in zip(counts, expected, strict=True))
    return _chi_square_tail(statistic, len(counts) - 1)


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


def minimal_detectable_difference(n1: int, n2: int, p: float, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """Return the difference of rates, as a share, that a two-sided test would find with this power.

    The normal approximation around the common rate p; None over nothing, and where p is 0 or 1, which says
    nothing about the spread.
    """
    if min(n1, n2) <= 0 or not 0 < p < 1:
        return None
    normal = NormalDist()
    return (normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)) * math.sqrt(p * (1 - p) * (1 / n1 + 1 / n2))


def _check(successes: int, n: int) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no proportion")


def _pooled_z_p(d1: int, n1: int, d2: int, n2: int) -> float:
    pooled = (d1 + d2) / (n1 + n2)
    z = (d1 / n1 - d2 / n2) / math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return math.erfc(abs(z) / math.sqrt(2))


def _fisher_p(d1: int, n1: int, d2: int, n2: int) -> float:
    """Sum the chances of all tables with these margins that are no likelier than this one."""
    start, chances = _hypergeometric(n1 + n2, n1, d1 + d2)
    own = chances[d1 - start] if 0 <= d1 - start < len(chances) else 0.0
    # Equally likely tables differ by rounding; the tolerance is the customary one.
    return min(1.0, math.fsum(chance for chance in chances if chance <= own * (1 + 1e-7)))


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
    total = math.fsum(weights)
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
