"""POST /dlr/<token>/, /healthz and /readyz as an ASGI app."""

import asyncio
import ipaddress

import orjson
import psycopg
from django.conf import settings

from deliveries.inbox import NewRow
from deliveries.split import split
from portal.common.database import connection_string
from portal.ingest.bodies import BODY_WITHIN, Arrivals, Body, Incomplete, TooLarge
from portal.ingest.doors import Door, Doors, ForbiddenNetwork, Unauthorized
from portal.ingest.writer import NotDurable, Writer
from portal.tenants import networks
from portal.tenants.wall import INGEST

PREFIX = "/dlr/"
READ_FEEDS_EVERY = 1.0  # seconds
RETRY_AFTER = b"5"

_JSON = (b"content-type", b"application/json")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


async def connect() -> psycopg.AsyncConnection:
    """Open a connection that may only write to the inbox and read the feeds."""
    return await psycopg.AsyncConnection.connect(
        connection_string(),
        autocommit=True,
        connect_timeout=2,
        options=f"-c role={INGEST} -c statement_timeout=4s -c timezone=UTC",
    )


class Ingest:
    """The app; `start` and `stop` belong to the server's lifespan."""

    def __init__(self, *, takes_reports: bool = True) -> None:
        self._takes_reports = takes_reports  # not in a process that only serves pages; probes are answered by each
        self._proxies = tuple(map(ipaddress.ip_network, settings.TRUSTED_PROXIES))
        self._arrivals = Arrivals()
        self._tasks: list[asyncio.Task] = []
        self.doors: Doors
        self.writer: Writer

    async def start(self) -> None:
        self.doors = Doors(connect)
        self.writer = Writer(connect)
        await self.doors.read()
        self._tasks = [asyncio.create_task(self._keep_reading()), asyncio.create_task(self._arrivals.watch())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
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
            await self._tell_readiness(send)
        elif self._takes_reports and path.startswith(PREFIX):
            await self._take(scope, receive, send, path[len(PREFIX) :].rstrip("/"))
        else:
            await _error(send, 404, "there is nothing here")

    async def _tell_readiness(self, send) -> None:
        """Answer 503 when nothing would be stored. Rows that are stored and not applied are safe: 200 that says so."""
        stopped = await self.writer.readiness() if self.doors.known else None
        words = "not ready" if stopped is None else f"ready; {stopped}" if stopped else "ready"
        await _answer(send, 503 if stopped is None else 200, f"{words}\n".encode(), _TEXT)

    async def _take(self, scope, receive, send, token: str) -> None:
        headers = dict(scope["headers"])
        body = Body(receive, headers, self._arrivals)
        try:
            door, peer = self._enter(scope, headers, token)
            count = await self._store(door, peer, await body.read())
        except Refused as refusal:
            await body.drain()
            await _error(send, refusal.status, refusal.text, *refusal.headers)
        except TooLarge:
            await body.drain()
            await _error(send, 413, f"a body holds at most {settings.INGEST_MAX_BODY} bytes")
        except Incomplete:
            await _error(send, 408, f"the body did not arrive within {BODY_WITHIN:.0f} s")
        except NotDurable:
            await body.drain()
            await _error(send, 503, "nothing was stored, send it again", (b"retry-after", RETRY_AFTER))
        else:
            await _answer(send, 200, b'{"received": %d}' % count, _JSON)

    def _enter(self, scope, headers: dict[bytes, bytes], token: str) -> tuple[Door, str]:
        """Return the door that is opened and the sender's address. Raises Refused, NotDurable."""
        if scope["method"] != "POST":
            raise Refused(405, "POST delivery reports here", (b"allow", b"POST"))
        if not self.doors.known:
            raise NotDurable
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        peer = self._peer(scope)
        try:
            return self.doors.open(token=token, authorization=authorization, peer=peer), peer
        except Unauthorized:
            raise Refused(401, "wrong token or credentials", (b"www-authenticate", b'Basic realm="dlr"')) from None
        except ForbiddenNetwork:
            raise Refused(403, "this address may not post here") from None

    async def _store(self, door: Door, peer: str, body: bytes) -> int:
        """Return the number of reports in `body` when they are committed. Raises NotDurable."""
        reports = split(body, account_id=door.account_id)
        await self.writer.add([NewRow(door.feed_id, number, report, peer or None) for number, report in reports])
        return len(reports)

    def _peer(self, scope) -> str:
        """Return the sender's address: the connection's, or what a trusted proxy says of it; '' when nobody knows."""
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


class Refused(Exception):
    """The request is not taken; it holds the answer."""

    def __init__(self, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
        self.status, self.text, self.headers = status, text, headers


async def _error(send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    await _answer(send, status, orjson.dumps({"error": text}), _JSON, *headers)


async def _answer(send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
