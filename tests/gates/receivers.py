"""Real HTTP receivers on loopback addresses, each in a thread of its own: good ones, slow ones and hostile ones.

    with Receiver(answers(503), answers(200)) as receiver:
        send_to(receiver.url("/dlr"))
        assert receiver.wait(2)[1].body == b"…"

The first request gets the first behaviour, the second the second; the last one is for all that follow. `at` sets the
behaviour of one path. A behaviour is a coroutine function of the request and the connection; a test that needs another
one writes it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

PATIENCE = 30  # seconds, on a busy machine
PAUSE = 0.02  # seconds between two pieces of a dripping answer


@dataclass(frozen=True)
class Received:
    """A request as it arrived; names of headers are in lower case."""

    method: str
    path: str  # with its query
    headers: dict[str, str]
    body: bytes
    connection: int  # 1 is the first one of the receiver


class Connection:
    """The receiver's end of a connection."""

    def __init__(self, writer: asyncio.StreamWriter, go_on: asyncio.Event) -> None:
        self._writer = writer
        self.go_on = go_on  # set by Receiver.go_on()

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        """Close with RST in place of FIN."""
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # on, for 0 s
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._writer.transport.abort()

    @property
    def is_closing(self) -> bool:
        return self._writer.is_closing()


Behaviour = Callable[[Received, Connection], Awaitable[None]]


class Receiver:
    """A server that records what it gets and answers as its behaviours say."""

    def __init__(
        self,
        *behaviours: Behaviour,
        at: Mapping[str, Behaviour] | None = None,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.behaviours = list(behaviours) or [answers(200)]
        self.at = dict(at or {})
        self.host = host
        self.requests: list[Received] = []
        self.connections = 0
        self._tls = tls
        self._changed = threading.Condition()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="receiver")

    def __enter__(self) -> Self:
        # Bound here, so that a fault is raised here.
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._socket = socket.create_server((self.host, 0), family=family)
        self.port: int = self._socket.getsockname()[1]
        self._thread.start()
        self._started.wait(PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(PATIENCE)

    def url(self, path: str = "/", *, name: str = "") -> str:
        """Return the URL of a path; `name` in place of the address."""
        host = name or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def wait(self, count: int) -> list[Received]:
        """Wait until there are so many requests and return them all."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.requests) >= count, PATIENCE):
                raise AssertionError(f"{len(self.requests)} requests arrived, not {count}")
            return list(self.requests)

    def go_on(self) -> None:
        """Let everything that is `held` answer, now and later."""
        self._loop.call_soon_threadsafe(self._go_on.set)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping, self._go_on = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: weakref.WeakSet[asyncio.StreamWriter] = weakref.WeakSet()
        server = await asyncio.start_server(self._accept, sock=self._socket, ssl=self._tls, limit=2**20)
        self._started.set()
        await self._stopping.wait()
        # A connection that was just accepted becomes a task within some turns of the loop, if the server is open.
        self._loop.remove_reader(self._socket)
        for _ in range(5):
            await asyncio.sleep(0)
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)  # for the closing of sockets

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.create_task(self._converse(reader, writer, self.connections))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        connection = Connection(writer, self._go_on)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                while not connection.is_closing:
                    if (request := await _read(reader, number)) is None:
                        await connection.send(answer(400))
                        break
                    await self._behaviour(request)(request, connection)
        finally:
            writer.close()

    def _behaviour(self, request: Received) -> Behaviour:
        with self._changed:
            turn = len(self.requests)
            self.requests.append(request)
            self._changed.notify_all()
        own = self.at.get(request.path.partition("?")[0])
        return own or self.behaviours[min(turn, len(self.behaviours) - 1)]


async def _read(reader: asyncio.StreamReader, number: int) -> Received | None:
    """Return the next request, None if it is no HTTP, such as TLS to a receiver without it."""
    if not (start := await reader.readexactly(1)).isalpha():
        return None
    head = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, _version = first.split(" ")
    headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Received(method, path, headers, body, number)


def answer(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Return a whole answer as it is sent."""
    lines = [f"{name}: {value}" for name, value in ({"Content-Length": str(len(body))} | dict(headers or {})).items()]
    return "\r\n".join([f"HTTP/1.1 {status} Status", *lines, "", ""]).encode() + body


def answers(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer at once; `retry_after="5"` is the header Retry-After."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return raw(answer(status, body, named))


def raw(data: bytes, *, then_close: bool = False) -> Behaviour:
    """Send these bytes, whether they are HTTP or not."""

    async def behave(_: Received, connection: Connection) -> None:
        await connection.send(data)
        if then_close:
            connection.close()

    return behave


def redirects(to: str, status: int = 302) -> Behaviour:
    return answers(status, location=to)


def held(status: int = 200, body: bytes = b"") -> Behaviour:
    """Answer once the test calls `go_on`; a tar pit where it does not."""

    async def behave(_: Received, connection: Connection) -> None:
        await connection.go_on.wait()
        await connection.send(answer(status, body))

    return behave


async def closes(_: Received, connection: Connection) -> None:
    """Close the connection without an answer."""
    connection.close()


async def resets(_: Received, connection: Connection) -> None:
    """Reset the connection without an answer."""
    connection.reset()


async def resets_in_body(_: Received, connection: Connection) -> None:
    """Reset the connection in the middle of the answer."""
    await connection.send(answer(200, b"half", {"Content-Length": "8"}))
    connection.reset()


def forever(start: bytes, piece: bytes, pause: float = 0) -> Behaviour:
    """Send `start`, then the same piece again and again until the connection ends."""

    async def behave(_: Received, connection: Connection) -> None:
        await connection.send(start)
        while not connection.is_closing:
            await connection.send(piece)
            await asyncio.sleep(pause)

    return behave


_OK = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _OK + b"Transfer-Encoding: chunked\r\n\r\n"

drips_head = forever(_OK + b"X-Slow: ", b"a", PAUSE)
drips_body = forever(_CHUNKED, b"1\r\na\r\n", PAUSE)
endless_body = forever(_CHUNKED, b"4000\r\n" + b"a" * 0x4000 + b"\r\n")
endless_headers = forever(_OK, b"X-More: " + b"a" * 500 + b"\r\n")
endless_header_line = forever(_OK + b"X-Long: ", b"a" * 1000)
endless_interim = forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", PAUSE)
no_http = raw(b"220 mail.example.com ESMTP\r\n", then_close=True)


def gzip_bomb(size: int = 50_000_000) -> Behaviour:
    """Answer with a body that is `size` bytes once it is decompressed."""
    return answers(200, gzip.compress(bytes(size)), content_encoding="gzip")


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of 127.0.0.1 that is bound, so nobody else gets it, and refuses connections."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@contextmanager
def no_accepting() -> Iterator[int]:
    """A port of 127.0.0.1 whose queue of connections is full: connecting to it takes for ever."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield server.getsockname()[1]
