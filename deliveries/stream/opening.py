"""Hand-over of a request that Django has let in to the ASGI app of the stream (deliveries/stream/app.py)."""

import threading
from dataclasses import dataclass

from django.http import HttpRequest

from deliveries.stream.reading import Asked, Chunk

SCOPE_KEY = "portal.stream"  # in the request's ASGI scope
MAX_LISTENERS = 20  # of one key in one process


@dataclass(frozen=True, slots=True)
class Granted:
    """A key's right to listen, with the first chunk. `wait` is in seconds; `is_events`: server-sent events."""

    key_id: int
    asked: Asked
    chunk: Chunk
    wait: int
    size: int
    is_events: bool


class TooManyListeners(Exception):
    """The key has MAX_LISTENERS streams and waiting requests open."""


class Listeners:
    """Open streams and waiting requests of a process by key; views count them in, the app out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[int, int] = {}

    def enter(self, key_id: int) -> None:
        """Count one in. Raises TooManyListeners."""
        with self._lock:
            if (count := self._by_key.get(key_id, 0)) >= MAX_LISTENERS:
                raise TooManyListeners
            self._by_key[key_id] = count + 1

    def leave(self, key_id: int) -> None:
        """Count one out."""
        with self._lock:
            self._by_key[key_id] -= 1
            if not self._by_key[key_id]:
                del self._by_key[key_id]


@dataclass(slots=True)
class Opening:
    """The hand-over: the app makes it, the view fills it in; without the app there is none, and the view is all."""

    listeners: Listeners
    granted: Granted | None = None
    is_over: bool = False  # the request was answered without it, because the database did not answer

    def grant(self, granted: Granted) -> None:
        """Let the app go on with it. Raises TooManyListeners."""
        if not self.is_over:
            self.listeners.enter(granted.key_id)
            self.granted = granted


def opening_of(request: HttpRequest) -> Opening | None:
    """Return the hand-over of a request that came through the app."""
    return getattr(request, "scope", {}).get(SCOPE_KEY)
