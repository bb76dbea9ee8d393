"""Claimed deliveries that wait in memory for their request; pure."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain

from msgspec import Struct

from deliveries.gates.claims import FRESH, Claim
from deliveries.gates.forwarded import Sendable

_OF_FOUR = 3  # of four deliveries are fresh, if there are any


class Ready(Struct, frozen=True, gc=False):
    """A claimed delivery that can be sent."""

    claim: Claim
    report: Sendable
    lapses_at: float  # by the monotonic clock
    dies_at: datetime  # end of its time to live


class ReadyQueue:
    """Ready deliveries of one gate. Fresh ones pass a backlog, which gets every fourth turn."""

    def __init__(self) -> None:
        self._fresh, self._older = deque[Ready](), deque[Ready]()
        self._turn = 0

    def __len__(self) -> int:
        return len(self._fresh) + len(self._older)

    def __iter__(self) -> Iterator[Ready]:
        return chain(self._fresh, self._older)

    def add(self, one: Ready, *, now: datetime) -> None:
        """Add a delivery behind those of its kind."""
        claim = one.claim
        is_fresh = not claim.attempts and claim.replay_id is None
        is_fresh = is_fresh and now - claim.created_at < timedelta(seconds=FRESH)
        (self._fresh if is_fresh else self._older).append(one)

    @property
    def next(self) -> Ready:
        """Return the delivery that is taken next. Raises IndexError if there is none."""
        return self._chosen()[0]

    def take(self) -> Ready:
        """Remove and return the next delivery. Raises IndexError if there is none."""
        one = self._chosen().popleft()
        self._turn += 1
        return one

    def clear(self) -> None:
        """Remove all deliveries."""
        self._fresh.clear()
        self._older.clear()

    def _chosen(self) -> deque[Ready]:
        is_for_older = self._older and (not self._fresh or self._turn % (_OF_FOUR + 1) == _OF_FOUR)
        return self._older if is_for_older else self._fresh
