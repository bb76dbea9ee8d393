"""/dlr/<token>/ (POST, PUT, GET), /healthz and /readyz as an ASGI app."""

import asyncio
import ipaddress
from urllib.parse import quote

import orjson
import psycopg
from django.conf import settings

from deliveries.ingest.bodies import BODY_WITHIN, Arrivals, Body, Crowded, Incomplete, TooLarge
from deliveries.ingest.feed_access import FeedAccess, FeedAccessCache, ForbiddenNetwork, Unauthorized
from deliveries.ingest.inbox import NewRow
from deliveries.ingest.refusals import UNKNOWN_FEED, Refusals
from deliveries.ingest.split import split
from deliveries.ingest.unpacking import unpack
from deliveries.ingest.writer import NotDurable, Writer
from portal.common.database import connection_string
from portal.connections import Guard
from portal.tenants import networks
from portal.tenants.wall import INGEST

PREFIX = "/dlr/"
METHODS = ("POST", "PUT", "GET")
READ_FEEDS_EVERY = 1.0  # seconds
COUNT_REFUSALS_EVERY = 1.0  # seconds
RETRY_AFTER = b"5"

_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


async def connect() -> psycopg.AsyncConnection:
    """Open a connection that may only write to the inbox, read the feeds and count refusals."""
    return await psycopg.AsyncConnection.connect(
        connection_string(INGEST),
        autocommit=True,
        connect_timeout=2,
        options="-c statement_timeout=4s -c timezone=UTC",
    )


class Ingest:
    """The app; `start` and `stop` belong to the server's lifespan."""

    def __init__(self, guard: Guard, *, takes_reports: bool = True) -> None:
        self._guard = guard
        self._takes_reports = takes_reports  # not in a process that only serves pages; probes are answered by each
        self._proxies = tuple(map(ipaddress.ip_network, settings.TRUSTED_PROXIES))
        self._arrivals = Arrivals()
        self._tasks: list[asyncio.Task] = []
        self.feeds: FeedAccessCache
        self.refusals: Refusals
        self.writer: Writer

    async def start(self) -> None:
        self.feeds = FeedAccessCache(connect)
        self.refusals = Refusals(connect)
        self.writer = Writer(connect)
        await self.feeds.read()
        loops = (self._keep_reading(), self._keep_counting(), self._arrivals.watch())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.writer.close()
        await self.refusals.close()
        await self.feeds.close()

    async def _keep_reading(self) -> None:
        while True:
            await asyncio.sleep(READ_FEEDS_EVERY)
            await self.feeds.read()

    async def _keep_counting(self) -> None:
        while True:
            await asyncio.sleep(COUNT_REFUSALS_EVERY)
            await self.refusals.write()

    async def __call__(self, scope, receive, send) -> None:
        path = scope["path"]
        if path == "/healthz":
            await _answer(send, 200, b"ok\n", _TEXT)
        elif path == "/readyz":
            await self._tell_readiness(send)
        elif self._takes_reports and is_feed_path(path):
            await self._take(scope, receive, send, token_in(path))
        else:
            await _error(send, 404, "not found")

    async def _tell_readiness(self, send) -> None:
        """Answer 503 when nothing would be stored. Rows that are stored and not applied are safe: 200 that says so."""
        stopped = await self.writer.readiness() if self.feeds.is_loaded else None
        words = "not ready" if stopped is None else f"ready; {stopped}" if stopped else "ready"
        await _answer(send, 503 if stopped is None else 200, f"{words}\n".encode(), _TEXT)

    async def _take(self, scope, receive, send, token: str) -> None:
        self._guard.arrives(scope["client"])
        try:
            await self._take_request(scope, receive, send, token)
        finally:
            self._guard.ended(scope["client"])

    async def _take_request(self, scope, receive, send, token: str) -> None:
        headers = dict(scope["headers"])
        body = Body(receive, headers, self._arrivals)
        peer = self._peer(scope)
        feed_id = UNKNOWN_FEED
        try:
            access = self._enter(scope["method"], headers, token, peer)
            feed_id = access.feed_id
            content = await body.read()
            self._guard.began(scope["client"])
            count = await self._store(access, peer, scope, headers, content)
        except HttpError as error:
            refusal = error
        except TooLarge:
            refusal = HttpError("too large", 413, f"a body may have at most {settings.INGEST_MAX_BODY} bytes")
        except Incomplete:
            refusal = HttpError("incomplete", 408, f"the body did not arrive within {BODY_WITHIN:.0f} s", drain=False)
        except (NotDurable, Crowded):
            retry = (b"retry-after", RETRY_AFTER)
            refusal = HttpError("not stored", 503, "nothing was stored, send it again", retry)
        else:
            await _answer(send, 200, b'{"received": %d}' % count, _JSON)
            return
        self.refusals.add(feed_id or refusal.feed_id, refusal.reason, peer)
        if refusal.drain:
            await body.drain()
        await _error(send, refusal.status, refusal.text, *refusal.headers)

    def _enter(self, method: str, headers: dict[bytes, bytes], token: str, peer: str) -> FeedAccess:
        """Return the access by the token. Raises HttpError, NotDurable."""
        if method not in METHODS:
            feed_id, allow = self.feeds.feed_of(token), (b"allow", ", ".join(METHODS).encode())
            raise HttpError("method", 405, "send delivery reports by POST, PUT or GET", allow, feed_id=feed_id)
        if not self.feeds.is_loaded:
            raise NotDurable
        try:
            return self.feeds.authorize(token=token, headers=headers, peer=peer)
        except Unauthorized as error:
            raise _unauthorized(error) from None
        except ForbiddenNetwork as error:
            raise HttpError("network", 403, "this address may not send requests here", feed_id=error.feed_id) from None

    async def _store(self, access: FeedAccess, peer: str, scope, headers: dict[bytes, bytes], packed: bytes) -> int:
        """Return the number of reports in the request when they are committed.

        Raises HttpError, TooLarge, NotDurable.
        """
        method, query = scope["method"], _as_text(scope["query_string"])
        kind = headers.get(b"content-type", b"")
        content_type = "" if kind == b"application/json" else _as_text(kind)
        body, encoding = unpack(packed, _as_text(headers.get(b"content-encoding", b"")))
        try:
            access.refuse_unsigned(headers, body)
        except Unauthorized as error:
            raise _unauthorized(error) from None
        dialect = access.dialect
        if method == "GET" and not dialect.key_of_row(body, query=query, content_type=content_type):
            raise HttpError("no id", 400, "a GET must contain a report: ?id=…&resultCode=…")
        reports = split(body, account_id=access.account_id, dialect=dialect, query=query, content_type=content_type)
        request = ("" if method == "POST" else method, query, content_type, encoding)
        rows = [NewRow(access.feed_id, number, report, peer or None, None, *request) for number, report in reports]
        await self.writer.add(rows)
        return len(reports)

    def _peer(self, scope) -> str:
        """Return the sender's address: the connection's, or the one a trusted proxy reports; '' if unknown."""
        peer = networks.plain_address(scope["client"][0]) if scope.get("client") else ""
        if not self._is_proxy(peer):
            return peer
        lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        for address in reversed([part.strip() for part in ",".join(lines).split(",") if part.strip()]):
            peer = networks.plain_address(address)
            if not self._is_proxy(peer):
                break
        return peer

    def _is_proxy(self, peer: str) -> bool:
        return bool(self._proxies) and networks.admits(self._proxies, peer)


