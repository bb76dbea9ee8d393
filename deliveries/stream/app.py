"""The ASGI app of the stream, beside the one for reports and that for pages (portal/asgi.py).

Django lets a request in and answers its first page (deliveries/stream/api.py). A page that has to wait, and server-sent
events, are sent from here: a slow client holds no thread and no database connection. Each chunk is read in its own
short transaction behind the wall. The next one is read once the client has taken the last, so nothing piles up here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from time import monotonic

import orjson
from django.db import DatabaseError, connection
from django.utils import timezone

from deliveries.stream import server_sent
from deliveries.stream.api import MAX_SIZE, events_of, page_of
from deliveries.stream.figures import FIGURES
from deliveries.stream.opening import SCOPE_KEY, Granted, Listeners, Opening
from deliveries.stream.reading import Asked, Chunk, Ended, StreamError, read_chunk
from deliveries.stream.waking import Sleeper, Waking
from portal.accounts.access import access_of_key
from portal.connections import Guard
from portal.tenants import api_keys
from portal.tenants.scope import asking_scope, web_scope

logger = logging.getLogger(__name__)

PATH = "/api/v1/delivery-reports/stream"
HEARTBEAT = 15.0  # seconds; the key is looked at again as often
THREADS = 3  # that read chunks
# Readings begin at common instants so many seconds apart, the more listeners the fewer. So those who ask for the same
# are at the same place after the first one, and share each reading.
STEP, STEP_EACH, MAX_STEP = 0.2, 0.004, 1.2
_SHARED = 0.1  # seconds that a reading is shared after its end
_AWAY = 1.0  # seconds, after an error of the database
_OF_BODY = {b"content-length", b"content-encoding", b"etag"}
MAX_SLEEP = 5.0  # seconds

Send = Callable[[dict], Awaitable[None]]


class Stream:
    """The app of one process, with its listeners."""

    def __init__(self, pages: Callable, guard: Guard) -> None:
        self._pages, self._guard = pages, guard
        self._waking = Waking()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="stream")
        self._listeners = Listeners()
        self._readings: dict[tuple[Asked, str], asyncio.Future[tuple[Chunk, bytes]]] = {}

    @staticmethod
    def takes(path: str) -> bool:
        """Return whether a request for this path is for the stream."""
        return path.rstrip("/") == PATH

    def stop(self) -> None:
        """End all streams; their clients go on elsewhere with their last cursor."""
        self._waking.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def __call__(self, scope, receive, send: Send) -> None:
        self._waking.start()
        answer, granted = await self._ask(scope, receive)
        if granted is None:
            await answer.forward(send)
            return
        FIGURES.listeners += 1
        self._guard.arrives(scope["client"])
        self._guard.began(scope["client"])
        left = asyncio.ensure_future(_left(receive))
        try:
            if answer.status != 200:
                await answer.forward(send)
            elif granted.is_events:
                await self._send_events(granted, answer, send, left)
            else:
                await self._send_page(granted, answer, send, left)
        finally:
            left.cancel()
            self._guard.ended(scope["client"])
            FIGURES.listeners -= 1
            self._listeners.leave(granted.key_id)

    async def _ask(self, scope, receive) -> tuple[_Answer, Granted | None]:
        """Return what Django answers, and what it has handed over."""
        opening, answer = Opening(self._listeners), _Answer()
        await self._pages(scope | {SCOPE_KEY: opening}, receive, answer.take)
        opening.is_over = True
        return answer, opening.granted

    async def _send_page(self, granted: Granted, answer: _Answer, send: Send, left: asyncio.Future) -> None:
        """Answer with a page; one without events waits for some."""
        until, chunk = monotonic() + granted.wait, granted.chunk
        with self._waking.sleeper(granted.asked.tenant_ids) as sleeper:
            while not chunk.events and not left.done() and not self._waking.is_stopping:
                if (seconds := until - monotonic()) <= 0:
                    break
                if not chunk.has_more:
                    await _first(sleeper.wait(min(seconds, MAX_SLEEP)), left)
                try:
                    chunk = await self._in_thread(_chunk, granted.asked, chunk.cursor, granted.size)
                except (StreamError, DatabaseError) as error:  # the next request gets the error
                    logger.warning("stream: %s", str(error).splitlines()[:1])
                    break
        await answer.forward(send, orjson.dumps(page_of(chunk)) if chunk is not granted.chunk else None)

    async def _send_events(self, granted: Granted, answer: _Answer, send: Send, left: asyncio.Future) -> None:
        await send(answer.start_with((b"X-Accel-Buffering", b"no")))  # of proxies
        await _body(send, server_sent.start() + events_of(granted.chunk))
        asked, cursor, has_more = granted.asked, granted.chunk.cursor, granted.chunk.has_more
        seen = monotonic()
        with self._waking.sleeper(asked.tenant_ids) as sleeper:
            while not left.done() and not self._waking.is_stopping:
                if not has_more:
                    await self._pause(sleeper, left)
                try:
                    if monotonic() - seen >= HEARTBEAT:
                        asked = await self._in_thread(_again, granted.key_id, asked)
                        seen = monotonic()
                        await _body(send, server_sent.beat(cursor))
                    chunk, body = await self._shared(asked, cursor)
                except StreamError as error:
                    await _body(send, server_sent.message({"detail": str(error)}, event="end"), more=False)
                    return
                except DatabaseError as error:
                    logger.warning("stream: %s", str(error).splitlines()[:1])
                    await asyncio.wait({left}, timeout=_AWAY)
                    continue
                if chunk.events or chunk.has_more:
                    await _body(send, body)
                    FIGURES.events += len(chunk.events)
                cursor, has_more = chunk.cursor, chunk.has_more
        with suppress(Exception):  # the client may be gone
            await _body(send, b"", more=False)

    async def _pause(self, sleeper: Sleeper, left: asyncio.Future) -> None:
        """Wait for an event or the next heartbeat, and then for the instant at which all read."""
        await _first(sleeper.wait(HEARTBEAT), left)
        step = min(MAX_STEP, STEP + STEP_EACH * FIGURES.listeners)
        await asyncio.wait({left}, timeout=step - monotonic() % step)

    def _shared(self, asked: Asked, cursor: str) -> Awaitable[tuple[Chunk, bytes]]:
        """Return what reads a chunk, with its text; one reading for all who ask for the same at the same time."""
        key = asked, cursor
        if (reading := self._readings.get(key)) is None:
            reading = self._readings[key] = asyncio.ensure_future(self._in_thread(_chunk_and_text, asked, cursor))
            forget = partial(self._readings.pop, key, None)
            reading.add_done_callback(lambda _done: asyncio.get_running_loop().call_later(_SHARED, forget))
        return asyncio.shield(reading)  # one who leaves does not end it for the others

    async def _in_thread(self, call: Callable, *values: object):
        return await asyncio.get_running_loop().run_in_executor(self._pool, call, *values)


class _Answer:
    """A response of Django's, kept until it is known what becomes of it."""

    def __init__(self) -> None:
        self.status = 0
        self._messages: list[dict] = []

    async def take(self, message: dict) -> None:
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
            await _body(send, body, more=False)

    def start_with(self, *headers: tuple[bytes, bytes]) -> dict:
        """Return its start for another body, with these headers."""
        start = self._messages[0]
        kept = [(name, value) for name, value in start["headers"] if bytes(name).lower() not in _OF_BODY]
        return start | {"headers": [*kept, *headers]}


