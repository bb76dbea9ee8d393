"""More than the portal can take, posted at a fixed rate whatever is answered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg

from tests.faults.load import Load, dlr
from tests.faults.portal import Portal, new_load
from tests.running import until

FILLER = "x" * 192 * 1024  # under a key that nobody reads: some 340 of them are all that may wait at the door (64 MiB)
OPEN = 600  # connections at once: more than may wait, and fewer than the 1,024 files that many systems allow a process
TIME_OUT = 10  # seconds; a gateway's
CAPACITY_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Overload:
    """Result of an overload: accepted bodies a second, when `times` as many were offered for `seconds`."""

    taken: float
    times: int
    seconds: float
    recovered: float  # seconds until one was taken after the last
    measured: Load  # by which `taken` was found
    load: Load

    @property
    def refused(self) -> float:
        """Return the share that was answered 503."""
        return self.load.answers[503] / self.load.answers.total()


def overload(portal: Portal, *, seconds: float) -> Overload:
    """Offer five times what is taken; more where senders who wait for answers got less through than can be taken."""
    with slow_disk(portal):
        measured = new_load(portal)
        taken = asyncio.run(capacity(measured))
        load = new_load(portal)
        for times in (5, 10, 20):
            asyncio.run(flood(load, rate=times * taken, seconds=seconds))
            if load.answers[503]:
                break
        began = time.monotonic()
        until(lambda: asyncio.run(is_taken(load)), "work is taken again")
        return Overload(taken, times, seconds, time.monotonic() - began, measured, load)


@contextmanager
def slow_disk(portal: Portal) -> Iterator[None]:
    """Let each commit take half a second, so that the sender is fast enough on the same machine."""
    with psycopg.connect(portal.database_url, autocommit=True) as database:
        database.execute(
            "CREATE FUNCTION slow_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END$$"
        )
        database.execute(
            "CREATE TRIGGER slow_disk AFTER INSERT ON inbox_todo FOR EACH STATEMENT EXECUTE FUNCTION slow_disk()"
        )
        try:
            yield
        finally:
            database.execute("DROP TRIGGER slow_disk ON inbox_todo; DROP FUNCTION slow_disk()")


async def post(load: Load) -> None:
    """Post the next numbered report over a connection of its own, and note the answer."""
    load.numbers += 1
    now = datetime.now(UTC)
    body = dlr(f"{load.seed}-{load.numbers}", 1001, now, now)
    key = (body["id"], 1001)
    content = json.dumps(body | {"filler": FILLER}).encode()
    url = urlsplit(load.url)
    load.sent.add(key)
    began = time.monotonic()
    try:
        async with asyncio.timeout(TIME_OUT):
            async with opened(url.hostname, url.port) as (reader, writer):
                writer.write(
                    b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                    % (url.path.encode(), len(content), content)
                )
                await writer.drain()
                status = int((await reader.readline()).split()[1])
                await reader.read()
    except TimeoutError:
        load.answers["time-out"] += 1
        return
    load.note(status, time.monotonic() - began)
    if status == 200:
        load.acknowledged.add(key)


@asynccontextmanager
async def opened(host: str, port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a connection and close it, whatever becomes of what it is used for."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()  # at once: nothing more is to be sent, and a time-out waits for nobody
        with suppress(OSError):
            await writer.wait_closed()


async def capacity(load: Load) -> float:
    """Return how many bodies a second are taken when each of many senders waits for its answer."""
    ends = time.monotonic() + CAPACITY_SECONDS

    async def sender() -> None:
        while time.monotonic() < ends:
            await post(load)

    began = time.monotonic()
    await asyncio.gather(*(sender() for _ in range(64)))
    return load.answers[200] / (time.monotonic() - began)


async def flood(load: Load, *, rate: float, seconds: float) -> None:
    """Post at a fixed rate, whatever is answered and when, as far as OPEN connections allow."""
    began, room = time.monotonic(), asyncio.Semaphore(OPEN)

    async def one() -> None:
        try:
            await post(load)
        finally:
            room.release()

    async with asyncio.TaskGroup() as tasks:
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            await room.acquire()
            tasks.create_task(one())


async def is_taken(load: Load) -> bool:
    before = load.answers[200]
    await post(load)
    return load.answers[200] > before
