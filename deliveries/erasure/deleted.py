"""Counts of what an erasure changed."""

from dataclasses import dataclass


@dataclass(slots=True)
class ErasureCounts:
    """Results of `erase_number`: the person's own messages, others that held the number, and further rows.

    `waiting` are raw rows that hold the number and are still to be applied: they stay, and a later run finds them.
    """

    messages: int = 0
    mentions: int = 0
    campaigns: int = 0
    raw_rows: int = 0
    quarantined: int = 0
    waiting: int = 0
