"""Position and patience of the streams, without any network: both clients ask what to send and when to come back."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

import msgspec
from httpx_sse import ServerSentEvent
from msgspec.structs import replace as with_fields

from sms_portal.calls import EVENTS, Call, call
from sms_portal.errors import ConnectionFailed, PortalError, UnexpectedAnswer
from sms_portal.exchange import BUSY, LOST, Answer, Failure, error_of, retry_after
from sms_portal.jobs import STREAM, TOTALS
from sms_portal.shapes import DayTotals, Event, StreamedReport, Totals

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0  # seconds
OLDEST = "oldest"

Item = TypeVar("Item")


class Follower(ABC, Generic[Item]):
    """Follows a stream over any number of connections.

    `cursor` is that of the last event or heartbeat. `connections` counts those that were opened. `attempts` limits
    those that fail in a row; None: no limit.
    """

    path: str
    event: str  # the name of the stream's events

    def __init__(self, after: str | None, query: Mapping[str, Any], attempts: int | None) -> None:
        self.cursor = after
        self.connections = 0
        self.ended = ""  # the reason that the portal gave with the last end
        self._query, self._attempts = query, attempts
        self._pause, self._failed = FIRST_PAUSE, 0
        self._asked: float | None = None

    @abstractmethod
    def call(self) -> Call[Answer]:
        """Return the request of the next connection."""

    @abstractmethod
    def decoded(self, message: ServerSentEvent) -> Item | None:
        """Return what an event of this stream says, None if it is known already. Raises DecodeError."""

    def opened(self) -> None:
        """Note that the portal has accepted the connection."""
        self.connections += 1

    def take(self, message: ServerSentEvent) -> Item | None:
        """Return what a message says, None for a heartbeat and the like. Raises UnexpectedAnswer."""
        self._failed, self._asked = 0, None
        if message.retry is not None:
            self._pause = message.retry / 1000
        found = None
        if message.event == self.event:
            try:
                found = self.decoded(message)
            except msgspec.DecodeError as error:
                raise UnexpectedAnswer(f"{self.path}: event {message.id} is not as this client knows it") from error
        elif message.event == "end":
            self.ended = msgspec.json.decode(message.data, type=dict[str, str]).get("detail", "")
        if message.id:
            self.cursor = message.id
        return found

    def refused(self, answer: Answer) -> None:
        """Take an answer that is no stream: raises the problem, unless it passes by itself."""
        error = error_of(self.call(), answer)
        if answer.status not in BUSY | LOST:
            raise error
        self._asked = retry_after(answer)
        self._fail(error)

    def broke(self, error: Exception) -> None:
        """Note that a connection failed, or was silent for too long."""
        self._fail(error_of(self.call(), Failure(error, was_sent=True)))

    def pause(self) -> float:
        """Return the seconds until the next connection: as the portal asks, and longer after failures in a row."""
        own = min(LONGEST_PAUSE, self._pause * 2.0 ** min(self._failed, 10))
        return max(own * (0.5 + random.random() / 2), self._asked or 0.0)  # noqa: S311 (jitter is no secret)

    def _fail(self, error: PortalError) -> None:
        self._failed += 1
        if self._attempts is not None and self._failed >= self._attempts:
            raise ConnectionFailed(f"the stream failed {self._failed} times in a row: {error}") from error


class ReportFollower(Follower[Event]):
    """Follows delivery reports: each connection goes on behind the last event.

    Store `cursor` after the event is processed.
    """

    path, event = STREAM, "delivery_report"

    def call(self) -> Call[Answer]:
        """Return the request that goes on behind the last event."""
        if self.cursor in (None, OLDEST):
            return call("GET", STREAM, Answer, query={"after": self.cursor, **self._query}, accept=EVENTS)
        asked = call("GET", STREAM, Answer, query=self._query, accept=EVENTS)
        return replace(asked, headers={**asked.headers, "Last-Event-ID": self.cursor})

    def decoded(self, message: ServerSentEvent) -> Event:
        """Return the report with its cursor."""
        return Event(cursor=message.id, report=msgspec.json.decode(message.data, type=StreamedReport))


class TotalsFollower(Follower[Totals]):
    """Follows totals of days: each connection begins with all of them, so that nothing has to be resumed."""

    path, event = TOTALS, "day_totals"

    def __init__(self, query: Mapping[str, Any], attempts: int | None) -> None:
        super().__init__(None, query, attempts)
        self._days: dict[tuple[Any, ...], DayTotals] = {}

    def call(self) -> Call[Answer]:
        """Return the request, the same for each connection."""
        return call("GET", TOTALS, Answer, query=self._query, accept=EVENTS)

    def decoded(self, message: ServerSentEvent) -> Totals | None:
        """Return all days by now, None if a new connection begins with the totals of the last one."""
        came = msgspec.json.decode(message.data, type=Totals)
        if came.next_cursor == self.cursor:
            return None
        known = {} if came.whole else self._days
        fresh = {tuple(each.key[name] for name in came.group_by): each for each in came.groups}
        first, last = came.from_.isoformat(), came.to.isoformat()
        self._days = {
            key: each for key, each in sorted((known | fresh).items()) if each.messages and first <= key[0] <= last
        }
        return with_fields(came, whole=True, groups=list(self._days.values()))
