"""Result of parsing one raw row in any dialect: a report, an event of another channel, or why it cannot be read."""

from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

# Where a platformPartnerId came from, best first (docs/link.md section 5.9)
# FROM_CLAIM is a submission by a tenant's key: what the gateway or the operator says of a message goes before it.
FROM_SUBMISSION, FROM_GATE, FROM_PARAMETERS, FROM_FEED, FROM_CLAIM, FROM_NOWHERE = range(6)


class Unreadable(ValueError):
    """The row is no delivery report: it goes to quarantine under `reason`, `detail` names the field and the limit."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


class Report(Struct, frozen=True, gc=False):
    """One delivery report, its texts as they came; times are aware UTC, None where missing or out of the window."""

    message_id: str
    part: int | None
    code: int
    at: datetime | None
    sent_at: datetime | None
    operator: str | None
    operator_code: str | None
    ref_id: str | None
    segments: int
    partner_id: str
    partner_rank: int
    source: str | None
    destination: str | None
    parameters: dict[str, str]
    clock_oddity: bool
    ref_id_cut: bool


class NoMessage(NamedTuple):
    """A readable event that is about no SMS: it is kept and counted under its channel, and makes no message."""

    channel: str


class Submission(NamedTuple):
    """The submission of a message (docs/link.md section 2); a field that it does not hold is None."""

    submitted_at: datetime
    partner_id: str = ""
    ref_id: str | None = None
    source: str | None = None
    source_ton: str | None = None
    destination: str | None = None
    parameters: dict[str, str] | None = None
    partner_rank: int = FROM_SUBMISSION  # FROM_CLAIM where a tenant says so
