"""Close connections that only take up room when there are too many of them, so that others are served meanwhile.

A connection is *stalled* while no whole request is in it: it is silent, its headers or its body are still on their way,
or it is kept open between two requests. Below three quarters of the process's capacity nothing is closed. Above it, the
addresses with the most stalled connections lose their oldest ones, first those that never held a whole request. A
connection whose request is being answered is never closed. So a gateway with a few connections is never affected,
however busy.

Linux only: the process's connections are found in /proc/self/fd. Elsewhere the guard does nothing.
"""

import asyncio
import contextlib
import logging
import os
import resource
import socket
import stat
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 16_384
OTHER_FILES = 320  # the database, Redis, logs, static files, and what requests open
OPEN_FILES = MAX_CONNECTIONS + OTHER_FILES

CROWDED = 0.75  # of the capacity; above this stalled connections are closed
RELIEVED = 0.5  # down to this
# Seconds that a sender has at least, however crowded it is: more than this process needs to notice what has arrived.
MIN_AGE = 0.5
MIN_AGE_OF_BODY = 3.0  # its headers were good, so it may be a busy gateway
LOOK_EVERY = 0.1  # seconds
MAX_SHARE = 0.1  # of the time for looking: a look at thousands of connections takes some milliseconds
_SOCKETS = Path("/proc/self/fd")

Peer = tuple[str, str]  # address and port, as granian writes them into a scope


def capacity() -> int:
    """Return how many connections this process holds at once: what its limit of open files leaves room for."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(128, min(MAX_CONNECTIONS, soft - OTHER_FILES))


@dataclass(slots=True)
class _Connection:
    """One accepted connection: its descriptor, inode, peer, and when it was first seen or last idle."""

    descriptor: int
    inode: int
    peer: Peer
    since: float


class Guard:
    """Knows which connections hold a whole request, and closes stalled ones while there are too many."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._arriving: dict[Peer, float] = {}  # whose headers are there, and since when
        self._busy: set[Peer] = set()
        self._proved: dict[Peer, float] = {}  # connections that held a whole request, and when it was answered
        self._known: dict[int, _Connection] = {}

    def arrives(self, peer: Peer) -> None:
        """Note that the headers of a request have arrived from `peer`."""
        self._arriving[peer] = monotonic()

    def began(self, peer: Peer) -> None:
        """Note that a whole request has arrived from `peer`."""
        self._arriving.pop(peer, None)
        self._busy.add(peer)

    def ended(self, peer: Peer) -> None:
        """Note that the request from `peer` is answered or given up."""
        self._arriving.pop(peer, None)
        if peer in self._busy:
            self._busy.discard(peer)
            self._proved.pop(peer, None)  # keep the newest last
            self._proved[peer] = monotonic()

    async def watch(self) -> None:
        """Look for crowds until cancelled."""
        if not _SOCKETS.exists():
            return
        while True:
            began = monotonic()
            self.relieve()
            await asyncio.sleep(max(LOOK_EVERY, (monotonic() - began) / MAX_SHARE))

    def relieve(self) -> int:
        """Close stalled connections if there are too many, and return how many were closed."""
        names = os.listdir(_SOCKETS)  # noqa: PTH208  names alone: thousands of them, ten times a second
        self._forget_old(monotonic())
        if len(names) < CROWDED * self._limit:
            self._known.clear()
            return 0
        connections = self._accepted(map(int, names))
        excess = len(connections) - int(RELIEVED * self._limit)
        if len(connections) < CROWDED * self._limit:
            return 0
        victims = _choose(self._stalled(connections), excess)
        closed = sum(_close(connection) for connection in victims)
        if closed:
            addresses = sorted({connection.peer[0] for connection in victims})
            logger.warning(
                "%d of %d connections closed: they held no whole request, from %s",
                closed,
                len(connections),
                ", ".join(addresses[:5]),
            )
        return closed

    def _accepted(self, descriptors: Iterable[int]) -> list[_Connection]:
        """Return the connections that were accepted by a listening TCP socket of this process."""
        now, known, ports, fresh = monotonic(), {}, set(), []
        for descriptor in descriptors:
            try:
                found = os.fstat(descriptor)
            except OSError:
                continue  # closed since
            if not stat.S_ISSOCK(found.st_mode):
                continue
            before = self._known.get(descriptor)
            if before is not None and before.inode == found.st_ino:
                known[descriptor] = before
            elif (look := _look_at(descriptor)) is not None:
                is_listening, port, peer = look
                if is_listening:
                    ports.add(port)
                elif peer is not None:
                    fresh.append((port, _Connection(descriptor, found.st_ino, peer, now)))
        known |= {connection.descriptor: connection for port, connection in fresh if port in ports}
        self._known = known
        return list(known.values())

    def _stalled(self, connections: list[_Connection]) -> list[tuple[bool, float, _Connection]]:
        """Return (whether it ever held a whole request, since when it is stalled, connection), first to close first."""
        now, found = monotonic(), []
        for connection in connections:
            if connection.peer in self._busy:
                continue
            answered = self._proved.get(connection.peer)
            arriving = self._arriving.get(connection.peer)
            since = max(connection.since, answered or 0.0, arriving or 0.0)
            if now - since >= (MIN_AGE if arriving is None else MIN_AGE_OF_BODY):
                found.append((answered is not None, since, connection))
        return sorted(found, key=lambda item: item[:2])

    def _forget_old(self, now: float) -> None:
        """Drop notes of connections that were idle for longer than the server keeps one open."""
        while self._proved:
            peer = next(iter(self._proved))
            if now - self._proved[peer] < 60 and len(self._proved) < 2 * MAX_CONNECTIONS:
                return
            del self._proved[peer]


def _choose(stalled: list[tuple[bool, float, _Connection]], excess: int) -> list[_Connection]:
    """Return up to `excess` connections: always the next one of the address that has the most left."""
    by_address: dict[str, list[_Connection]] = defaultdict(list)
    for _proved, _since, connection in reversed(stalled):
        by_address[connection.peer[0]].append(connection)
    victims: list[_Connection] = []
    lists = sorted(by_address.values(), key=len, reverse=True)
    while len(victims) < excess and lists:
        most = lists[0]
        next_most = len(lists[1]) if len(lists) > 1 else 0
        take = min(max(1, len(most) - next_most), excess - len(victims), len(most))
        victims += reversed(most[-take:])
        del most[-take:]
        lists = sorted((left for left in lists if left), key=len, reverse=True)
    return victims


def _look_at(descriptor: int) -> tuple[bool, int, Peer | None] | None:
    """Return whether a TCP socket listens, its local port, and its peer if it is connected; None for other sockets."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as copy:
            if copy.family not in (socket.AF_INET, socket.AF_INET6) or copy.type != socket.SOCK_STREAM:
                return None
            port = copy.getsockname()[1]
            if copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                return True, port, None
            return False, port, _peer(copy)
    except OSError:
        return None


def _peer(connected: socket.socket) -> Peer:
    address, port = connected.getpeername()[:2]
    return address, str(port)


def _close(connection: _Connection) -> bool:
    """Shut a connection down; the server then sees its end and frees it. Return whether it was still the same one."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.descriptor)) as copy:
        if _peer(copy) == connection.peer:
            copy.shutdown(socket.SHUT_RDWR)
            return True
    return False
