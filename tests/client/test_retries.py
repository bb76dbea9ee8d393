"""Retries over real sockets: of what passes by itself, never for nothing, and safe to repeat."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from sms_portal import (
    AsyncClient,
    Client,
    Conflict,
    ConnectionFailed,
    FileDamaged,
    Invalid,
    KeyRefused,
    Retry,
    ServerProblem,
    TooManyRequests,
    UnexpectedAnswer,
)
from sms_portal.calls import call
from sms_portal.exchange import Answer, Failure, Pause, exchange
from sms_portal.shapes import Export
from tests.client.scripted import Said, Scripted, problem

QUICK = Retry(first=0.001, attempts=3)
BUSY, AWAY = problem(429, "too-many-requests", ("Retry-After", "0")), problem(503, "unavailable")
CUT = Said(body=b'{"half":', cut=True)
NOTHING = Said(0)

Job = Callable[[Any], Any]


def in_both(job: Job, *answers: Said) -> list[tuple[Any, list]]:
    """Run a job with each client against servers with the same answers; return (result or error, requests) of each."""

    async def awaited(url: str) -> Any:
        async with AsyncClient(url, "srk_tests", retry=QUICK) as client:
            return await job(client)

    def plain(url: str) -> Any:
        with Client(url, "srk_tests", retry=QUICK) as client:
            return job(client)

    found = []
    for run in (plain, lambda url: asyncio.run(awaited(url))):
        with Scripted(*answers) as server:
            try:
                result: Any = run(server.url)
            except Exception as error:
                result = error
        found.append((result, server.asked))
    return found


@pytest.mark.parametrize(
    "failures",
    [[BUSY], [AWAY, BUSY], [Said(502, b"<html>", "text/html")], [CUT], [NOTHING, CUT], [Said(504)]],
)
def test_failures_that_pass_are_repeated(failures):
    for result, asked in in_both(lambda client: client.request("GET", "budgets/"), *failures, Said(body=b'{"a":1}')):
        assert (result, len(asked)) == ({"a": 1}, len(failures) + 1)


def test_repeated_post_has_the_same_body_and_idempotency_key():
    for result, asked in in_both(
        lambda client: client.request("POST", "reports/", body={"month": "2026-10"}),
        NOTHING,
        problem(409, "still-in-work", ("Retry-After", "0")),
        Said(202, b'{"id":17}'),
    ):
        assert (result, {each.body for each in asked}) == ({"id": 17}, {b'{"month":"2026-10"}'})
        assert (len(asked), len({each.headers["idempotency-key"] for each in asked})) == (3, 1)


def test_patch_is_repeated_only_where_nothing_was_done():
    def change(client: Any) -> Any:
        return client.request("PATCH", "gates/a/", body={"name": "A"})

    for result, asked in in_both(change, BUSY, Said(body=b'{"id":"a"}')):
        assert (result, len(asked)) == ({"id": "a"}, 2)
    for result, asked in in_both(change, NOTHING, Said()):
        assert (type(result), len(asked)) == (ConnectionFailed, 1)


@pytest.mark.parametrize(
    ("answer", "error", "requests"),
    [
        (problem(401, "revoked-key"), KeyRefused, 1),
        (problem(409, "conflict"), Conflict, 1),
        (problem(422, "bad-field", errors=[{"pointer": "#/month", "detail": "enter a month"}]), Invalid, 1),
        (problem(429, "too-many-requests", ("Retry-After", "3600")), TooManyRequests, 1),  # nobody waits that long
        (problem(500, "server-error"), ServerProblem, 1),
        (AWAY, ServerProblem, 3),
        (NOTHING, ConnectionFailed, 3),
        (Said(302, b"", "text/html", (("Location", "https://elsewhere.example/"),)), UnexpectedAnswer, 1),
        (Said(200, b"<html>Sign in</html>", "text/html"), UnexpectedAnswer, 1),
        (Said(500, b"<html>", "text/html"), UnexpectedAnswer, 1),
        (Said(400, b"{}", "application/problem+json"), UnexpectedAnswer, 1),
    ],
)
def test_error_has_its_type_and_comes_after_as_many_attempts(answer, error, requests):
    for result, asked in in_both(lambda client: client.request("GET", "budgets/"), answer):
        assert (type(result), len(asked)) == (error, requests)


def test_problem_has_all_that_the_portal_said():
    errors = [{"pointer": "#/month", "detail": "enter a month"}, {"parameter": "to", "detail": "a day"}]
    answer = problem(422, "bad-field", ("Retry-After", "5"), errors=errors, request_id="9f3c", instance="/api/v1/x/")

    for error, _asked in in_both(lambda client: client.request("GET", "budgets/"), answer):
        assert (error.kind, error.status, error.detail) == ("bad-field", 422, "the bad-field")
        assert (error.request_id, error.instance, error.retry_after) == ("9f3c", "/api/v1/x/", 5.0)
        assert [(each.field, each.detail) for each in error.errors] == [("month", "enter a month"), ("to", "a day")]
        assert str(error) == "bad-field (422): the bad-field"


def test_no_server_at_all_is_told_after_all_attempts():
    with Scripted(Said()) as server:
        url = server.url
    with Client(url, "srk_tests", retry=QUICK) as client, pytest.raises(ConnectionFailed, match="attempts: 3"):
        client.key()


def test_pauses_double_with_jitter_up_to_a_limit_and_obey_the_portal():
    ask, patch = call("GET", "key/", dict), call("PATCH", "gates/a/", dict, body={})
    retry = Retry(first=1, most=10, longest=60, attempts=8, chance=lambda: 1.0)
    busy, lost = Answer(503, {}, b""), Failure(OSError(), was_sent=True)

    assert [retry.pause(number, ask, busy) for number in range(1, 9)] == [1, 2, 4, 8, 10, 10, 10, None]
    assert Retry(first=1, chance=lambda: 0.0).pause(1, ask, busy) == 0.5
    assert retry.pause(1, ask, Answer(429, {"retry-after": "7"}, b"")) == pytest.approx(7.1)
    assert retry.pause(1, ask, Answer(429, {"retry-after": "61"}, b"")) is None
    assert retry.pause(1, ask, Answer(503, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"")) == 0.1
    assert retry.pause(1, ask, Answer(503, {"retry-after": "soon"}, b"")) == 1
    assert (retry.pause(1, patch, lost), retry.pause(1, patch, Failure(OSError(), was_sent=False))) == (None, 1)


def test_steps_pause_as_long_as_the_portal_asks_and_send_the_same_again():
    asked = call("GET", "key/", dict)
    steps = exchange(asked, Retry(first=1, chance=lambda: 0.0))

    assert next(steps) is asked
    assert steps.send(Answer(429, {"retry-after": "7"}, b"")) == Pause(7.05)
    assert steps.send(None) is asked
    with pytest.raises(StopIteration) as done:
        steps.send(Answer(200, {}, b'{"name":"a"}'))
    assert done.value.value == {"name": "a"}


def made(content: bytes) -> Export:
    """Return a finished export whose file this is."""
    where = {"download_url": "/api/v1/exports/7/download/", "sha256": hashlib.sha256(content).hexdigest()}
    return Export(**dict.fromkeys(Export.__struct_fields__) | where)


def test_download_that_breaks_begins_again_and_is_whole_or_not_there(tmp_path):
    content = b"a file of some bytes"
    whole, half = Said(body=content, media="text/csv"), Said(body=content[:7], media="text/csv", cut=True)
    names = iter("ab")

    for path, asked in in_both(
        lambda client: client.download(made(content), tmp_path / next(names)), half, AWAY, whole
    ):
        assert (len(asked), path.read_bytes(), path.stat().st_mode & 0o777) == (3, content, 0o600)
        path.unlink()
    for result, _asked in in_both(lambda client: client.download(made(b"another"), tmp_path / "c"), whole):
        assert isinstance(result, FileDamaged)
    assert list(tmp_path.iterdir()) == []


def test_many_rows_are_sent_in_bodies_and_results_count_through():
    def answer(refused: list[dict]) -> Said:
        return Said(202, json.dumps({"accepted": 1, "refused": refused}).encode())

    refusal = {"item": 3, "message": 0, "pointer": "/destination", "detail": "no number"}
    rows = [{"message_id": f"m{number}"} for number in range(10_001)]
    for result, asked in in_both(
        lambda client: client.submit(rows), answer([refusal]), answer([refusal | {"item": 0}])
    ):
        assert ([each.body.count(b"\n") for each in asked], result.accepted) == ([10_000, 1], 2)
        assert [each.item for each in result.refused] == [3, 10_000]
        assert asked[0].headers["content-type"] == "application/x-ndjson"
        assert asked[0].headers["idempotency-key"] != asked[1].headers["idempotency-key"]
