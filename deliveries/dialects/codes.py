"""What a result code says, and which of two states wins: shared by all dialects, pure."""

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
    """What one delivery report says: a code, and the operator's time for it (aware UTC, None if missing)."""

    code: int
    at: datetime | None


_UNKNOWN = (UNKNOWN, False)


class CodeTable:
    """The codes of one dialect, ready for comparing states."""

    def __init__(self, codes: dict[int, Code]) -> None:
        self._codes = codes
        self._ranks = {code: (1, int(c.final), STATUS_RANK[c.status]) for code, c in codes.items()}
        self._meanings = {code: (c.status, c.final) for code, c in codes.items()}

    def get(self, code: int) -> Code | None:
        """Return the code's meaning, None for one that is not in the table."""
        return self._codes.get(code)

    def meaning(self, code: int) -> tuple[str, bool]:
        """Return status and finality: whether no other report may follow. Not in the table is `unknown`, not final."""
        return self._meanings.get(code, _UNKNOWN)

    def status(self, code: int) -> str:
        """Return the status; a code that is not in the table is `unknown`."""
        return self.meaning(code)[0]

    def is_final(self, code: int) -> bool:
        """Tell whether no other report may follow; one that is not in the table is not final."""
        return self.meaning(code)[1]

    def rank(self, state: State) -> tuple:
        """Return the place of `state` in the one total order of docs/link.md section 5.3."""
        known, final, status = self._ranks.get(state.code, (0, 0, STATUS_RANK[UNKNOWN]))
        return (known, final, state.at or EARLIEST, status, state.code)

    def contradict(self, one: State, other: State) -> bool:
        """Tell whether both are final and only one of them is a delivery."""
        a, b = self._codes.get(one.code), self._codes.get(other.code)
        return bool(a and b and a.final and b.final and (a.status == DELIVERED) != (b.status == DELIVERED))
