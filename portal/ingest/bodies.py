"""A request's body, measured as it arrives."""

import asyncio

from django.conf import settings

BODY_WITHIN = 10.0  # seconds for a whole body to arrive
DRAIN_BYTES = 8 * 1024 * 1024
DRAIN_WITHIN = 5.0  # seconds


class TooLarge(Exception):
    """The body is over INGEST_MAX_BODY."""


class Incomplete(Exception):
    """The sender left, or was too slow, before the body was whole."""


class Body:
    """The body of one request: read it or drain it."""

    __slots__ = ("_declared", "_more", "_receive")

    def __init__(self, receive, headers: dict[bytes, bytes]) -> None:
        declared = headers.get(b"content-length", b"")
        self._receive = receive
        self._declared = int(declared) if declared.isdigit() else 0
        self._more = True

    async def read(self) -> bytes:
        """Return the whole body. Raises TooLarge, Incomplete."""
        if self._declared > settings.INGEST_MAX_BODY:
            raise TooLarge
        try:
            async with asyncio.timeout(BODY_WITHIN):
                chunk = await self._next()
                if self._more:
                    chunk = await self._join(chunk)
        except TimeoutError:
            raise Incomplete from None
        if len(chunk) > settings.INGEST_MAX_BODY:
            raise TooLarge
        return chunk

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

    async def _join(self, chunk: bytes) -> bytes:
        chunks, size = [chunk], len(chunk)
        while self._more and size <= settings.INGEST_MAX_BODY:
            chunks.append(await self._next())
            size += len(chunks[-1])
        return b"".join(chunks)

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Incomplete
        self._more = message.get("more_body", False)
        return message.get("body", b"")
