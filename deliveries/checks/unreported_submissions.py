"""Rule for submissions without any delivery report.

Hours count if they ended at least `within` ago. Take them from the newest back, at most MAX_HOURS of them, until they
hold MIN_MESSAGES messages: with much traffic that is one hour, with little a whole day. If at least half of those
messages have no report at all, reports are missing. A phone that is switched off has a report too (sent, or queued), so
healthy traffic stays far below half. Fewer messages than MIN_MESSAGES in MAX_HOURS give no result.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

MIN_MESSAGES = 20
MAX_HOURS = 24
HOUR = timedelta(hours=1)

Hours = Mapping[datetime, tuple[int, int]]  # start of the hour (UTC) → messages, of them without any report


@dataclass(frozen=True, slots=True)
class UnreportedHours:
    """Hours [start, end) of the result, with the messages submitted and those without any report."""

    start: datetime
    end: datetime
    messages: int
    without_report: int


def assessed_hours(*, until: datetime, within: timedelta) -> tuple[datetime, datetime]:
    """Return the hours [start, end) of the rule; everything received before `until` is applied."""
    end = (until - within).replace(minute=0, second=0, microsecond=0)
    return end - MAX_HOURS * HOUR, end


def assess_submissions(hours: Hours, *, start: datetime, end: datetime) -> UnreportedHours | None:
    """Return the unanswered messages if they are an alarm, else None."""
    messages = without_report = 0
    hour = end
    while messages < MIN_MESSAGES and hour > start:
        hour -= HOUR
        more, silent = hours.get(hour, (0, 0))
        messages, without_report = messages + more, without_report + silent
    if messages < MIN_MESSAGES or 2 * without_report < messages:
        return None
    return UnreportedHours(hour, end, messages, without_report)
