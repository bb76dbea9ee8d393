"""Five times what the portal can take: refusals in time, no time-outs, nothing acknowledged lost, and soon over."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import psycopg

from tests.faults.checker import problems
from tests.faults.load import Load, dlr
from tests.running import say, until

FILLER = "x" * 64 * 1024  # under a key that nobody reads: what is written limits the rate, not what is counted
TIME_OUT = 10  # seconds; a gateway's
CAPACITY_SECONDS = 2


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
            reader, writer = await asyncio.open_connection(url.hostname, url.port)
            writer.write(
                b"POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                % (url.path.encode(), len(content), content)
            )
            await writer.drain()
            status = int((await reader.readline()).split()[1])
            await reader.read()
            writer.close()
    except TimeoutError:
        load.answers["time-out"] += 1
        return
    load.slowest = max(load.slowest, time.monotonic() - began)
    load.answers[status] += 1
    if status == 200:
        load.acknowledged.add(key)


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
    """Post at a fixed rate, whatever is answered and when."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            tasks.create_task(post(load))


def test_five_times_capacity_is_refused_in_time_and_soon_over(portal, load, is_long):
    seconds = 60 if is_long else 4
    with psycopg.connect(portal.database_url, autocommit=True) as database:
        # A disk that takes half a second for each commit: so the generator is fast enough on the same machine.
        database.execute(
            "CREATE FUNCTION slow_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END$$"
        )
        database.execute(
            "CREATE TRIGGER slow_disk AFTER INSERT ON inbox_todo FOR EACH STATEMENT EXECUTE FUNCTION slow_disk()"
        )
        try:
            measured = load()
            taken = asyncio.run(capacity(measured))
            load = load()
            for times in (5, 10, 20):  # what senders who wait for answers get through may be less than it can take
                asyncio.run(flood(load, rate=times * taken, seconds=seconds))
                if load.answers[503]:
                    break
            began = time.monotonic()
            until(lambda: asyncio.run(is_taken(load)), "work is taken again", within=10)
            recovered = time.monotonic() - began
        finally:
            database.execute("DROP TRIGGER slow_disk ON inbox_todo; DROP FUNCTION slow_disk()")
    say(
        f"taken {taken:.0f}/s, offered {times} times that for {seconds} s: {dict(load.answers)}, slowest answer"
        f" {load.slowest:.1f} s, taken again after {recovered:.1f} s"
    )
    assert set(load.answers) == {200, 503}
    assert problems(portal, load) == []
    assert problems(portal, measured) == []


async def is_taken(load: Load) -> bool:
    before = load.answers[200]
    await post(load)
    return load.answers[200] > before
