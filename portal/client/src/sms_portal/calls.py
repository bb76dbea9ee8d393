"""Requests as values: built here, sent by either client, sent again by `exchange`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlsplit
from uuid import uuid4

import msgspec

from sms_portal.errors import BadAddress

T = TypeVar("T")
Scalar = str | int | float | date | datetime | None
QueryValue = Scalar | Iterable[Scalar] | Mapping[str, Scalar]

ROOT = "/api/v1/"
JSON, NDJSON, CSV, EVENTS = "application/json", "application/x-ndjson", "text/csv", "text/event-stream"
IDEMPOTENCY_KEY = "Idempotency-Key"
_LOCAL = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request. Sending it twice has the effect of sending it once if `may_repeat`."""

    method: str
    path: str
    answer: type[T]
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_repeat(self) -> bool:
        """Every POST has an idempotency key; two PATCHes may undo what somebody else changed between them."""
        return self.method != "PATCH"


def call(
    method: str,
    path: str,
    answer: type[T],
    *,
    query: Mapping[str, Any] | None = None,
    body: object = None,
    media: str = JSON,
    accept: str = JSON,
    idempotency_key: str | None = None,
) -> Call[T]:
    """Return a request; `body` is JSON, or bytes of the type `media`. A POST gets an idempotency key."""
    headers = {"Accept": accept}
    content = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
    if content is not None:
        headers["Content-Type"] = media
    if method == "POST":
        headers[IDEMPOTENCY_KEY] = idempotency_key or str(uuid4())
        content = b"{}" if content is None else content
        headers.setdefault("Content-Type", media)
    return Call(method, absolute(path), answer, query_pairs(query or {}), content, headers)


def absolute(path: str) -> str:
    """Return a path below the API's root; one that an answer gave (`url`, `download_url`) is one already."""
    whole = path if path.startswith("/") else ROOT + path
    if not whole.startswith(ROOT) or ".." in whole or "//" in whole or "?" in whole or "#" in whole:
        raise BadAddress(f"path: {path!r} is not below {ROOT}; give a query as parameters")
    return whole


def path_of(*segments: object) -> str:
    """Return a path of segments, each quoted: `path_of("gates", "a1b2", "attempts")` is `gates/a1b2/attempts/`."""
    return "".join(f"{quote(str(segment), safe='')}/" for segment in segments)


def query_pairs(query: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return a query's pairs: None is left out, a list is repeated, a map is `name[key]=value`; `from_` is `from`."""
    pairs: list[tuple[str, str]] = []
    for given, value in query.items():
        name = given.removesuffix("_")
        if isinstance(value, Mapping):
            pairs += [(f"{name}[{key}]", _text(name, each)) for key, each in value.items()]
        elif isinstance(value, Iterable) and not isinstance(value, str):
            pairs += [(name, _text(name, each)) for each in value]
        elif value is not None:
            pairs.append((name, _text(name, value)))
    return tuple(pairs)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name}: the time {value} has no zone")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(f"{name}: a text, number, day or time, not {type(value).__name__}")


def checked_url(url: str, *, allow_http: bool = False) -> str:
    """Return the portal's address without a path. The key is sent in clear over http, so that needs a yes."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise BadAddress(f"url: {url!r} is no address of a portal, such as https://portal.example.com")
    if parts.username or parts.password:
        raise BadAddress("url: it must not hold a name or password")
    if parts.path.rstrip("/") not in ("", "/api/v1"):
        raise BadAddress(f"url: {url!r} has a path; give the portal's address alone")
    if parts.scheme == "http" and parts.hostname not in _LOCAL and not allow_http:
        raise BadAddress("url: http:// would send the key unencrypted. Use https://, or allow_http in a safe network.")
    return f"{parts.scheme}://{parts.netloc}"


def lines_of(rows: Iterable[object]) -> bytes:
    """Return rows as NDJSON."""
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
