"""Hand-over of a request that Django has let in to the ASGI app of the streams (deliveries/stream/app.py)."""

from dataclasses import dataclass
from typing import Protocol

from django.http import HttpRequest

from deliveries.stream.exchange import Exchange
from portal.common.places import Places

SCOPE_KEY = "portal.stream"  # in the request's ASGI scope
MAX_LISTENERS = 20  # open streams and waiting requests of one key or person in one process

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


@dataclass(slots=True)
class Opening:
    """The hand-over: the app makes it, the view fills it in; without the app there is none, and the view is all.

    Without `listeners` a right is only asked for once more, and not counted again.
    """

    listeners: Places[Holder] | None
    granted: Granted | None = None
    is_over: bool = False  # the request was answered without it, because the database did not answer

    def grant(self, granted: Granted) -> None:
        """Let the app go on with it. Raises NoPlaceLeft."""
        if not self.is_over:
            if self.listeners is not None:
                self.listeners.enter(granted.holder)
            self.granted = granted


def opening_of(request: HttpRequest) -> Opening | None:
    """Return the hand-over of a GET that came through the app."""
    return getattr(request, "scope", {}).get(SCOPE_KEY) if request.method == "GET" else None
