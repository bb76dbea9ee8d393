"""Streams as their app serves them: who is slow gets the newest totals, who may not look any more is turned away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import psycopg
import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.asgi import get_asgi_application
from django.db import connection, connections
from django.test import Client

from deliveries.messages import event_log
from deliveries.stream import sending, waking
from deliveries.stream.app import Stream
from deliveries.stream.figures import FIGURES, REPORTS, TOTALS
from deliveries.stream.sending import PATH as REPORT_STREAM
from deliveries.stream.waking import Waking
from portal.accounts.models import Membership
from portal.common.database import connection_string
from portal.connections import Guard
from portal.page_deadline import PageDeadline
from portal.tenants import api_keys
from reports.statistics_stream import page_signals
from reports.statistics_stream import sending as statistics_sending
from reports.statistics_stream.page_signals import PATH as PAGE_SIGNALS
from reports.statistics_stream.sending import PATH as STATISTICS_STREAM
from tests.api.conftest import sent
from tests.conftest import NOW
from tests.deliveries.helpers import apply
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)


DAYS = "from=2026-11-02&to=2026-11-03"
EVENTS = "Accept", "text/event-stream"


class Served:
    """One request to the streams' app; `bodies` is what was sent, `may_send` the client's room for more."""

    def __init__(self, path: str, *headers: tuple[str, str]) -> None:
        self.path, self.headers = path, [(name.lower().encode(), value.encode()) for name, value in headers]
        self.status, self.head, self.bodies = 0, {}, []
        self.may_send, self.left, self.has_sent = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.may_send.set()
        self._is_read = False

    async def __aenter__(self) -> Served:
        self.app = Stream(pages, Guard(100), paths=(REPORT_STREAM, STATISTICS_STREAM, PAGE_SIGNALS))
        path, _, query = self.path.partition("?")
        scope = {
            "type": "http", "method": "GET", "path": path, "query_string": query.encode(),
            "headers": [(b"host", b"testserver"), *self.headers], "client": ("127.0.0.1", "1"),
        }  # fmt: skip
        assert self.app.takes(path)
        self.task = asyncio.create_task(self.app(scope, self._receive, self._send))
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self.left.set()
        self.may_send.set()
        self.app.stop()
        await self.task
        await asyncio.to_thread(until, lambda: not listens(), "nobody listens any more")

    async def _receive(self) -> dict:
        if self._is_read:
            await self.left.wait()
            return {"type": "http.disconnect"}
        self._is_read = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: dict) -> None:
        await self.may_send.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.head = {bytes(name).decode().lower(): bytes(value).decode() for name, value in message["headers"]}
        if message.get("body"):
            self.bodies.append(message["body"])
            self.has_sent.set()

    def page(self) -> dict:
        return json.loads(b"".join(self.bodies))

    def events(self) -> list[dict]:
        lines = b"".join(self.bodies).splitlines()
        return [json.loads(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: ")]

    async def until(self, look: Callable[[], bool]) -> None:
        """Wait until what was sent is as it should be."""
        async with asyncio.timeout(60):
            while not look():
                self.has_sent.clear()
                await self.has_sent.wait()


async def pages(scope: dict, receive: Callable, send: Callable) -> None:
    """Answer as Django does, and close the connection of the thread in which it worked."""
    async with ThreadSensitiveContext():
        await PageDeadline(get_asgi_application(), Guard(100))(scope, receive, send)
        await sync_to_async(connections.close_all)()


def key_of(tenant) -> tuple[str, str]:
    """Return the header with a new key."""
    text = api_keys.create_key(tenant=tenant, name="x", scopes=["read"], created_by="tests", now=NOW)[1]
    return "Authorization", f"Bearer {text}"


def cookie_of(person) -> tuple[str, str]:
    """Return the header of a person who has signed in."""
    client = Client()
    client.force_login(person)
    return "Cookie", "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


def messages(event: dict) -> list[int]:
    return [group["messages"] for group in event["groups"]]


def test_slow_reader_gets_the_newest_totals_and_none_of_those_between(feed, tenant):
    key = key_of(tenant)

    async def follow() -> list[dict]:
        async with Served(f"{STATISTICS_STREAM}/?{DAYS}", key, EVENTS) as served:
            await served.until(lambda: len(served.events()) == 1)
            assert FIGURES.listeners["statistics"] == 1
            await batch("a")
            await served.until(lambda: len(served.events()) == 2)
            served.may_send.clear()  # its connection is full
            for name in ("b", "c", "d"):
                await batch(name)
            served.may_send.set()
            await served.until(lambda: messages(served.events()[-1]) == [4])
            return served.events()

    async def batch(name: str) -> None:
        await asyncio.to_thread(closed, lambda: apply(feed, sent(name, 1001, "nr-fi")))

    events = asyncio.run(follow())

    assert (events[0]["whole"], [event["whole"] for event in events[1:]]) == (True, [False] * (len(events) - 1))
    assert (messages(events[0]), messages(events[1]), messages(events[-1])) == ([], [1], [4])
    assert len(events) <= 4  # a reading may have been under way when its connection became full
    assert FIGURES.listeners["statistics"] == 0


def test_page_hears_of_changes_until_its_person_may_not_look_any_more(feed, tenant, viewer, monkeypatch):
    monkeypatch.setattr(page_signals, "EVERY", 0)
    monkeypatch.setattr(page_signals, "CHECKED_EVERY", 0)
    cookie = cookie_of(viewer)

    async def follow() -> list[dict]:
        async with Served("/t/nordic-retail/live/", cookie) as served:
            await served.until(lambda: len(served.events()) == 1)
            await asyncio.to_thread(closed, lambda: apply(feed, sent("a", 1001, "nr-fi")))
            await served.until(lambda: len(served.events()) == 2)
            await asyncio.to_thread(closed, lambda: Membership.objects.filter(user=viewer).delete())
            await asyncio.to_thread(closed, lambda: apply(feed, sent("b", 1001, "nr-fi")))
            await asyncio.wait_for(asyncio.shield(served.task), 60)
            return served.events()

    assert asyncio.run(follow()) == [{}, {}]  # a signal holds nothing


@pytest.mark.parametrize(
    ("stream", "path", "accepted"),
    [
        (REPORTS, f"{REPORT_STREAM}/?size=10", "text/csv"),
        (REPORTS, f"{REPORT_STREAM}/?size=10", "application/x-ndjson"),
        (TOTALS, f"{STATISTICS_STREAM}/?{DAYS}", "text/csv"),
    ],
)
def test_page_that_waited_is_json_without_links_and_etags(feed, tenant, stream, path, accepted):
    """Its headers are made before its content is there."""
    event_log.prepare()
    headers = key_of(tenant), ("Accept", accepted)

    async def follow() -> tuple[Served, Served]:
        async with Served(path, *headers) as begin:
            await begin.task
        known = "If-None-Match", begin.head.get("etag", "*")
        async with Served(f"{path}&wait=30&after={begin.page()['next_cursor']}", *headers, known) as waiting:
            await asyncio.to_thread(until, lambda: FIGURES.listeners[stream] == 1, "it waits")
            await asyncio.to_thread(closed, lambda: apply(feed, sent("a", 1001, "nr-fi")))
            await asyncio.wait_for(asyncio.shield(waiting.task), 60)
        return begin, waiting

    begin, waiting = asyncio.run(follow())

    for served in (begin, waiting):
        assert (served.status, served.head["content-type"]) == (200, "application/json")
        assert served.head.keys().isdisjoint({"link", "etag"})
    assert waiting.page()["next_cursor"] != begin.page()["next_cursor"]


def test_listener_goes_on_from_a_heartbeat(feed, tenant, monkeypatch):
    monkeypatch.setattr(sending, "HEARTBEAT", 0.01)
    event_log.prepare()
    key = key_of(tenant)

    async def follow(*headers: tuple[str, str]) -> tuple[str, list[str]]:
        """Return the cursor of a heartbeat, and the messages of the events before it."""
        async with Served(f"{REPORT_STREAM}/?after=oldest", key, EVENTS, *headers) as served:
            await served.until(lambda: served.events() != [] and is_beat(served.bodies[-1]))
            return cursor_of(served.bodies[-1]), [event["message_id"] for event in served.events()]

    apply(feed, sent("before", 1001, "nr-fi"))
    cursor, before = asyncio.run(follow())
    apply(feed, sent("after", 1001, "nr-fi"))
    later, after = asyncio.run(follow(("Last-Event-ID", cursor)))

    assert (before, after, later != cursor) == (["before"], ["after"], True)


def test_heartbeat_of_statistics_has_the_cursor_of_the_totals_that_were_sent(feed, tenant, monkeypatch):
    monkeypatch.setattr(statistics_sending, "HEARTBEAT", 0.01)
    apply(feed, sent("a", 1001, "nr-fi"))
    key = key_of(tenant)

    async def follow() -> tuple[str, list[dict]]:
        async with Served(f"{STATISTICS_STREAM}/?{DAYS}", key, EVENTS) as served:
            await served.until(lambda: served.events() != [] and is_beat(served.bodies[-1]))
            return cursor_of(served.bodies[-1]), served.events()

    cursor, (totals,) = asyncio.run(follow())

    assert (messages(totals), totals["next_cursor"]) == ([1], cursor)


def test_page_without_changes_gets_heartbeats(tenant, viewer, monkeypatch):
    monkeypatch.setattr(page_signals, "EVERY", 0)
    monkeypatch.setattr(page_signals, "HEARTBEAT", 0.01)
    cookie = cookie_of(viewer)

    async def follow() -> list[dict]:
        async with Served("/t/nordic-retail/live/", cookie) as served:
            await served.until(lambda: served.bodies[-2:] == [b": heartbeat\n\n"] * 2)
            return served.events()

    assert len(asyncio.run(follow())) <= 2  # the first signal, and one for the listener that begins


def is_beat(body: bytes) -> bool:
    return body.startswith(b": heartbeat\n")


def cursor_of(beat: bytes) -> str:
    (line,) = (line for line in beat.decode().splitlines() if line.startswith("id: "))
    return line.removeprefix("id: ")


def closed(call: Callable[[], object]) -> None:
    """Call it, and close the connection that it has opened in its thread."""
    try:
        call()
    finally:
        connection.close()


def test_events_that_an_older_transaction_holds_back_are_told_as_held(feed, tenant, monkeypatch, caplog):
    monkeypatch.setattr(waking, "HELD_LONG", 0)
    caplog.set_level("WARNING", logger="deliveries.stream.waking")
    asleep = Waking()

    async def follow() -> None:
        asleep.start()
        with asleep.sleeper([tenant.id]) as sleeper:
            assert await sleeper.wait(60)  # it listens
        with psycopg.connect(connection_string()) as older:
            older.execute("SELECT pg_current_xact_id()")
            await asyncio.to_thread(closed, lambda: apply(feed, sent("a", 1001, "nr-fi")))
            await asyncio.to_thread(until, lambda: "held events back" in caplog.text, "it is logged")
            assert FIGURES.held_seconds > 0
        await asyncio.to_thread(until, lambda: FIGURES.held_seconds == 0, "they are complete")
        asleep.stop()

    asyncio.run(follow())

    until(lambda: not listens(), "it has ended")
    assert caplog.text.count("held events back") == 1


def listens() -> bool:
    with psycopg.connect(connection_string()) as database:
        found = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'portal stream'"
        return database.execute(found).fetchone() == (1,)
