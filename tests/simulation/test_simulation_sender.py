"""Sending of simulated traffic to a real server on a real socket."""

import asyncio
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO

import orjson
import pytest
from django.core.management.base import CommandError

from deliveries.management.commands.simulate import Command, months_back
from deliveries.simulation.sender import MIB, SendError, bodies, send
from deliveries.simulation.traffic import generate


@pytest.fixture(scope="module")
def raw():
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)
    return list(generate(seed=7, messages=2500, start=start, end=end))


@dataclass
class Door:
    """A small HTTP server's memory: what it took and what it will refuse."""

    url: str = ""
    refusals: list[bytes] = field(default_factory=list)  # whole answers to give first
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0


@contextmanager
def door(*refusals):
    """Serve on a free port of the loopback, in a thread with an event loop of its own."""
    state, ready = Door(refusals=list(refusals)), threading.Event()
    loop = asyncio.new_event_loop()
    closing = asyncio.Event()

    async def talk(reader, writer):
        state.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:] if line)
                body = await reader.readexactly(int(headers["content-length"]))
                if state.refusals:
                    answer = state.refusals.pop(0)
                    if not answer:
                        return
                else:
                    kind = headers["content-type"]
                    state.taken.append((kind, body))
                    count = len(split(kind, body))
                    answer = response("200 OK", b'{"received": %d}' % count)
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def serve():
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        state.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/dlr/a-secret-token/"
        ready.set()
        async with server:
            await closing.wait()
            server.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    ready.wait(10)
    try:
        yield state
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join(10)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def response(status, body, headers=""):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


AWAY = response("503 Service Unavailable", b"{}", "Retry-After: 0\r\n")


def split(kind, body):
    if kind == "application/x-ndjson":
        return body.splitlines()
    read = orjson.loads(body)
    return [orjson.dumps(one) for one in (read if isinstance(read, list) else [read])]


def test_bodies_take_turns_in_order_and_lose_nothing():
    dlrs = [b'{"n":%d}' % n for n in range(4000)]
    cut = list(bodies(dlrs, shape="mixed"))

    assert [dlr for body in cut for dlr in split(body.content_type, body.content)] == dlrs
    assert [body.count for body in cut] == [
        500,
        *[1] * 23,
        1000,
        *[1] * 23,
        500,
        *[1] * 23,
        1000,
        *[1] * 23,
        500,
    ] + [1] * 23 + [385]


@pytest.mark.parametrize("shape", ["array", "ndjson"])
def test_bodies_stay_under_one_mebibyte(shape):
    dlrs = [b'"' + b"x" * 10_000 + b'"' for _ in range(300)]

    cut = list(bodies(dlrs, shape=shape))
    assert [body.count for body in cut] == [104, 104, 92]
    assert max(len(body.content) for body in cut) <= MIB


def test_report_over_one_mebibyte_is_refused():
    with pytest.raises(ValueError, match="over 1 MiB"):
        list(bodies([b"x" * (MIB + 1)], shape="single"))


def test_sending_acknowledges_every_dlr_over_few_connections(raw):
    progress = []
    with door() as portal:
        result = send(raw[:5000], url=portal.url, concurrency=4, progress=progress.append)

    taken = [dlr for kind, body in portal.taken for dlr in split(kind, body)]
    assert Counter(taken) == Counter(raw[:5000])
    assert (result.sent, result.acknowledged, result.retries) == (5000, 5000, 0)
    assert result.requests == len(portal.taken)
    assert sum(progress) == 5000
    assert portal.connections <= 4


def test_sending_with_one_worker_keeps_the_order(raw):
    with door() as portal:
        send(raw[:3000], url=portal.url, concurrency=1)

    assert [dlr for kind, body in portal.taken for dlr in split(kind, body)] == raw[:3000]


def test_sending_repeats_a_body_that_was_not_taken(raw):
    with door(AWAY, b"", AWAY) as portal:  # b"": the connection breaks without an answer
        result = send(raw[:1000], url=portal.url, concurrency=1, shape="array", pause=0)

    assert [dlr for kind, body in portal.taken for dlr in split(kind, body)] == raw[:1000]
    assert (result.sent, result.acknowledged, result.requests, result.retries) == (1000, 1000, 5, 3)


