"""Sums of messages at equal age: how many, and how many of them were delivered within each of some times."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

# Seconds. A message delivered after 4 s counts at the place of 5 s.
TIMES = (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900)
MIN_AGE, MAX_AGE = 60, TIMES[-1]


@dataclass(frozen=True, slots=True)
class Sums:
    """Number of messages, and of those delivered at each place of TIMES (`()`: none)."""

    messages: int = 0
    delivered: tuple[int, ...] = ()

    def __add__(self, other: "Sums") -> "Sums":
        if not (self.delivered and other.delivered):
            return Sums(self.messages + other.messages, self.delivered or other.delivered)
        both = zip(self.delivered, other.delivered, strict=True)
        return Sums(self.messages + other.messages, tuple(a + b for a, b in both))

    def within(self, age: int) -> int:
        """Return the number of messages delivered within `age` seconds."""
        return sum(self.delivered[: TIMES.index(age) + 1])

    def median(self, age: int) -> float | None:
        """Return the median time to delivery of those delivered within `age`, in seconds; None where there is none.

        Between two of TIMES it is interpolated.
        """
        half = self.within(age) / 2
        if not half:
            return None
        seen = 0
        for (low, high), number in zip(pairwise((0, *TIMES)), self.delivered, strict=True):
            if number and seen + number >= half:
                return low + (high - low) * (half - seen) / number
            seen += number
        return None


@dataclass(frozen=True, slots=True)
class Usual:
    """The same time in each of the past weeks, and the quarters of an hour around it (`cells`, those of each week)."""

    same: Sequence[Sums]
    cells: Sequence[Sequence[Sums]]

    def all_cells(self) -> list[Sums]:
        """Return the quarters of all weeks that have messages."""
        return [cell for week in self.cells for cell in week if cell.messages]


def total(parts: Iterable[Sums]) -> Sums:
    """Return the sum of these."""
    return sum(parts, Sums())


def age_of(p95: float | None) -> int:
    """Return the age at which messages are looked at: the least of TIMES that is not below their usual p95.

    It is at least MIN_AGE, so that a delay of the gateway's reports is no fall, and at most MAX_AGE.
    """
    wanted = min(max(p95 or 0, MIN_AGE), MAX_AGE)
    return next(time for time in TIMES if time >= wanted)
