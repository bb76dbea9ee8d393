"""Hand-over of a request that Django has let in to the ASGI app of the streams (deliveries/stream/app.py)."""

import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest

from deliveries.stream.exchange import Exchange

SCOPE_KEY = "portal.stream"  # in the request's ASGI scope
MAX_LISTENERS = 20  # of one key or person in one process

Holder = tuple[str, int]  # "key" or "person", and its id


class Granted(Protocol):
    """A right to listen to a stream (deliveries/stream/figures.py), of a holder, and what it is served with."""

    @property
    def stream(self) -> str:
        """Return the stream's name."""

    @property
    def holder(self) -> Holder:
        """Return whose right it is: each holder may have MAX_LISTENERS."""

    async def serve(self, exchange: Exchange) -> None:
        """Answer the client until it leaves, the right ends or the process stops."""


class TooManyListeners(Exception):
    """The holder has MAX_LISTENERS streams and waiting requests open."""


class Listeners:
    """Open streams and waiting requests of a process by holder; views count them in, the app out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_holder: dict[Holder, int] = defaultdict(int)

    def enter(self, holder: Holder) -> None:
        """Count one in. Raises TooManyListeners."""
        with self._lock:
            if self._by_holder.get(holder, 0) >= MAX_LISTENERS:
                raise TooManyListeners
            self._by_holder[holder] += 1

    def leave(self, holder: Holder) -> None:
        """Count one out."""
        with self._lock:
            self._by_holder[holder] -= 1
            if not self._by_holder[holder]:
                del self._by_holder[holder]


@dataclass(slots=True)
class Opening:
    """The hand-over: the app makes it, the view fills it in; without the app there is none, and the view is all.

    Without `listeners` a right is only asked for once more, and not counted again.
    """

    listeners: Listeners | None
    granted: Granted | None = None
    is_over: bool = False  # the request was answered without it, because the database did not answer

    def grant(self, granted: Granted) -> None:
        """Let the app go on with it. Raises TooManyListeners."""
        if not self.is_over:
            if self.listeners is not None:
                self.listeners.enter(granted.holder)
            self.granted = granted


def opening_of(request: HttpRequest) -> Opening | None:
    """Return the hand-over of a GET that came through the app."""
    return getattr(request, "scope", {}).get(SCOPE_KEY) if request.method == "GET" else None