@pytest.mark.parametrize(
    ("refusals", "words"),
    [
        ([AWAY] * 3, "took nothing in 3 tries, at last: 503"),
        ([response("401 Unauthorized", b"no")], "answered 401: no"),
        ([response("200 OK", b'{"received": 2}')], r"answered \{'received': 2\} to 500 DLRs"),
        ([response("200 OK", b"fine")], "answered 'fine' to 500 DLRs"),
    ],
)
def test_sending_that_is_refused_says_so_without_the_token(raw, refusals, words):
    with door(*refusals) as portal, pytest.raises(SendError, match=words) as caught:
        send(raw[:500], url=portal.url, concurrency=1, shape="array", attempts=3)

    assert "a-secret-token" not in str(caught.value)
    assert (caught.value.result.sent, caught.value.result.acknowledged) == (500, 0)


def test_sending_to_nobody_gives_up():
    with door() as portal:
        pass
    with pytest.raises(SendError, match="took nothing in 2 tries"):
        send([b"{}"], url=portal.url, attempts=2, pause=0)


def test_sending_a_dlr_over_one_mebibyte_is_refused():
    with door() as portal, pytest.raises(ValueError, match="a DLR of 1048577 bytes is over 1 MiB"):
        send([b"x" * (MIB + 1)], url=portal.url)

    assert portal.taken == []


def test_sending_in_an_unknown_shape_is_refused():
    with pytest.raises(ValueError, match="unknown shape 'xml'"):
        send([], url="http://127.0.0.1:9/", shape="xml")


def command(*arguments):
    """Run the command and return what it printed."""
    out = StringIO()
    asked = vars(Command().create_parser("portal", "simulate").parse_args(list(arguments)))
    Command(stdout=out).handle(**asked)
    return out.getvalue()


def test_command_sends_to_a_url_and_sums_up():
    with door() as portal:
        printed = command("--url", portal.url, "--messages", "300", "--months", "3")

    taken = [orjson.loads(dlr) for kind, body in portal.taken for dlr in split(kind, body)]
    assert len({dlr["id"].partition("$")[0] for dlr in taken}) == 300
    assert printed.startswith(f"300 messages, {len(taken)} DLRs acknowledged in ")
    assert sum(int(line.split()[-2]) for line in printed.splitlines()[1:]) == len(taken)


def test_command_as_a_dry_run_prints_ndjson():
    printed = command("--dry-run", "--messages", "200").splitlines()

    assert len({orjson.loads(line)["id"].partition("$")[0] for line in printed}) == 200


def test_command_told_to_be_quiet_prints_nothing(capfd):
    with door() as portal:
        assert command("--url", portal.url, "--messages", "20", "--quiet") == ""
    assert capfd.readouterr() == ("", "")
    assert portal.taken != []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--messages", "5"], "give --feed NAME and --token TOKEN"),
        (["--feed", "main", "--messages", "5"], "give --feed NAME and --token TOKEN"),
        (["--dry-run", "--messages", "-1"], "--messages must be 0 or more"),
    ],
)
def test_command_without_what_it_needs_says_so(arguments, words):
    with pytest.raises(CommandError, match=words):
        command(*arguments)


def test_command_refused_says_how_far_it_came():
    with door(response("401 Unauthorized", b"no")) as portal, pytest.raises(CommandError) as caught:
        command("--url", portal.url, "--messages", "20", "--quiet")

    place = portal.url.removesuffix("/dlr/a-secret-token/")
    assert str(caught.value) == f"{place} answered 401: no. 0 DLRs were acknowledged before."


@pytest.mark.parametrize(
    ("months", "first"),
    [(1, datetime(2026, 2, 1)), (2, datetime(2026, 1, 1)), (3, datetime(2025, 12, 1)), (15, datetime(2024, 12, 1))],  # noqa: DTZ001
)
def test_months_count_back_from_the_current_one(months, first):
    assert months_back(datetime(2026, 2, 28, 12, tzinfo=UTC), months) == first.replace(tzinfo=UTC)
