"""POST /dlr/<token>/, /healthz and /readyz as an ASGI app."""

import asyncio
import ipaddress

import orjson
import psycopg
from django.conf import settings

from deliveries.inbox import NewRow
from deliveries.split import split
from portal.common.database import connection_string
from portal.ingest.doors import Doors, ForbiddenNetwork, Unauthorized
from portal.ingest.writer import NotDurable, Writer
from portal.tenants.wall import INGEST

PREFIX = "/dlr/"
READ_FEEDS_EVERY = 1.0  # seconds
RETRY_AFTER = b"5"
BODY_WITHIN = 10.0  # seconds for a whole body to arrive

_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


async def connect() -> psycopg.AsyncConnection:
    """Open a connection that may only write to the inbox and read the feeds."""
    return await psycopg.AsyncConnection.connect(
        connection_string(),
        autocommit=True,
        connect_timeout=2,
        options=f"-c role={INGEST} -c statement_timeout=10s -c timezone=UTC",
    )


class Ingest:
    """The app; `start` and `stop` belong to the server's lifespan."""

    def __init__(self) -> None:
        self._proxies = tuple(map(ipaddress.ip_network, settings.TRUSTED_PROXIES))
        self._reading: asyncio.Task | None = None
        self.doors: Doors
        self.writer: Writer

    async def start(self) -> None:
        self.doors = Doors(connect)
        self.writer = Writer(connect)
        await self.doors.read()
        self._reading = asyncio.create_task(self._keep_reading())

    async def stop(self) -> None:
        self._reading.cancel()
        await self.writer.close()
        await self.doors.close()

    async def _keep_reading(self) -> None:
        while True:
            await asyncio.sleep(READ_FEEDS_EVERY)
            await self.doors.read()

    async def __call__(self, scope, receive, send) -> None:
        path = scope["path"]
        if path == "/healthz":
            await _answer(send, 200, b"ok\n", _TEXT)
        elif path == "/readyz":
            ready = self.doors.known and await self.writer.is_ready()
            await _answer(send, 200 if ready else 503, b"ready\n" if ready else b"not ready\n", _TEXT)
        else:
            await self._take(scope, receive, send, path[len(PREFIX) :].rstrip("/"))

    async def _take(self, scope, receive, send, token: str) -> None:
        if scope["method"] != "POST":
            return await _error(send, 405, "POST delivery reports here", (b"allow", b"POST"))
        if not self.doors.known:
            return await _unavailable(send)
        headers = dict(scope["headers"])
        peer = self._peer(scope, headers)
        try:
            door = self.doors.open(
                token=token, authorization=headers.get(b"authorization", b"").decode("latin-1"), peer=peer
            )
        except Unauthorized:
            return await _error(send, 401, "wrong token or credentials", (b"www-authenticate", b'Basic realm="dlr"'))
        except ForbiddenNetwork:
            return await _error(send, 403, "this address may not post here")
        try:
            body = await asyncio.wait_for(_read(receive, headers), BODY_WITHIN)
        except TooLarge:
            return await _error(send, 413, f"a body holds at most {settings.INGEST_MAX_BODY} bytes")
        except (TimeoutError, ClientGone):
            return await _error(send, 408, f"the body did not arrive within {BODY_WITHIN:.0f} s")
        rows = [
            NewRow(door.feed_id, number, report, peer or None)
            for number, report in split(body, account_id=door.account_id)
        ]
        try:
            await self.writer.add(rows)
        except NotDurable:
            return await _unavailable(send)
        return await _answer(send, 200, b'{"received": %d}' % len(rows), _JSON)

    def _peer(self, scope, headers: dict[bytes, bytes]) -> str:
        """Return the sender's address: the connection's, or what a trusted proxy says of it."""
        peer = scope["client"][0] if scope.get("client") else ""
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        for address in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
            if not (self._proxies and _within(self._proxies, peer)):
                break
            peer = address
        return peer if _is_address(peer) else ""


class TooLarge(Exception):
    """The body is over the limit."""


class ClientGone(Exception):
    """The sender left before the body was whole."""


async def _read(receive, headers: dict[bytes, bytes]) -> bytes:
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > settings.INGEST_MAX_BODY:
        raise TooLarge
    message = await receive()
    if not message.get("more_body"):
        body = message.get("body", b"")
        if message["type"] == "http.disconnect":
            raise ClientGone
        if len(body) > settings.INGEST_MAX_BODY:
            raise TooLarge
        return body
    chunks, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > settings.INGEST_MAX_BODY:
            raise TooLarge
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _within(networks: tuple, peer: str) -> bool:
    return _is_address(peer) and any(ipaddress.ip_address(peer) in network for network in networks)


async def _unavailable(send) -> None:
    await _error(send, 503, "nothing was stored, send it again", (b"retry-after", RETRY_AFTER))


async def _error(send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    await _answer(send, status, orjson.dumps({"error": text}), _JSON, *headers)


async def _answer(send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
