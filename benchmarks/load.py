"""The sender: a few keep-alive connections on one epoll, without pipelining and as lean as Python allows.

It runs on the cores of what it measures, so what it takes itself is part of the result.
"""

import multiprocessing
import select
import socket
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import traffic

RATE, STOP, ACKNOWLEDGED, REFUSED = range(4)  # places in what sender and benchmark share
NO_LIMIT = 0.0
_READ = 65536


@dataclass(frozen=True, slots=True)
class Result:
    """Result of sending: requests and their reports, seconds, response times in ms, own CPU seconds."""

    requests: int
    reports: int
    refused: int
    seconds: float
    p50: float
    p99: float
    cpu: float

    @property
    def rate(self) -> float:
        """Return acknowledged reports a second."""
        return self.reports / self.seconds


def post(*, port: int, path: str, lines: Path, seconds: float, batch: int = 1, connections: int = 64) -> Result:
    """Post the reports in `lines`, `batch` in a body, for some seconds as fast as they are answered."""
    with posting(port=port, path=path, lines=lines, batch=batch, connections=connections) as sender:
        time.sleep(seconds)
        return sender.stop()


class Sender:
    """A sender in a process of its own."""

    def __init__(self, arguments: tuple) -> None:
        context = multiprocessing.get_context("spawn")
        self._shared = context.Array("d", 4, lock=False)
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(self._shared, sender, *arguments), daemon=True)
        self._process.start()
        sender.close()
        self._receiver.recv()  # it begins now

    def steer(self, rate: float) -> None:
        """Send no more than `rate` reports a second from now on; NO_LIMIT for as many as are answered."""
        self._shared[RATE] = rate

    @property
    def acknowledged(self) -> int:
        """Return the reports that were answered with 200 so far."""
        return int(self._shared[ACKNOWLEDGED])

    def stop(self) -> Result:
        """Stop sending and return the result."""
        self._shared[STOP] = 1
        result = self._receiver.recv()
        self._process.join()
        return result

    def kill(self) -> None:
        self._process.kill()


@contextmanager
def posting(
    *, port: int, path: str, lines: Path, batch: int = 1, connections: int = 64, rate: float = NO_LIMIT
) -> Iterator[Sender]:
    """Run a sender for the length of a `with`."""
    sender = Sender((port, path, lines, batch, connections, rate))
    try:
        yield sender
    finally:
        sender.kill()


def _run(shared, results, port: int, path: str, lines: Path, batch: int, connections: int, rate: float) -> None:
    shared[RATE] = rate
    requests = _requests(port, path, lines.read_bytes().split(b"\n"), batch)
    pool = [_Connection(port) for _ in range(connections)]
    results.send("ready")
    results.send(_send(shared, requests, pool, batch))


def _requests(port: int, path: str, lines: list[bytes], batch: int) -> Iterator[bytes]:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: "
    if batch == 1:
        pieces = []
        for before, after in traffic.split_at_ids(lines):
            length = len(before) + traffic.TAG + len(after)
            pieces.append((f"{head}{length}\r\n\r\n".encode() + before, after))
        for tag in traffic.tags(traffic.fresh()):
            for before, after in pieces:
                yield before + tag + after
    reports = traffic.rounds(lines, traffic.fresh())
    while True:
        body = b"\n".join([next(reports) for _ in range(batch)])
        yield f"{head}{len(body)}\r\n\r\n".encode() + body


class _Connection:
    """A socket, what is still to be sent of its request, and when that began."""

    __slots__ = ("began", "left", "length", "port", "received", "socket")

    def __init__(self, port: int) -> None:
        self.port = port
        self.length = 0  # of a whole answer, once one was seen
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.left = self.received = b""

    def send(self, request: bytes) -> bool:
        """Send as much as the socket accepts; return whether all was sent."""
        self.began = time.perf_counter()
        return self._push(request)

    def go_on(self) -> bool:
        return self._push(self.left)

    def _push(self, data: bytes) -> bool:
        try:
            sent = self.socket.send(data)
        except BlockingIOError:
            sent = 0
        self.left = data[sent:] if sent < len(data) else b""
        return not self.left

    def answer(self) -> int | None:
        """Return the status when the answer is whole, 0 when the server has closed, None when more is to come."""
        data = self.socket.recv(_READ)
        if not data:
            return 0
        if len(data) == self.length and not self.received:
            return int(data[9:12])
        self.received = data = self.received + data
        head, found, body = data.partition(b"\r\n\r\n")
        if not found:
            return None
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if len(body) < int(fields[b"content-length"]):
            return None
        self.received = b""
        if fields.get(b"connection") == b"close":
            self.length = -1
        else:
            self.length = len(data)
        return int(data[9:12])


def _send(shared, requests: Iterator[bytes], pool: list[_Connection], batch: int) -> Result:
    poll = select.epoll()
    by_number: dict[int, _Connection] = {}

    def register(connection: _Connection) -> None:
        number = connection.socket.fileno()
        by_number[number] = connection
        poll.register(number, select.EPOLLIN)

    def begin(connection: _Connection) -> None:
        if not connection.send(next(requests)):
            poll.modify(connection.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)

    for connection in pool:
        register(connection)
    latencies, refused, idle = array("f"), 0, list(pool)
    began = paced_from = time.perf_counter()
    rate, allowed, cpu = shared[RATE], 0.0, time.process_time()
    while not shared[STOP]:
        now = time.perf_counter()
        if rate != shared[RATE]:
            rate, allowed = shared[RATE], 0.0
            paced_from = now
        if rate:
            allowed = min(allowed + (now - paced_from) * rate / batch, 2 * len(pool))
            paced_from = now
        while idle and (not rate or allowed >= 1):
            allowed -= 1
            begin(idle.pop())
        for number, event in poll.poll(0.002 if rate else 1):
            connection = by_number[number]
            if event & select.EPOLLOUT and connection.go_on():
                poll.modify(number, select.EPOLLIN)
            if not event & ~select.EPOLLOUT:
                continue
            status = connection.answer()
            if status is None:
                continue
            latencies.append(time.perf_counter() - connection.began)
            if status == 200:
                shared[ACKNOWLEDGED] += batch
            else:
                refused += 1
                shared[REFUSED] = refused
            if not status or connection.length < 0:  # a server without keep-alive
                del by_number[number]
                connection.socket.close()
                connection.open()
                connection.length = 0
                register(connection)
            idle.append(connection)
            if not rate:
                begin(idle.pop())
    seconds = time.perf_counter() - began
    ordered = sorted(latencies) or [0.0]
    return Result(
        requests=len(latencies),
        reports=int(shared[ACKNOWLEDGED]),
        refused=refused,
        seconds=seconds,
        p50=ordered[len(ordered) // 2] * 1000,
        p99=ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)] * 1000,
        cpu=time.process_time() - cpu,
    )
