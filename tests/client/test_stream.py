"""The stream: each event once and in order through kills and silence, resumed by cursor, equal in both clients."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from itertools import islice
from typing import Any

import httpx
import msgspec
import pytest

from sms_portal import AsyncClient, BadRequest, Client, ConnectionFailed, CursorLost, KeyRefused, UnexpectedAnswer
from sms_portal.shapes import Event, Totals
from tests.client.conftest import DAY, MESSAGES, SALE, KeyMaker, post, report
from tests.client.scripted import Asked, Said, Scripted, problem
from tests.faults.portal import Portal
from tests.running import until

pytestmark = pytest.mark.any_python
EVENTS = "text/event-stream"


class Listener(threading.Thread):
    """Follows a stream until it has had `wanted` events."""

    def __init__(self, client: Client, wanted: int, after: str | None) -> None:
        super().__init__(daemon=True)
        self.stream = client.events(after)
        self.events: list[Event] = []
        self._wanted = wanted

    def run(self) -> None:
        for event in self.stream:
            self.events.append(event)
            if len(self.events) == self._wanted:
                return


def test_stream_goes_on_behind_the_last_event_after_the_server_is_killed(portal: Portal, client: Client):
    """kill -9 in mid-stream: nothing is missing, nothing comes twice."""
    start = next(client.event_pages(wait=0)).next_cursor
    listener = Listener(client, 12, start)
    listener.start()
    until(lambda: listener.stream.connections == 1, "it listens")
    post(portal, *(report(f"before-{number}", 1001) for number in range(6)))
    until(lambda: len(listener.events) == 6, "the first events are there")

    portal.kill("web")
    portal.start("web")
    until(portal.answers, "the portal answers again")
    post(portal, *(report(f"after-{number}", 1001) for number in range(6)))
    listener.join(60)

    found = [event.report.message_id for event in listener.events]
    assert sorted(found[:6]) == [f"before-{number}" for number in range(6)]
    assert sorted(found[6:]) == [f"after-{number}" for number in range(6)]
    assert (listener.stream.connections, listener.stream.cursor) == (2, listener.events[-1].cursor)
    pages = client.event_pages(start, wait=0, size=5)
    assert [event for page in islice(pages, 3) for event in page.data] == listener.events


def test_both_clients_read_the_same_and_signs_that_look_like_line_breaks_stay(portal: Portal, client: Client, awaited):
    async def first(c: AsyncClient) -> list[Event]:
        async with aclosing(aiter(c.events("oldest"))) as events:
            return [event async for _number, event in azip(range(MESSAGES), events)]

    found = list(islice(client.events("oldest"), MESSAGES))

    assert {event.report.message_id for event in found} == {f"m{number}" for number in range(MESSAGES)}
    assert {event.report.ref_id for event in found} == {SALE}
    assert awaited(first) == found


async def azip(numbers: range, events: Any) -> Any:
    """Yield as many events as there are numbers, without asking for one more."""
    for number in numbers:
        yield number, await anext(events)


def test_filters_and_bad_cursors_are_those_of_the_api(client: Client, portal: Portal, make_key: KeyMaker):
    failed = list(islice(client.events("oldest", status="failed"), 4))
    assert {event.report.status for event in failed} == {"failed"}
    with pytest.raises(BadRequest):
        next(iter(client.events("nonsense")))
    with Client(portal.url, "srk_unknown") as stranger, pytest.raises(KeyRefused):
        next(iter(stranger.events()))


def test_totals_follow_what_is_applied_in_both_clients(portal: Portal, client: Client, awaited):
    """Each has all days and tenants of the statistics, before and after a change."""
    query = {"from_": DAY, "to": DAY, "group_by": "tenant"}
    figures = {"before", "changes", "costs", "recipients", "conversions"}

    def of_statistics() -> list[dict[str, Any]]:
        found = client.request("GET", "statistics/", **query | {"group_by": "day,tenant"})["groups"]
        return [{name: value for name, value in group.items() if name not in figures} for group in found]

    async def first(c: AsyncClient) -> Totals:
        async with aclosing(aiter(c.day_totals(**query))) as totals:
            return await anext(totals)

    pages, stream = client.day_totals_pages(**query), client.day_totals(**query)
    totals = iter(stream)
    page, before = next(pages), next(totals)
    assert msgspec.to_builtins(before.groups) == of_statistics() == msgspec.to_builtins(page.groups) != []
    post(portal, report("one-more", 1001))
    after = next(totals)

    assert after.groups[0].messages == before.groups[0].messages + 1
    assert msgspec.to_builtins(after.groups) == of_statistics()
    assert next(pages).groups == after.groups == awaited(first).groups
    assert (stream.cursor, stream.connections) == (after.next_cursor, 1)


def event(number: int) -> bytes:
    """Return an event as the portal sends it."""
    texts = ("account", "tenant", "message_id", "partner_id", "variant", "country", "operator", "status")
    empty = ("part", "ref_id", "campaign", "source", "destination", "operator_result_code", "sent_at", "status_at")
    numbers = {"parts": 1, "final": True, "result_code": number, "labels": {}, "custom_parameters": {}}
    report = dict.fromkeys(texts, "x") | dict.fromkeys(empty) | numbers | {"received_at": "2026-11-02T10:00:00Z"}
    text = httpx.Request("POST", "http://x", json=report).content.decode()
    return f"id: c{number}\nevent: delivery_report\ndata: {text}\n\n".encode()


def day_totals(cursor: str, whole: bool, *days: tuple[int, int], first: int = 1) -> bytes:
    """Return totals of November 2026 as the portal sends them: of each day its messages."""
    counts = dict.fromkeys(("parts", "delivered", "failed", "pending", "unknown"), 0)
    others = ("delivered_parts", "billed_parts", "final", "delivery_rate", "delivery_rate_interval", "failed_rate")
    empty = dict.fromkeys((*others, "delivery_rate_of_final", "maturity", "latency"))
    groups = [{"key": {"day": f"2026-11-{day:02}"}, "messages": messages} | counts | empty for day, messages in days]
    head = {"from": f"2026-11-{first:02}", "to": "2026-11-30", "timezone": "Europe/Helsinki", "group_by": ["day"]}
    more = {"data_as_of": "2026-11-30T10:00:00Z", "provisional_from": None, "whole": whole, "groups": groups}
    text = httpx.Request("POST", "http://x", json=head | more | {"next_cursor": cursor}).content.decode()
    return f"id: {cursor}\nevent: day_totals\ndata: {text}\n\n".encode()


TOLD: dict[str, Callable[[Any], Any]] = {
    "events": lambda event: event.report.result_code,
    "day_totals": lambda totals: {int(group.key["day"][-2:]): group.messages for group in totals.groups},
}


def streamed(*pieces: bytes, **more: Any) -> Said:
    return Said(body=b"retry: 1\n\n" + b"".join(pieces), media=EVENTS, **more)


def follow(
    run: str, answers: tuple[Said, ...], wanted: int, *, what: str = "events", **settings: Any
) -> tuple[list[Any], Any, list[Asked]]:
    """Follow a scripted stream; return what it told, the error that ended it or None, and the requests."""
    found: list[Any] = []
    told = TOLD[what]

    def plain(url: str) -> None:
        with Client(url, "srk_tests", **settings) as client:
            found.extend(told(each) for each in islice(getattr(client, what)(attempts=3), wanted))

    async def awaited(url: str) -> None:
        client = AsyncClient(url, "srk_tests", **settings)
        async with client, aclosing(aiter(getattr(client, what)(attempts=3))) as events:
            async for _number, each in azip(range(wanted), events):
                found.append(told(each))

    with Scripted(*answers) as server:
        error = None
        try:
            plain(server.url) if run == "plain" else asyncio.run(awaited(server.url))
        except Exception as raised:
            error = raised
        return found, error, server.asked


BOTH = pytest.mark.parametrize("run", ["plain", "awaited"])


@BOTH
def test_half_an_event_is_none_and_comes_whole_with_the_next_connection(run):
    answers = streamed(event(1), event(2)[:40], cut=True), streamed(event(2), event(3))

    found, error, asked = follow(run, answers, 3)

    assert (found, error) == ([1, 2, 3], None)
    assert [each.headers.get("last-event-id") for each in asked] == [None, "c1"]


@BOTH
def test_silence_ends_a_connection_and_heartbeats_move_the_cursor(run):
    silent = threading.Event()
    beat = b": heartbeat\nid: c9\n\n"
    answers = streamed(event(1), beat, then=partial(silent.wait, 30)), streamed(event(10), then=silent.set)

    found, error, asked = follow(run, answers, 2, silence=0.2)

    assert (found, error) == ([1, 10], None)
    assert [each.headers.get("last-event-id") for each in asked] == [None, "c9"]


@BOTH
def test_totals_have_all_days_and_a_new_connection_tells_only_what_is_new(run):
    answers = (
        streamed(day_totals("c1", True, (1, 5), (2, 7)), day_totals("c2", False, (2, 0), (3, 1)), cut=True),
        streamed(day_totals("c2", True, (1, 5), (3, 1)), cut=True),
        streamed(day_totals("c3", True, (3, 2)), day_totals("c4", False, (4, 1), first=4)),
    )

    found, error, asked = follow(run, answers, 4, what="day_totals")

    assert (found, error) == ([{1: 5, 2: 7}, {1: 5, 3: 1}, {3: 2}, {4: 1}], None)
    assert [each.path for each in asked] == ["/api/v1/statistics/stream/"] * 3


@BOTH
@pytest.mark.parametrize(
    ("answer", "error", "requests"),
    [
        (problem(401, "revoked-key"), KeyRefused, 2),
        (problem(410, "cursor-lost"), CursorLost, 2),
        (problem(503, "unavailable", ("Retry-After", "0")), ConnectionFailed, 4),
        (Said(0), ConnectionFailed, 4),
        (Said(200, b"<html>", "text/html"), UnexpectedAnswer, 2),
    ],
)
def test_stream_ends_with_what_does_not_pass(run, answer, error, requests):
    end = b'event: end\ndata: {"detail":"The key is no longer valid."}\n\n'

    found, raised, asked = follow(run, (streamed(event(1), end), answer), 2)

    assert (found, type(raised), len(asked)) == ([1], error, requests)
