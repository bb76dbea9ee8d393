"""Counts of what batches did."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class BatchResult:
    """Result of a batch (or a sum of batches), in rows and in messages."""

    claimed: int = 0
    reports: int = 0
    submissions: int = 0
    duplicates: int = 0
    quarantined: int = 0
    other_channels: int = 0
    new_messages: int = 0
    changed_messages: int = 0

    def __add__(self, other: "BatchResult") -> "BatchResult":
        return BatchResult(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def applied(self) -> int:
        """Return how many rows were read, folded and written; quarantined ones were not."""
        return self.claimed - self.quarantined
