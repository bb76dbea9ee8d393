"""Minute from which on messages have more parts than before: a scan for one rise of a mean. Pure.

A rise counts only if it is far beyond the spread of the messages, of their minutes, of their hours and of their days.
So batches of different texts that take turns raise no alarm (tests/money_leaks/test_change_point.py simulates them).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

MIN_MESSAGES = 50  # before the rise, and from it on
MIN_RATIO = 1.2  # of parts per message after to before
THRESHOLD = 5.0  # standard errors; the largest of many thousands of minutes stays below without a rise
ROUNDING = 0.999  # bounds on a rise are computed in another order than the rise
_MIN_VARIANCE = 0.02  # of one message
_BLOCKS = (60, 3600, 86_400)  # seconds
_MIN_BLOCKS = 4


@dataclass(frozen=True, slots=True)
class Minute:
    """Messages sent within a minute, the sum of their parts and of the squares of their parts."""

    at: datetime
    messages: int
    parts: int
    squares: int


@dataclass(frozen=True, slots=True)
class Rise:
    """The minute from which on messages have more parts; `before` and `after` are parts per message."""

    at: datetime
    before: float
    after: float
    messages: int  # from the minute on
    parts: int

    @property
    def extra_parts(self) -> int:
        """Return the parts beyond what the messages had cost as before."""
        return round(self.parts - self.before * self.messages)


def find_rise(minutes: Sequence[Minute]) -> Rise | None:
    """Return the strongest rise of parts per message, None without one; minutes are in order."""
    messages = sum(minute.messages for minute in minutes)
    parts = sum(minute.parts for minute in minutes)
    first, strength = 0, 0.0
    seen = seen_parts = 0
    for number, minute in enumerate(minutes):
        rest = messages - seen
        if seen >= MIN_MESSAGES and rest >= MIN_MESSAGES:
            difference = (parts - seen_parts) / rest - seen_parts / seen
            if difference > 0 and difference * difference * seen * rest / messages > strength:
                first, strength = number, difference * difference * seen * rest / messages
        seen += minute.messages
        seen_parts += minute.parts
    if not first:
        return None
    earlier, later = minutes[:first], minutes[first:]
    before, after = _mean(earlier), _mean(later)
    if after < before * MIN_RATIO or strength < THRESHOLD**2 * _variance(((earlier, before), (later, after))):
        return None
    return Rise(
        at=minutes[first].at,
        before=before,
        after=after,
        messages=sum(minute.messages for minute in later),
        parts=sum(minute.parts for minute in later),
    )


def blocks_that_may_rise(blocks: Sequence[tuple[int, int]]) -> list[int]:
    """Return the positions of the blocks of time within which a rise may lie; their messages and parts are in order.

    Without one of them `find_rise` finds nothing, however the messages of a block are divided over its minutes. The
    rise within a block would be greatest if all its messages before it had one part; the others have the rest of them.
    """
    messages, parts = sum(n for n, _p in blocks), sum(p for _n, p in blocks)
    if messages < 2 * MIN_MESSAGES:
        return []
    fraction = parts / messages % 1
    spread = messages * fraction * (1 - fraction)  # parts are whole numbers: their sum of squares is no smaller
    found = []
    seen = seen_parts = 0
    for position, (number, of_parts) in enumerate(blocks):
        one_part = min(number - 1, messages - seen - MIN_MESSAGES)  # messages of the block before the rise, at most
        if one_part >= max(0, MIN_MESSAGES - seen):
            before, rest = seen + one_part, messages - seen - one_part
            earlier, later = (seen_parts + one_part) / before, (parts - seen_parts - one_part) / rest
            even = min(max(messages / 2, seen), before)  # where the two sides weigh most
            strength = (later - earlier) ** 2 * even * (messages - even) / messages
            least = max(_MIN_VARIANCE, (spread - strength) / (messages - 2)) * THRESHOLD**2
            if later >= earlier * MIN_RATIO * ROUNDING and strength >= least * ROUNDING:
                found.append(position)
        seen += number
        seen_parts += of_parts
    return found


def _mean(minutes: Sequence[Minute]) -> float:
    return sum(minute.parts for minute in minutes) / sum(minute.messages for minute in minutes)


def _variance(sides: Sequence[tuple[Sequence[Minute], float]]) -> float:
    """Return the largest variance of a message that the messages or their blocks of time speak for."""
    messages, squares = 0, 0.0
    for minutes, mean in sides:
        number = sum(minute.messages for minute in minutes)
        messages += number
        squares += sum(minute.squares for minute in minutes) - number * mean * mean
    found = [_MIN_VARIANCE, squares / (messages - 2)]
    for seconds in _BLOCKS:
        number, spread = 0, 0.0
        for minutes, mean in sides:
            blocks: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
            for minute in minutes:
                block = blocks[int(minute.at.timestamp()) // seconds]
                block[0] += minute.messages
                block[1] += minute.parts
            number += len(blocks)
            spread += sum(count * (parts / count - mean) ** 2 for count, parts in blocks.values())
        if number >= _MIN_BLOCKS:
            found.append(spread / (number - 2))
    return max(found)
