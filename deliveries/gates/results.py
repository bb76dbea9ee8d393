"""Results of a delivery's rounds, as the dispatcher records them; pure."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from deliveries.gates.claims import Claim

DELIVERED = "delivered"


class Attempt(Struct, frozen=True, gc=False):
    """One request and its answer, or the end of a delivery without one (`destination_id` None)."""

    destination_id: int | None
    at: datetime
    outcome: str
    ms: int | None = None
    method: str = ""
    url: str = ""
    request_headers: str = ""
    request_body: str = ""
    answer: str = ""
    is_masked: bool = False


class Result(Struct, frozen=True, gc=False):
    """Result of a round of a claimed delivery. `due_at` is its next attempt, None if nothing follows.

    `received_at` is when the portal received the report, `done` are the destinations that have it now. `is_gone`: a
    receiver answered 410, which switches the gate off.
    """

    claim: Claim
    attempts: Sequence[Attempt]
    done: tuple[int, ...]
    due_at: datetime | None
    received_at: datetime | None
    is_gone: bool = False

    @property
    def is_delivered(self) -> bool:
        """Tell whether the last attempt reached its receiver."""
        return bool(self.attempts) and self.attempts[-1].outcome == DELIVERED
