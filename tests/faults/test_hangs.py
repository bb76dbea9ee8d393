"""PostgreSQL that hangs, Redis that is gone, an ingest that is told to end: 503 in time or 200 and kept."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.faults.checker import is_applied, problems
from tests.faults.portal import TOKEN, Portal
from tests.faults.victims import HOLDS, hang, in_a_batch, redis_process, signal_all, stopped
from tests.running import in_time, say, until

pytestmark = pytest.mark.timeout(3600)  # a crowded machine may take its time


@pytest.mark.parametrize("hold", HOLDS)
def test_database_that_hangs_is_answered_503_in_time_and_loses_nothing(portal, load, hold, is_long):
    with load() as load:
        until(load.grown(100), "the load is taken")
        again = hang(portal, load, hold, seconds=20 if is_long else 3)
        say(f"taken again {again:.1f} s after {hold}; slowest answer {load.slowest:.1f} s")
    assert problems(portal, load) == []
    assert load.slowest < in_time(3)  # promised are 2, to a sender who is given the processor at once
    assert set(load.answers) == {200, 503}


@pytest.fixture
def portal_in_haste(portal) -> Iterator[Portal]:
    """The portal with a web process that gives a page up after 2 s."""
    portal.end("web")
    portal.variables["PORTAL_ANSWER_WITHIN"] = "2"
    portal.start("web")
    until(portal.answers, "the ingest takes work")
    yield portal
    portal.end("web")
    del portal.variables["PORTAL_ANSWER_WITHIN"]
    portal.start("web")
    until(portal.answers, "the ingest takes work")


def test_pages_say_that_the_database_does_not_answer_and_the_door_stays_open(portal_in_haste):
    """More requests than the pool has connections, all at once, while no statement is answered."""
    portal, finnish = portal_in_haste, {"Accept-Language": "fi"}
    with ThreadPoolExecutor(30) as pool, httpx.Client(base_url=portal.url, timeout=60, trust_env=False) as http:
        until(lambda: http.get("/").status_code == 302, "the first page, which loads them all, is there in time")
        with HOLDS["SIGSTOP"](portal):
            pages = [pool.submit(http.get, "/", headers=finnish) for _ in range(20)]
            posts = [pool.submit(http.post, "/language/", data={"language": "fi"}) for _ in range(2)]
            systems = [pool.submit(http.get, "/api/v1/messages/") for _ in range(2)]
            door = http.post(f"/dlr/{TOKEN}/", content=b'{"id":"1","resultCode":1001}')
            answers = [future.result() for future in (*pages, *posts, *systems)]
        until(lambda: http.get("/").status_code == 302, "pages are back")
    assert door.status_code == 503
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
    assert all("Portaalin tietokanta ei vastaa" in page.result().text for page in pages)
    assert all("probably not saved" in post.result().text for post in posts)
    assert not any("probably not saved" in page.result().text for page in pages)
    assert {system.result().json()["title"] for system in systems} == {"Database away"}


def test_redis_killed_stopped_and_flushed_is_of_no_concern(portal, load, is_long):
    with load() as load:
        until(load.grown(100), "the load is taken")
        signal_all([redis_process(portal)], signal.SIGKILL)
        until(load.grown(400), "the load goes on without Redis")
        until(lambda: redis_process(portal) > 0, "Redis is back")
        portal.inspector.ask(
            "import redis\nfrom portal import engines\nredis.Redis.from_url(engines.redis_url()).flushall()"
        )
        with stopped([redis_process(portal)]):
            until(load.grown(10_000 if is_long else 400), "the load goes on while Redis hangs", within=600)
            assert portal.answers()
    assert problems(portal, load) == []
    assert set(load.answers) == {200}


def test_sigterm_with_full_batches_answers_or_keeps_all_and_ends_in_seconds(portal, load, is_long):
    for round_ in range(5 if is_long else 1):
        with load(threads=8, per_body=100, pause=0.01) as load_:
            until(load_.grown(2000), "the load is taken")
            until(lambda: in_a_batch(portal), "the applier is in the middle of a batch")
            ended = {name: seconds_to_end(portal, name) for name in ("applier", "web")}
        portal.start("web")
        portal.start("applier")
        until(portal.answers, "the ingest takes work")
        say(f"round {round_ + 1}: {ended}, {load_.answers}")
        assert problems(portal, load_) == []
        assert max(ended.values()) < in_time(10)


def seconds_to_end(portal, name: str) -> float:
    began = time.monotonic()
    assert portal.end(name) == 0
    return time.monotonic() - began


def test_applier_that_was_away_catches_up(portal, load):
    portal.kill("applier")
    with load(threads=4, per_body=200, pause=0) as load:
        until(load.grown(2000), "the load is taken")
    assert not is_applied(portal)
    portal.start("applier")
    assert problems(portal, load) == []
