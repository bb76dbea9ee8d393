"""Totals of messages by what became of them, rates, and Wilson's interval of a rate.

A rate with a divisor of 0 is None, never 0.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

Z95 = 1.959963984540054  # two-sided 95% of the normal distribution

MIN_MESSAGES = 30  # messages per variant, before a comparison says anything
MATURE = 0.995  # share of final messages under which a final period carries a warning

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
    check_proportion(successes, n)
    if n == 0:
        return None
    p, zz = successes / n, z * z
    middle = (p + zz / (2 * n)) / (1 + zz / n)
    half = z * math.sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n)
    # At the ends the formula gives 0 and 1, but for rounding.
    return (0.0 if successes == 0 else middle - half, 1.0 if successes == n else middle + half)


def check_proportion(successes: int, n: int) -> None:
    """Raise ValueError unless 0 ≤ successes ≤ n."""
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is no proportion")
