"""The ASGI app of the streams, beside the one for reports and that for pages (portal/asgi.py).

Django lets a request in and answers it first; its view hands over what is served then (deliveries/stream/opening.py).
What waits, and server-sent events, are sent from here: a slow client holds no thread and no database connection.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable

from deliveries.stream.exchange import Answer, Exchange, Send
from deliveries.stream.figures import FIGURES
from deliveries.stream.opening import MAX_LISTENERS, SCOPE_KEY, Holder, Opening
from deliveries.stream.readings import Readings
from deliveries.stream.waking import Waking
from portal.common.places import Places
from portal.connections import Guard

THREADS, SLOW_THREADS = 3, 2  # that read what is quick, and sums over many rows


class Stream:
    """The app of one process, with its listeners. `paths` are patterns of the paths that it takes, slash left out."""

    def __init__(self, pages: Callable, guard: Guard, *, paths: Iterable[str]) -> None:
        self._pages, self._guard = pages, guard
        self._paths = re.compile("|".join(paths))
        self._waking = Waking()
        self._readings, self._slow_readings = Readings(THREADS, "stream"), Readings(SLOW_THREADS, "stream sums")
        self._listeners: Places[Holder] = Places(MAX_LISTENERS)

    def takes(self, path: str) -> bool:
        """Return whether a request for this path is for the streams."""
        return self._paths.fullmatch(path.rstrip("/")) is not None

    def stop(self) -> None:
        """End all streams; their clients go on elsewhere with their last cursor."""
        self._waking.stop()
        self._readings.stop()
        self._slow_readings.stop()

    async def __call__(self, scope, receive, send: Send) -> None:
        self._waking.start()
        opening = Opening(self._listeners)
        answer = await self._ask(scope, receive, opening)
        if (granted := opening.granted) is None:
            await answer.forward(send)
            return
        FIGURES.listeners[granted.stream] += 1
        self._is_busy(scope)
        left = asyncio.ensure_future(_left(receive))
        exchange = Exchange(
            answer=answer,
            send=send,
            left=left,
            waking=self._waking,
            readings=self._readings,
            slow_readings=self._slow_readings,
            is_granted_still=lambda: self._is_granted_still(scope),
        )
        try:
            if answer.status == 200:
                await granted.serve(exchange)
            else:
                await answer.forward(send)
        finally:
            left.cancel()
            self._guard.ended(scope["client"])
            FIGURES.listeners[granted.stream] -= 1
            self._listeners.leave(granted.holder)

    async def _ask(self, scope, receive, opening: Opening) -> Answer:
        """Return what Django answers; the opening has what it hands over."""
        answer = Answer()
        await self._pages(scope | {SCOPE_KEY: opening}, receive, answer.take)
        opening.is_over = True
        return answer

    async def _is_granted_still(self, scope) -> bool:
        """Ask Django once more, and return whether it would let the request in."""
        opening = Opening(None)
        answer = await self._ask(scope, _Bodiless().receive, opening)
        self._is_busy(scope)
        return answer.status == 200 and opening.granted is not None

    def _is_busy(self, scope) -> None:
        """Keep the connection from being taken for one without a request."""
        self._guard.arrives(scope["client"])
        self._guard.began(scope["client"])


class _Bodiless:
    """The messages of a request without a body."""

    def __init__(self) -> None:
        self._is_read = False

    def receive(self) -> Awaitable[dict]:
        """Return the only message, then never anything."""
        if self._is_read:
            return asyncio.get_running_loop().create_future()
        self._is_read = True
        return _ready({"type": "http.request", "body": b"", "more_body": False})


async def _ready(message: dict) -> dict:
    return message


async def _left(receive: Callable[[], Awaitable[dict]]) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
