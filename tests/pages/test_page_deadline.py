"""The time limit around pages, with small ASGI applications in Django's place: what each side sees."""

import asyncio
from collections.abc import Callable

import pytest

from portal import page_deadline
from portal.connections import Guard
from portal.page_deadline import PageDeadline

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/",
    "headers": [],
    "query_string": b"",
    "client": ("192.0.2.1", "5"),
}


def exchange(application: Callable, messages: list[dict], settings, *, seconds: float = 0.2) -> list[dict]:
    """Return what the client is sent; after `messages` it says nothing more."""
    settings.ANSWER_WITHIN = seconds
    sent: list[dict] = []

    async def receive() -> dict:
        if messages:
            return messages.pop(0)
        return await asyncio.Event().wait()

    async def send(message: dict) -> None:
        sent.append(message)

    async def run() -> None:
        before = asyncio.all_tasks()
        await PageDeadline(application, Guard(100))(SCOPE.copy(), receive, send)
        await asyncio.wait_for(asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True), 5)

    asyncio.run(run())
    return sent


async def whole_body(receive: Callable) -> bytes | None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        if not message.get("more_body"):
            return body


async def echo(scope, receive, send) -> None:
    body = await whole_body(receive)
    if body is None:
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def part(body: bytes, *, more: bool = False) -> dict:
    return {"type": "http.request", "body": body, "more_body": more}


def test_an_answer_in_time_passes_unchanged(settings):
    sent = exchange(echo, [part(b"a", more=True), part(b"b")], settings)
    assert sent == [
        {"type": "http.response.start", "status": 200, "headers": []},
        {"type": "http.response.body", "body": b"ab"},
    ]


def test_a_body_that_stops_is_answered_408(settings):
    sent = exchange(echo, [part(b"a", more=True)], settings)
    assert [sent[0]["status"], sent[1]["body"]] == [408, b"The request did not arrive in time.\n"]


def test_a_body_over_the_limit_is_answered_413_with_the_limit(settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page_deadline, "MAX_BODY", 10)
    sent = exchange(echo, [part(b"x" * 6, more=True), part(b"x" * 6, more=True), part(b"")], settings)
    assert [sent[0]["status"], sent[1]["body"]] == [413, b"A request may have at most 10 bytes.\n"]


def test_an_answer_that_comes_too_late_is_dropped_and_the_request_knows_it(settings):
    given_up = []

    async def late(scope, receive, send) -> None:
        await whole_body(receive)
        while not scope.get("portal.given_up"):
            await asyncio.sleep(0.01)
        given_up.append(True)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    sent = exchange(late, [part(b"")], settings)
    assert [message.get("status") for message in sent] == [503, None]
    assert given_up == [True]


def test_a_client_that_leaves_a_long_answer_ends_it(settings):
    pieces = []

    async def long(scope, receive, send) -> None:
        await whole_body(receive)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            pieces.append(1)
            await asyncio.sleep(0)

    exchange(long, [part(b""), {"type": "http.disconnect"}], settings)
    assert 0 < len(pieces) < 100


def test_a_long_answer_is_whole_also_where_the_server_receives_by_an_awaitable_that_is_no_coroutine(settings):
    settings.ANSWER_WITHIN = 5
    messages, sent = [part(b"")], []

    def receive() -> asyncio.Future:  # as granian's: create_task refuses what it gives
        future = asyncio.get_running_loop().create_future()
        if messages:
            future.set_result(messages.pop(0))
        return future

    async def send(message: dict) -> None:
        sent.append(message)

    async def pieces(scope, receive, send) -> None:
        await whole_body(receive)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(3):
            await send({"type": "http.response.body", "body": b"%d" % number, "more_body": number < 2})

    asyncio.run(PageDeadline(pieces, Guard(100))(SCOPE.copy(), receive, send))
    assert b"".join(message.get("body", b"") for message in sent) == b"012"