@contextmanager
def _closed() -> Iterator[None]:
    """Give the thread's connection back to the pool at the end."""
    try:
        yield
    finally:
        connection.close()


def _chunk(asked: Asked, cursor: str, limit: int = MAX_SIZE) -> Chunk:
    with _closed(), web_scope(asked.tenant_ids):
        return read_chunk(asked, cursor, limit=limit)


def _chunk_and_text(asked: Asked, cursor: str) -> tuple[Chunk, bytes]:
    chunk = _chunk(asked, cursor)
    return chunk, events_of(chunk)


def _again(key_id: int, asked: Asked) -> Asked:
    """Return what the key may read by now of what was asked for. Raises Ended if that is nothing."""
    with _closed(), asking_scope():
        key = api_keys.key_by_id(key_id)
        is_valid = key is not None and api_keys.is_valid(key, now=timezone.now())
        access = access_of_key(key if is_valid else None)
        tenant_ids = asked.tenant_ids & access.tenant_ids
        if not tenant_ids:
            raise Ended("The key is no longer valid, or reaches other tenants now.")
        return replace(asked, tenant_ids=tenant_ids, masking=access.masking)


async def _left(receive: Callable[[], Awaitable[dict]]) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first(one: Awaitable, left: asyncio.Future) -> None:
    """Wait for the one, or until the client has gone."""
    task = asyncio.ensure_future(one)
    await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
    task.cancel()


async def _body(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})
