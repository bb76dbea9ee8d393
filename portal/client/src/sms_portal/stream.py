"""The stream's position and patience, without any network: both clients ask it what to send and when to come back."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
from httpx_sse import ServerSentEvent

from sms_portal.calls import EVENTS, Call, call
from sms_portal.errors import ConnectionFailed, PortalError, UnexpectedAnswer
from sms_portal.exchange import BUSY, LOST, Answer, Failure, error_of, retry_after
from sms_portal.jobs import STREAM
from sms_portal.shapes import Event, StreamedReport

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0  # seconds
OLDEST = "oldest"


class Follower:
    """Follows the stream over any number of connections.

    `cursor` is behind the last event that was returned, or the last heartbeat: store it after the event is processed.
    `connections` counts those that were opened. `attempts` limits those that fail in a row; None: no limit.
    """

    def __init__(self, after: str | None, filters: Mapping[str, Any], attempts: int | None) -> None:
        self.cursor = after
        self.connections = 0
        self.ended = ""  # the reason that the portal gave with the last end
        self._filters, self._attempts = filters, attempts
        self._pause, self._failed = FIRST_PAUSE, 0
        self._asked: float | None = None

    def call(self) -> Call[Answer]:
        """Return the request that goes on behind the last event."""
        if self.cursor in (None, OLDEST):
            return call("GET", STREAM, Answer, query={"after": self.cursor, **self._filters}, accept=EVENTS)
        asked = call("GET", STREAM, Answer, query=self._filters, accept=EVENTS)
        return replace(asked, headers={**asked.headers, "Last-Event-ID": self.cursor})

    def opened(self) -> None:
        """Note that the portal has accepted the connection."""
        self.connections += 1

    def take(self, message: ServerSentEvent) -> Event | None:
        """Return the event of a message, None for a heartbeat and the like. Raises UnexpectedAnswer."""
        self._failed, self._asked = 0, None
        if message.retry is not None:
            self._pause = message.retry / 1000
        found = None
        if message.event == "delivery_report":
            try:
                report = msgspec.json.decode(message.data, type=StreamedReport)
            except msgspec.DecodeError as error:
                raise UnexpectedAnswer(f"the stream's event {message.id} is not as this client knows it") from error
            found = Event(cursor=message.id, report=report)
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
