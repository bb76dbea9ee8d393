"""Senders that open connections and take their time, and good ones beside them."""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple

import httpx

from tests.faults.portal import TOKEN, Portal

SLOW = 200
GOOD = b'{"id":"good","resultCode":1001}'
HEAD = b"POST /dlr/%s/ HTTP/1.1\r\nHost: x\r\n" % TOKEN.encode()


class Kind(NamedTuple):
    """First bytes of a slow sender, and the byte that it sends now and then."""

    opening: bytes
    byte: bytes


KINDS = {
    "headers": Kind(HEAD + b"X-Slow: ", b"a"),
    "body": Kind(HEAD + b"Content-Length: 1000\r\n\r\n{", b" "),
    "chunks": Kind(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1"),
    "silence": Kind(b"", b""),
}


@contextmanager
def sockets(portal: Portal, count: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(socket.create_connection(("127.0.0.1", portal.port), timeout=30)) for _ in range(count)
        ]


def drip(slow: list[socket.socket], byte: bytes) -> int:
    """Send a byte over each that is still open, and return how many are."""
    alive = 0
    for connection in slow:
        try:
            connection.send(byte)
            alive += 1
        except OSError:
            continue
    return alive


def p99_beside(portal: Portal, slow: list[socket.socket], byte: bytes, *, posts: int) -> float:
    """Post good reports while the slow ones drip; return the seconds within which 99% were answered 200."""
    seconds = []
    with httpx.Client(timeout=10, trust_env=False) as http:
        for number in range(posts):
            if number % 20 == 0:
                drip(slow, byte)
            began = time.monotonic()
            http.post(f"{portal.url}/dlr/{TOKEN}/", content=GOOD).raise_for_status()
            seconds.append(time.monotonic() - began)
    return sorted(seconds)[math.ceil(posts * 0.99) - 1]


def p99_beside_slow_ones(portal: Portal, kind: Kind, *, count: int = SLOW, posts: int = 300) -> float:
    """Open `count` connections of a kind, and do so."""
    with sockets(portal, count) as slow:
        for connection in slow:
            with suppress(OSError):  # one of too many may be closed by now
                connection.sendall(kind.opening)
        return p99_beside(portal, slow, kind.byte, posts=posts)
