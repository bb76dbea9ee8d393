"""When submissions stay without any delivery report: what was handed in lately, and of how much nothing was heard.

The rule: hours count once they ended `within` ago or earlier. Take them from the newest back, at most HOURS of them,
until they hold LEAST messages: with much traffic that is one hour, with little a whole day. Where at least half of
those messages have no report at all, reports do not come in. A phone that is switched off has a report too (sent, or
queued), so healthy traffic stays far below the half; fewer messages than LEAST in HOURS say nothing.
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
    """The newest hours that tell something: [start, end), the messages handed in and those without any report."""

    start: datetime
    end: datetime
    messages: int
    without_report: int


def looked_at(*, until: datetime, within: timedelta) -> tuple[datetime, datetime]:
    """Return the hours [start, end) that the rule looks at; before `until` all that came in is applied."""
    end = (until - within).replace(minute=0, second=0, microsecond=0)
    return end - HOURS * HOUR, end


def judge(hours: Hours, *, start: datetime, end: datetime) -> Unanswered | None:
    """Return what is unanswered where it is an alarm, None where nothing is to be told."""
    messages = without_report = 0
    hour = end
    while messages < LEAST and hour > start:
        hour -= HOUR
        more, silent = hours.get(hour, (0, 0))
        messages, without_report = messages + more, without_report + silent
    if messages < LEAST or 2 * without_report < messages:
        return None
    return Unanswered(hour, end, messages, without_report)
