"""Senders that are slow, lie about their length or send too much: answered or closed, and in nobody's way."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from django.conf import settings

from tests.faults.portal import TOKEN, Portal
from tests.faults.slow import GOOD, HEAD, KINDS, SLOW, drip, p99_beside_slow_ones, sockets
from tests.running import in_time, say, until

LIMIT = settings.INGEST_MAX_BODY


@pytest.mark.parametrize("kind", KINDS)
def test_good_reports_are_answered_beside_200_slow_senders(portal, kind):
    p99 = p99_beside_slow_ones(portal, KINDS[kind])
    say(f"{SLOW} slow senders ({kind}): 99% of good posts within {p99 * 1000:.0f} ms")
    assert p99 < in_time(1)


@pytest.mark.long
def test_slow_senders_are_sent_away_after_ten_seconds(portal):
    """Those that drip, those that never say a word, and those that fall silent after an answer."""
    opening = {
        "headers": KINDS["headers"].opening,
        "body": KINDS["body"].opening,
        "silent": b"",
        "silent after an answer": HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(GOOD), GOOD),
    }
    with sockets(portal, len(opening)) as opened:
        named = dict(zip(opening, opened, strict=True))
        for name, connection in named.items():
            connection.sendall(opening[name])
        began = time.monotonic()
        received, seconds = dict.fromkeys(named, b""), {}

        def are_over() -> bool:
            drip([named["headers"], named["body"]], b" ")
            for name in named.keys() - seconds.keys():
                if select.select([named[name]], [], [], 0.05)[0]:
                    data = receive(named[name])
                    received[name] += data
                    if not data:
                        seconds[name] = time.monotonic() - began
            return len(seconds) == len(named)

        until(are_over, "the slow senders are sent away", within=60)
    say("sent away after " + ", ".join(f"{seconds[name]:.1f} s ({name})" for name in named))
    assert {name: data[:13] for name, data in received.items()} == {
        "headers": b"",
        "body": b"HTTP/1.1 408 ",
        "silent": b"",
        "silent after an answer": b"HTTP/1.1 200 ",
    }
    assert min(seconds.values()) > 9


def receive(connection: socket.socket) -> bytes:
    """Return what came; nothing when the other side has closed, in order or not."""
    with contextlib.suppress(ConnectionError):
        return connection.recv(4096)
    return b""


@pytest.mark.parametrize("kind", ["silence", "headers", "body"])
def test_more_stalled_connections_than_are_held_do_not_shut_the_door(portal_of_few, kind):
    """The good report is answered while stalled connections are still open: nobody waited for their time to be over."""
    crowd = FEW + 100
    with sockets(portal_of_few, crowd) as stalled:
        for connection in stalled:
            with contextlib.suppress(OSError):  # the first ones may be closed by now
                connection.sendall(KINDS[kind].opening)
        answers = [post_good(portal_of_few) for _ in range(20)]
        still_open = sum(not select.select([connection], [], [], 0)[0] for connection in stalled)
    assert answers == [200] * 20
    assert 0 < still_open < crowd


def test_kept_connection_of_a_good_sender_outlives_a_crowd(portal_of_few):
    """A gateway's connection that held a report before is closed after those that never held one."""
    with httpx.Client(trust_env=False) as gateway:
        url = f"{portal_of_few.url}/dlr/{TOKEN}/"
        before = gateway.post(url, content=GOOD)
        port = local_port(before)
        with sockets(portal_of_few, FEW + 100):
            post_good(portal_of_few)
            after = gateway.post(url, content=GOOD)
        assert (before.status_code, after.status_code) == (200, 200)
        assert local_port(after) == port


def local_port(answer: httpx.Response) -> int:
    return answer.extensions["network_stream"].get_extra_info("client_addr")[1]


def post_good(portal: Portal) -> int:
    return httpx.post(f"{portal.url}/dlr/{TOKEN}/", content=GOOD, timeout=60, trust_env=False).status_code


FEW = 384


@pytest.fixture
def portal_of_few(portal) -> Iterator[Portal]:
    """The portal with a web process that holds FEW connections."""
    portal.end("web")
    portal.variables["PORTAL_CONNECTIONS"] = str(FEW)
    portal.start("web")
    until(portal.answers, "the ingest takes work")
    yield portal
    portal.end("web")
    del portal.variables["PORTAL_CONNECTIONS"]
    portal.start("web")
    until(portal.answers, "the ingest takes work")


def padded(size: int) -> bytes:
    """Return a good report of exactly so many bytes."""
    body = json.dumps({"id": "large", "resultCode": 1001, "filler": ""}).encode()
    return body[:-2] + b"x" * (size - len(body)) + body[-2:]


def chunked(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 60_000):
        yield body[start : start + 60_000]


@pytest.mark.parametrize(("size", "status"), [(LIMIT - 1, 200), (LIMIT, 200), (LIMIT + 1, 413), (2 * LIMIT, 413)])
@pytest.mark.parametrize("is_chunked", [False, True])
def test_body_at_the_limit_is_taken_and_over_it_refused(portal, size, status, is_chunked):
    body = padded(size)
    assert len(body) == size
    answer = httpx.post(f"{portal.url}/dlr/{TOKEN}/", content=chunked(body) if is_chunked else body, timeout=20)
    assert answer.status_code == status
    if status == 413:
        assert answer.json() == {"error": "a body may have at most 1048576 bytes"}


def raw(portal: Portal, request: bytes) -> bytes:
    """Send bytes as they are, close our side, and return what is answered."""
    with sockets(portal, 1) as (connection,):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while more := connection.recv(65536):
            received += more
        return received


def stored_ids(portal: Portal, prefix: str) -> list[str]:
    with portal.database() as database:
        rows = database.execute("SELECT body FROM inbox WHERE position(%s::bytea in body) > 0", [prefix.encode()])
        return [json.loads(bytes(body))["id"] for (body,) in rows]


def test_body_shorter_than_it_says_is_not_taken(portal):
    answer = raw(portal, HEAD + b'Content-Length: 500\r\n\r\n{"id":"short-1","resultCode":1001}')
    assert answer[:13] != b"HTTP/1.1 200 "
    assert stored_ids(portal, "short-1") == []


def test_body_longer_than_it_says_is_cut_where_it_said_and_the_rest_is_no_request(portal):
    body = b'{"id":"longer-1","resultCode":1001}'
    answer = raw(portal, HEAD + b"Content-Length: %d\r\n\r\n%s%s" % (len(body), body, b'{"id":"longer-2"}'))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert stored_ids(portal, "longer-") == ["longer-1"]


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: -1\r\n",
        b"Content-Length: 18446744073709551616\r\n",
        b"Content-Length: 10\r\nContent-Length: 20\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
    ],
)
def test_lengths_that_cannot_be_are_refused_and_nothing_of_them_is_taken(portal, headers):
    answer = raw(portal, HEAD + headers + b'\r\n{"id":"impossible","resultCode":1001}')
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert stored_ids(portal, "impossible") == []
