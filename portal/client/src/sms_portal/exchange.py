"""One request from its first sending to its answer, without any network.

`exchange` is a generator that both clients drive: it yields what is to be done (send a call, pause) and receives what
came of it. So the synchronous and the asynchronous client retry, wait and read answers by the same code.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Any, TypeVar, cast

import msgspec

from sms_portal.calls import Call
from sms_portal.errors import (
    ConnectionFailed,
    NotFinished,
    PortalError,
    Problem,
    ProblemBody,
    UnexpectedAnswer,
    problem_of,
)

T = TypeVar("T")
BUSY = frozenset({429, 503})  # nothing was done
LOST = frozenset({502, 504})  # of a proxy: perhaps it was done


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer with its whole body; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer: `error` says why. If not `was_sent`, no connection was made."""

    error: Exception
    was_sent: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """A request to wait so many seconds."""

    seconds: float


Outcome = Answer | Failure | None
Steps = Generator["Call[Any] | Pause", Outcome, T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Rules of repeating: at most `attempts` in all, pauses that double from `first` to `most` seconds, with jitter.

    `Retry-After` is obeyed; if it asks for more than `longest` seconds, the problem is raised instead.
    """

    attempts: int = 6
    first: float = 0.5
    most: float = 30.0
    longest: float = 120.0
    chance: Callable[[], float] = random.random  # from 0 to 1

    def pause(self, attempt: int, call: Call[Any], outcome: Answer | Failure) -> float | None:
        """Return the seconds before the next attempt, None if there is to be none. The first attempt is 1."""
        if attempt >= self.attempts or not _is_passing(call, outcome):
            return None
        own = min(self.most, self.first * 2.0 ** (attempt - 1)) * (0.5 + self.chance() / 2)
        asked = retry_after(outcome) if isinstance(outcome, Answer) else None
        if asked is None:
            return own
        return None if asked > self.longest else asked + own * 0.1  # not all clients at the same instant


def _is_passing(call: Call[Any], outcome: Answer | Failure) -> bool:
    if isinstance(outcome, Failure):
        return call.may_repeat or not outcome.was_sent
    if outcome.status in BUSY:
        return True
    if outcome.status in LOST:
        return call.may_repeat
    return outcome.status == 409 and "retry-after" in outcome.headers  # the first sending is still in work


def retry_after(answer: Answer) -> float | None:
    """Return the seconds of `Retry-After`, which may also be a date."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at - datetime.now(at.tzinfo or UTC)).total_seconds()) if at.tzinfo else None


def exchange(call: Call[T], retry: Retry) -> Steps[T]:
    """Send a call until it is answered. Raises Problem, ConnectionFailed and UnexpectedAnswer."""
    for attempt in count(1):
        outcome = yield call
        assert outcome is not None  # a call has an outcome, a pause has none
        if isinstance(outcome, Answer) and 200 <= outcome.status < 300:
            return decoded(call, outcome)
        yield Pause(pause_after(call, outcome, attempt, retry))
    raise AssertionError("unreachable")


def pause_after(call: Call[Any], outcome: Answer | Failure, attempt: int, retry: Retry) -> float:
    """Return the seconds until the next attempt. Raises the outcome's error if there is to be none."""
    seconds = retry.pause(attempt, call, outcome)
    if seconds is None:
        raise error_of(call, outcome, attempt)
    return seconds


def finished(
    call: Call[T],
    retry: Retry,
    *,
    is_over: Callable[[T], bool],
    every: float,
    within: float | None,
    told: Callable[[T], None] | None,
) -> Steps[T]:
    """Ask again every so many seconds until something is over. Raises NotFinished after `within` seconds of waiting."""
    waited = 0.0
    while True:
        found = yield from exchange(call, retry)
        if told is not None:
            told(found)
        if is_over(found):
            return found
        if within is not None and waited >= within:
            raise NotFinished(f"{call.path} was not done within {within:g} seconds")
        yield Pause(every)
        waited += every


def decoded(call: Call[T], answer: Answer) -> T:
    """Return the answer's body as the call wants it. Raises UnexpectedAnswer."""
    if call.answer is bytes:
        return cast(T, answer.body)
    if call.answer is Answer:
        return cast(T, answer)
    try:
        return msgspec.json.decode(answer.body, type=call.answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        kind = answer.headers.get("content-type", "no content type")
        raise UnexpectedAnswer(
            f"{call.method} {call.path}: the answer ({answer.status}, {kind}) is not as this client knows it: {error}"
        ) from error


def error_of(call: Call[Any], outcome: Answer | Failure, attempts: int = 1) -> PortalError:
    """Return the exception of what came of a call."""
    if isinstance(outcome, Failure):
        reason = str(outcome.error) or type(outcome.error).__name__
        return ConnectionFailed(f"{call.method} {call.path}: no answer; attempts: {attempts}; the last error: {reason}")
    return problem_in(outcome) or UnexpectedAnswer(
        f"{call.method} {call.path}: {outcome.status} from {outcome.headers.get('server', 'a server')}, which is no"
        f" answer of the API{_moved(outcome)}"
    )


def problem_in(answer: Answer) -> Problem | None:
    """Return the problem that an answer holds."""
    if "problem+json" not in answer.headers.get("content-type", ""):
        return None
    try:
        body = msgspec.json.decode(answer.body, type=ProblemBody)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return problem_of(body, retry_after(answer))


def _moved(answer: Answer) -> str:
    where = answer.headers.get("location")
    return f"; it leads to {where}, which is not followed, so that the key goes nowhere else" if where else ""
