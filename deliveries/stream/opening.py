"""Hand-over of a request that Django has let in to the ASGI app of the stream (deliveries/stream/app.py)."""

from dataclasses import dataclass, field

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


@dataclass(slots=True)
class Opening:
    """The hand-over: the app makes it, the view fills it in; without the app there is none, and the view is all."""

    listeners: dict[int, int] = field(default_factory=dict)  # by key id: open streams and waiting requests
    granted: Granted | None = None


def opening_of(request: HttpRequest) -> Opening | None:
    """Return the hand-over of a request that came through the app."""
    return getattr(request, "scope", {}).get(SCOPE_KEY)
