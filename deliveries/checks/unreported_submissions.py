"""Rule for submissions without any delivery report.

Hours count if they ended at least `within` ago. Take them from the newest back, at most HOURS of them, until they hold
LEAST messages: with much traffic that is one hour, with little a whole day. If at least half of those messages have no
report at all, reports are missing. A phone that is switched off has a report too (sent, or queued), so healthy traffic
stays far below half. Fewer messages than LEAST in HOURS give no result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

LEAST = 20
HOURS = 24
HOUR = timedelta(hours=1)

Hours = Mapping[datetime, tuple[int, int]]  # start of the hour (UTC) → messages, of them without any report


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Hours [start, end) of the result, with the messages submitted and those without any report."""

    start: datetime
    end: datetime
    messages: int
    without_report: int


def looked_at(*, until: datetime, within: timedelta) -> tuple[datetime, datetime]:
    """Return the hours [start, end) of the rule; everything received before `until` is applied."""
    end = (until - within).replace(minute=0, second=0, microsecond=0)
    return end - HOURS * HOUR, end


def judge(hours: Hours, *, start: datetime, end: datetime) -> Unanswered | None:
    """Return the unanswered messages if they are an alarm, else None."""
    messages = without_report = 0
    hour = end
    while messages < LEAST and hour > start:
        hour -= HOUR
        more, silent = hours.get(hour, (0, 0))
        messages, without_report = messages + more, without_report + silent
    if messages < LEAST or 2 * without_report < messages:
        return None
    return Unanswered(hour, end, messages, without_report)
