"""Counts of messages and of the SMS parts in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any


@dataclass(frozen=True, slots=True)
class Volume:
    """Counts of messages and of the SMS parts in them; every message has exactly one of the four states.

    `delivered_parts` are the parts of delivered messages, `billed_parts` those of messages whose code says billed;
    each is None where it was not counted. Raises ValueError where delivered + failed + pending + unknown is not
    messages, more parts are delivered or billed than there are, or a count is negative (docs/statistics.md).
    """

    messages: int = 0
    parts: int = 0
    delivered: int = 0
    failed: int = 0
    pending: int = 0
    unknown: int = 0
    delivered_parts: int | None = 0
    billed_parts: int | None = 0

    def __post_init__(self) -> None:
        if self.delivered + self.failed + self.pending + self.unknown != self.messages:
            raise ValueError(f"the states do not add up to the messages: {self}")
        of_parts = [count for count in (self.delivered_parts, self.billed_parts) if count is not None]
        if min(self.messages, self.parts, self.delivered, self.failed, self.pending, self.unknown, *of_parts) < 0:
            raise ValueError(f"a count is negative: {self}")
        if of_parts and max(of_parts) > self.parts:
            raise ValueError(f"more parts are delivered or billed than there are: {self}")

    def __add__(self, other: Volume) -> Volume:
        return Volume.total((self, other))

    @classmethod
    def total(cls, volumes: Iterable[Volume]) -> Volume:
        """Return the sum of all; of none, zeros. What one of them has not counted, the sum has not either."""
        rows = [_COUNTS(volume) for volume in volumes]
        sums: Iterable[Any] = (None if None in column else sum(column) for column in zip(*rows, strict=True))
        return cls(*sums)


_COUNTS = attrgetter(*(f.name for f in fields(Volume)))
