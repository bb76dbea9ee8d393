"""What Django tells the ASGI app of the stream about a request that it has let in (deliveries/stream/app.py)."""

from dataclasses import dataclass, field

from django.http import HttpRequest

from deliveries.stream.reading import Asked, Chunk

SCOPE_KEY = "portal.stream"  # in the request's ASGI scope
MAX_LISTENERS = 20  # of one key in one process


@dataclass(slots=True)
class Opening:
    """The hand-over: the app makes it, the view fills it in; without the app there is none, and the view is all."""

    listeners: dict[int, int] = field(default_factory=dict)  # by key id: open streams and waiting requests
    key_id: int | None = None
    asked: Asked | None = None
    chunk: Chunk | None = None
    wait: int = 0  # seconds
    size: int = 0
    is_events: bool = False  # server-sent events


def opening_of(request: HttpRequest) -> Opening | None:
    """Return the hand-over of a request that came through the app."""
    return getattr(request, "scope", {}).get(SCOPE_KEY)
