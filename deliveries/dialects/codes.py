"""Statuses of result codes, and the rule that decides between two statuses. Shared by all dialects, pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from msgspec import Struct

QUEUED, SENT, DELIVERED, FAILED = "queued", "sent", "delivered", "failed"
EXPIRED, REJECTED, UNKNOWN = "expired", "rejected", "unknown"

# "then delivered > failed > expired > rejected > unknown > sent > queued" (docs/link.md section 5.3)
STATUS_RANK = {DELIVERED: 7, FAILED: 6, EXPIRED: 5, REJECTED: 4, UNKNOWN: 3, SENT: 2, QUEUED: 1}

# What a status counts as (docs/link.md section 4)
COUNTS_AS = {
    DELIVERED: "delivered",
    FAILED: "failed",
    EXPIRED: "failed",
    REJECTED: "failed",
    UNKNOWN: "unknown",
    SENT: "pending",
    QUEUED: "pending",
}

# What says that a message has come to an end for its receiver, final or not; the others say that nobody knows yet.
OUTCOMES = frozenset({DELIVERED, FAILED, EXPIRED, REJECTED})

EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Code:
    """One result code of a dialect; `reason` is the class of a failure, '' for codes that are none."""

    code: int
    status: str
    final: bool
    reason: str
    text_en: str
    text_fi: str


class State(Struct, frozen=True, gc=False):
    """State of a part: the winning code, and the operator's time for it (aware UTC or None).

    `delivery` is the earliest known time of delivery. It is None if `code` and `at` say the same, so most messages
    store nothing for it (CodeTable.delivery).
    """

    code: int
    at: datetime | None
    delivery: datetime | None = None


_UNKNOWN = (UNKNOWN, False)
_UNKNOWN_RANK = (0, False, False, STATUS_RANK[UNKNOWN])


class CodeTable:
    """The codes of one dialect, ready for comparing states."""

    def __init__(self, codes: dict[int, Code]) -> None:
        self._codes = codes
        self._ranks = {code: (1, c.status in OUTCOMES, c.final, STATUS_RANK[c.status]) for code, c in codes.items()}
        self._meanings = {code: (c.status, c.final) for code, c in codes.items()}
        self._delivered = {code for code, c in codes.items() if c.status == DELIVERED}
        # Of final outcomes whether they are deliveries
        self._ends = {code: c.status == DELIVERED for code, c in codes.items() if c.final and c.status in OUTCOMES}

    def get(self, code: int) -> Code | None:
        """Return the code's meaning, None for one that is not in the table."""
        return self._codes.get(code)

    def meaning(self, code: int) -> tuple[str, bool]:
        """Return status and finality: whether no other report may follow. Not in the table is `unknown`, not final."""
        return self._meanings.get(code, _UNKNOWN)

    def status(self, code: int) -> str:
        """Return the status; a code that is not in the table is `unknown`."""
        return self.meaning(code)[0]

    def by_status(self, statuses: Collection[str]) -> tuple[list[int], list[int]]:
        """Return all codes of the table, and those with one of the statuses."""
        return sorted(self._meanings), sorted(
            code for code, (status, _) in self._meanings.items() if status in statuses
        )

    def is_final(self, code: int) -> bool:
        """Return whether no other report may follow; unknown codes are not final."""
        return self.meaning(code)[1]

    def rank(self, state: State) -> tuple[object, ...]:
        """Return the place of `state` in the one total order of docs/link.md section 5.3."""
        known, outcome, final, status = self._ranks.get(state.code, _UNKNOWN_RANK)
        return (known, outcome, final, state.at or EARLIEST, status, state.code)

    def contradict(self, one: State, other: State) -> bool:
        """Return whether both are final outcomes and only one of them is a delivery."""
        a, b = self._ends.get(one.code), self._ends.get(other.code)
        return a is not None and b is not None and a != b

    def delivery(self, state: State) -> datetime | None:
        """Return the earliest known time at which what `state` is about was delivered."""
        if state.delivery is not None:
            return state.delivery
        return state.at if state.code in self._delivered else None

    def greater(self, one: State, other: State) -> State:
        """Return the state that wins, with the earlier delivery of both (docs/link.md sections 5.3 and 5.7)."""
        wins, loses = (other, one) if self.rank(other) > self.rank(one) else (one, other)
        second = self.delivery(loses)
        if second is None:
            return wins  # which holds its own
        earliest = self.delivery(wins)
        if earliest is None or second < earliest:
            earliest = second
        if earliest == wins.at and wins.code in self._delivered:
            earliest = None  # the state itself says so
        return wins if wins.delivery == earliest else State(wins.code, wins.at, earliest)
