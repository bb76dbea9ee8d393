"""Rules for fewer and for more messages than usual.

The number of a window of 15 minutes is compared with the least and the most of all quarters of an hour around the same
time in each of the past four weeks. A campaign that is sent a little earlier or later, or not every week, is therefore
usual. A chance that changes the number by half while 100 are expected is below one in ten million (Poisson).
"""

from reports.alerts.statistics.sums import Sums, Usual
from reports.alerts.statistics.verdict import UNKNOWN, State, Verdict


def judge_volume_down(now: Sums, usual: Usual, *, percent: float, min_messages: int) -> Verdict:
    """Return the verdict on a fall by `percent` below the least of the usual quarters; no message at all is silence."""
    least = min((cell.messages for week in usual.cells for cell in week), default=0)
    if least < min_messages or not now.messages:
        return UNKNOWN
    is_bad = now.messages <= least * (1 - percent / 100)
    return Verdict(State.BAD if is_bad else State.GOOD, now.messages, least, now.messages)


def judge_volume_up(now: Sums, usual: Usual, *, percent: float, min_messages: int) -> Verdict:
    """Return the verdict on a rise by `percent` above the most of the usual quarters; each week needs messages."""
    by_week = [max((cell.messages for cell in week), default=0) for week in usual.cells]
    if now.messages < min_messages or not all(by_week) or not by_week:
        return UNKNOWN
    most = max(by_week)
    is_bad = now.messages >= max(most, min_messages) * (1 + percent / 100)
    return Verdict(State.BAD if is_bad else State.GOOD, now.messages, most, now.messages)
