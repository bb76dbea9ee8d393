"""A request's body, measured as it arrives."""

import asyncio
from collections.abc import Coroutine
from time import monotonic

from django.conf import settings

BODY_WITHIN = 10.0  # seconds for a whole body to arrive
_LOOK_EVERY = 0.5
DRAIN_BYTES = 8 * 1024 * 1024
DRAIN_WITHIN = 5.0  # seconds
# Bodies that are on their way, in all: thousands of senders that stop just before the end would fill the memory.
MAX_ARRIVING = 256 * 1024 * 1024  # bytes


class TooLarge(Exception):
    """The body is over INGEST_MAX_BODY."""


class Crowded(Exception):
    """MAX_ARRIVING bytes of unfinished bodies are held already."""


class Incomplete(Exception):
    """The sender left, or was too slow, before the body was whole."""


class Arrivals:
    """The requests whose bodies are on their way, and since when.

    One look at all of them every half second: a timer for each would take a tenth of a request's time.
    """

    def __init__(self) -> None:
        self._since: dict[asyncio.Task, float] = {}
        self._given_up: set[asyncio.Task] = set()
        self.held = 0  # bytes of the bodies that are not whole yet

    async def watch(self) -> None:
        """Give up what is not whole within BODY_WITHIN, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            late = monotonic() - BODY_WITHIN
            for task in [task for task, since in self._since.items() if since < late]:
                self._given_up.add(task)
                task.cancel()

    async def wait(self, arrival: Coroutine[None, None, bytes]) -> bytes:
        """Return what arrives. Raises Incomplete when it was given up."""
        task = asyncio.current_task()
        assert task is not None
        self._since[task] = monotonic()
        try:
            return await arrival
        except asyncio.CancelledError:
            if task not in self._given_up:
                raise
            task.uncancel()
            raise Incomplete from None
        finally:
            del self._since[task]
            self._given_up.discard(task)


class Body:
    """The body of one request: read it or drain it."""

    __slots__ = ("_arrivals", "_declared", "_more", "_receive")

    def __init__(self, receive, headers: dict[bytes, bytes], arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        declared = headers.get(b"content-length", b"")
        self._receive = receive
        self._declared = int(declared) if declared.isdigit() else 0
        self._more = True

    async def read(self) -> bytes:
        """Return the whole body. Raises TooLarge, Incomplete, Crowded."""
        most = settings.INGEST_MAX_BODY
        if self._declared > most:
            raise TooLarge
        body = await self._arrivals.wait(self._whole(most))
        if len(body) > most:
            raise TooLarge
        return body

    async def drain(self) -> None:
        """Read what is left and forget it, before a refusal: else the sender may be cut off before its answer."""
        if self._declared > DRAIN_BYTES:
            return
        size = 0
        try:
            async with asyncio.timeout(DRAIN_WITHIN):
                while self._more and size <= DRAIN_BYTES:
                    size += len(await self._next())
        except (TimeoutError, Incomplete):
            return

    async def _whole(self, most: int) -> bytes:
        """Return the body; one that is longer than `most` bytes is not read to its end."""
        chunk = await self._next()
        if not self._more:
            return chunk
        chunks, size = [chunk], len(chunk)
        arrivals = self._arrivals
        arrivals.held += size
        try:
            while self._more and size <= most:
                if arrivals.held > MAX_ARRIVING:
                    raise Crowded
                chunks.append(await self._next())
                size += len(chunks[-1])
                arrivals.held += len(chunks[-1])
        finally:
            arrivals.held -= size
        return b"".join(chunks)

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Incomplete
        self._more = message.get("more_body", False)
        return message.get("body", b"")
