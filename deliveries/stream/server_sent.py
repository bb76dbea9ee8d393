"""Server-sent events as text (WHATWG HTML, section 9.2); pure."""

from collections.abc import Iterable, Mapping

import orjson

MEDIA_TYPE = "text/event-stream"
RETRY_MS = 2000  # after which clients connect again


def is_asked_for(headers: Mapping[str, str]) -> bool:
    """Return whether a request asks for events rather than for pages."""
    return MEDIA_TYPE in headers.get("Accept", "")


def message(data: Mapping, *, event: str, id_: str = "") -> bytes:
    """Return one event; `id_` is what the client sends as `Last-Event-ID` later."""
    head = f"id: {id_}\n" if id_ else ""
    return f"{head}event: {event}\n".encode() + b"data: " + orjson.dumps(data, option=orjson.OPT_UTC_Z) + b"\n\n"


def messages(events: Iterable[tuple[str, Mapping]], *, event: str) -> bytes:
    """Return events (id, data) one after the other."""
    return b"".join(message(data, event=event, id_=id_) for id_, data in events)


def beat(id_: str = "") -> bytes:
    """Return a heartbeat: no event, but the client remembers the id."""
    return f": heartbeat\nid: {id_}\n\n".encode() if id_ else b": heartbeat\n\n"


def start() -> bytes:
    """Return what a stream begins with."""
    return f"retry: {RETRY_MS}\n\n".encode()
