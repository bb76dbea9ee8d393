"""A request that goes on outside of Django: its client, its first answer, and what listeners of a process share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from deliveries.stream import server_sent
from deliveries.stream.readings import Readings
from deliveries.stream.waking import Waking

HEARTBEAT = 15.0  # seconds; the right to listen is looked at again as often
AWAY = 1.0  # seconds until the next try after an error of the database
_OF_BODY = {b"content-length", b"content-encoding"}

Send = Callable[[dict], Awaitable[None]]


class Answer:
    """A response of Django's, kept until it is known what becomes of it."""

    def __init__(self) -> None:
        self.status = 0
        self._messages: list[dict] = []

    async def take(self, message: dict) -> None:
        """Keep a message of the response."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self._messages.append(message)

    async def forward(self, send: Send, body: bytes | None = None) -> None:
        """Send it, with another body where one is given."""
        if body is None:
            for message in self._messages:
                await send(message)
        else:
            await send(self.start_with((b"Content-Length", str(len(body)).encode())))
            await send({"type": "http.response.body", "body": body})

    def start_with(self, *headers: tuple[bytes, bytes]) -> dict:
        """Return its start for another body, with these headers."""
        start = self._messages[0]
        kept = [(name, value) for name, value in start["headers"] if bytes(name).lower() not in _OF_BODY]
        return start | {"headers": [*kept, *headers]}


class Exchange:
    """An open stream or a waiting request, for what serves it.

    `readings` are for what is quick, `slow_readings` for sums over many rows; `is_granted_still` puts the request
    before Django once more.
    """

    def __init__(
        self,
        *,
        answer: Answer,
        send: Send,
        left: asyncio.Future,
        waking: Waking,
        readings: Readings,
        slow_readings: Readings,
        is_granted_still: Callable[[], Awaitable[bool]],
    ) -> None:
        self.waking, self.readings, self.slow_readings = waking, readings, slow_readings
        self.is_granted_still = is_granted_still
        self._answer, self._send, self._left = answer, send, left

    @property
    def is_over(self) -> bool:
        """Return whether the client has gone, or the process stops."""
        return self._left.done() or self.waking.is_stopping

    async def first(self, one: Awaitable[bool]) -> bool:
        """Return what the one does; False if the client has gone before."""
        task = asyncio.ensure_future(one)
        await asyncio.wait({task, self._left}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        task.cancel()
        return False

    async def pause(self, seconds: float) -> None:
        """Wait for so long, or until the client has gone."""
        await asyncio.wait({self._left}, timeout=max(seconds, 0))

    async def answer(self, body: bytes | None = None) -> None:
        """Answer what Django did, with another body where one is given."""
        await self._answer.forward(self._send, body)

    async def start_events(self, body: bytes) -> None:
        """Begin server-sent events, with these ones."""
        await self._send(self._answer.start_with((b"X-Accel-Buffering", b"no")))  # of proxies
        await self.send(server_sent.start() + body)

    async def send(self, body: bytes) -> None:
        """Send events; returns once the client's connection has room again."""
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def end_events(self, detail: str = "") -> None:
        """End server-sent events, with an event that tells why."""
        body = server_sent.message({"detail": detail}, event="end") if detail else b""
        with suppress(Exception):  # the client may be gone
            await self._send({"type": "http.response.body", "body": body, "more_body": False})
