"""One gate inside the dispatcher: how many requests it may have under way, and when; pure.

A healthy gate starts with 4 requests at once and may grow to 32. A failing one shrinks, and after ten failures in a row
it is tried with one request after ever longer pauses. Times are those of a monotonic clock, in seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key")

FIRST_LIMIT = 4
MAX_LIMIT = 32
QUICK = 1.0  # an answer within so many seconds lets a gate grow
SLOW = 5.0  # a gate whose requests take longer goes to the slow lane
FAILURES_TO_PAUSE = 10  # in a row
FIRST_PAUSE, MAX_PAUSE = 5.0, 300.0
MAX_RETRY_AFTER = 3600.0
_WEIGHT = 0.2  # of the newest request in the mean


@dataclass
class Lane:
    """Limits of one gate. `throttle` is its requests per second, None for no limit."""

    throttle: int | None = None
    limit: int = FIRST_LIMIT
    under_way: int = 0
    seconds: float = 0.0  # weighted mean of its requests
    failures: int = 0  # in a row
    closed_until: float = 0.0
    _tokens: float = 1.0
    _filled_at: float = 0.0

    @property
    def is_slow(self) -> bool:
        """Tell whether its requests belong into the slow lane."""
        return self.seconds > SLOW

    def may_send(self, now: float) -> bool:
        """Return whether a request may begin now."""
        if now < self.closed_until or self.under_way >= self._allowed():
            return False
        return self.throttle is None or self._fill(now) >= 1.0

    def opens_at(self, now: float) -> float:
        """Return the earliest time at which a request may begin, if none under way ends before."""
        if self.throttle is None or self._fill(now) >= 1.0:
            return max(now, self.closed_until)
        return max(now + (1.0 - self._tokens) / self.throttle, self.closed_until)

    def wanted(self, waiting: int) -> int:
        """Return how many more requests to have ready, beside `waiting` ones."""
        allowed = self._allowed()
        is_quick = 0 < self.seconds < QUICK and not self.failures  # of a new gate nothing is known
        quick = int(1 / max(self.seconds, 0.02)) if is_quick else 2
        ready = allowed * max(quick, 2)  # about a second of requests
        if self.throttle is not None:
            ready = min(ready, max(self.throttle, 1))
        return max(ready - waiting, 0)

    def begin(self, now: float) -> None:
        """Count a request that begins."""
        self.under_way += 1
        if self.throttle is not None:
            self._fill(now)
            self._tokens -= 1.0

    def end(self, *, now: float, seconds: float, is_success: bool, retry_after: float | None = None) -> None:
        """Count a request that ended."""
        was_full = self.under_way >= self.limit
        self.under_way -= 1
        self.seconds = seconds if not self.seconds else (1 - _WEIGHT) * self.seconds + _WEIGHT * seconds
        if is_success:
            self.failures = 0
            if was_full and seconds < QUICK:
                self.limit = min(self.limit + 1, MAX_LIMIT)
        else:
            self.failures += 1
            self.limit = max(self.limit // 2, 1) if self.failures > 1 else self.limit
            if self.failures >= FAILURES_TO_PAUSE:
                doublings = min(self.failures - FAILURES_TO_PAUSE, 10)
                self.closed_until = max(self.closed_until, now + min(FIRST_PAUSE * 2**doublings, MAX_PAUSE))
        if retry_after is not None:
            self.closed_until = max(self.closed_until, now + min(retry_after, MAX_RETRY_AFTER))

    def _allowed(self) -> int:
        return 1 if self.failures >= FAILURES_TO_PAUSE else self.limit

    def _fill(self, now: float) -> float:
        """Add the tokens of the time that passed; a second's worth at most, at least one."""
        if self.throttle is not None:
            passed = now - self._filled_at if self._filled_at else 0.0
            self._tokens = min(self._tokens + passed * self.throttle, float(max(self.throttle, 1)))
            self._filled_at = now
        return self._tokens


def share_room(asked: Iterable[tuple[int, int, Key]], room: int) -> dict[Key, int]:
    """Return how many deliveries each gate may have of the room; each asks by (wanted, least, key).

    The shares are equal, and what one leaves over is for the others. `least` it gets in any case: gates that hang keep
    their part of the room for long.
    """
    asked, found = sorted(asked, key=lambda one: one[0]), {}
    for index, (wanted, least, key) in enumerate(asked):
        number = min(wanted, max(room // (len(asked) - index), least))
        if number > 0:
            found[key] = number
            room = max(room - number, 0)
    return found
