"""Our side of a proof: sums of messages with all that a presumed rule may look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from deliveries.dialects.codes import DELIVERED, EXPIRED, FAILED, QUEUED, REJECTED, SENT, UNKNOWN

FAILURES = frozenset({FAILED, EXPIRED, REJECTED})
PENDING = frozenset({QUEUED, SENT})

__all__ = ["DELIVERED", "FAILURES", "PENDING", "UNKNOWN", "Fact"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Messages that are alike for every rule.

    `month` and `utc_month` are 0 in the proved month, −1 in the one before, 1 in the one after; by the account's time
    zone and by UTC. `closing` is the status that was known at the gateway's close of the proved month, `before` that at
    its close of the month before.
    """

    partner_id: str
    country: str
    operator: str
    sender_type: str
    day: date
    status: str
    messages: int
    parts: int
    month: int = 0
    utc_month: int = 0
    closing: str = ""
    before: str = ""
    declared: bool = True

    @property
    def at_close(self) -> str:
        """Return the status at the close of the proved month; '' stands for the present one."""
        return self.closing or self.status

    @property
    def at_close_before(self) -> str:
        """Return the status at the close of the month before; '' stands for the present one."""
        return self.before or self.status