def is_feed_path(path: str) -> bool:
    """Return whether a path belongs to a feed in any spelling: extra slashes, capitals, dots to resolve.

    Such a path holds a token, so pages never get it.
    """
    return path.startswith(PREFIX) or _plain(path)[: len(PREFIX)].lower() == PREFIX


def token_in(path: str) -> str:
    """Return the token in a feed's path, with or without a slash at the end."""
    return _plain(path)[len(PREFIX) :].rstrip("/")


def _plain(path: str) -> str:
    """Return a path without repeated slashes and segments of dots (RFC 3986 section 5.2.4)."""
    if "//" not in path and "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    return f"/{'/'.join(kept)}/"


class HttpError(Exception):
    """The request is not taken; it holds the answer, and what it counts as (deliveries/ingest/refusals.py)."""

    def __init__(
        self,
        reason: str,
        status: int,
        text: str,
        *headers: tuple[bytes, bytes],
        feed_id: int = UNKNOWN_FEED,
        drain: bool = True,
    ) -> None:
        super().__init__(reason)
        self.reason, self.status, self.text, self.headers = reason, status, text, headers
        self.feed_id, self.drain = feed_id, drain


def _unauthorized(error: Unauthorized) -> HttpError:
    ask = (b"www-authenticate", b'Basic realm="dlr"')
    return HttpError(error.reason, 401, "wrong token or credentials", ask, feed_id=error.feed_id)


def _as_text(value: bytes) -> str:
    """Return a query or a header as printable ASCII, anything else in it percent-encoded."""
    if value.isascii() and (text := value.decode()).isprintable():
        return text
    return quote(value, safe=_PRINTABLE)


_PRINTABLE = "".join(map(chr, range(32, 127)))


async def _error(send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    await _answer(send, status, orjson.dumps({"error": text}), _JSON, *headers)


async def _answer(send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
