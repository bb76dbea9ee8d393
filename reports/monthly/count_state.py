"""Sums of a month's counts with a digest of their rows, by which two states are compared."""

from collections.abc import Iterable
from dataclasses import dataclass

COUNTED = ("messages", "parts", "delivered", "failed", "pending", "unknown")
_DIGESTS = 2**64  # digests of rows are added up within this


@dataclass(frozen=True, slots=True)
class CountState:
    """A month's counts: their sums, and a digest of the rows that make them up."""

    sums: tuple[int, ...] = (0,) * len(COUNTED)
    digest: int = 0

    @classmethod
    def of(cls, sums: Iterable[int], digest: int | None) -> "CountState":
        """Return the state of a row of a query; digests are added up within 64 bits."""
        return cls(tuple(map(int, sums)), int(digest or 0) % _DIGESTS)

    def __add__(self, other: "CountState") -> "CountState":
        sums = tuple(a + b for a, b in zip(self.sums, other.sums, strict=True))
        return CountState(sums, (self.digest + other.digest) % _DIGESTS)

    @property
    def totals(self) -> dict[str, int]:
        """The sums by name, as a run keeps them."""
        return dict(zip(COUNTED, self.sums, strict=True))

    @property
    def rows_hash(self) -> str:
        """The digest, as a run keeps it."""
        return f"{self.digest:016x}"
