"""Submissions by the real server: stored before the answer, applied, and refused while the database is away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from portal.common.database import connection_string
from portal.tenants import api_keys
from portal.tenants.models import ApiKey
from tests.ingest.conftest import bodies, stored
from tests.servers import running_server

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_inbox")]

PATH = "/api/v1/messages/"


def one(id_: str) -> dict:
    return {"message_id": id_, "submitted_at": "2026-11-20T12:00:00Z", "ref_id": "sale"}


@pytest.fixture(scope="module")
def key(world, django_db_blocker) -> Iterator[str]:
    """A key of the account, committed: the server reads it."""
    with django_db_blocker.unblock():
        row, text = api_keys.create_key(
            tenant=world.account.pool, account=world.account, scopes=("submit",), name="sender",
            created_by="tests", now=timezone.now(),
        )  # fmt: skip
        yield text
        ApiKey.objects.filter(id=row.id).delete()


@pytest.fixture
def post(http, key):
    return lambda body: http.post(PATH, json=body, headers={"Authorization": f"Bearer {key}"})


def test_submissions_are_in_the_inbox_when_they_are_answered(post, world):
    answer = post([one("a"), one("b")])

    assert (answer.status_code, answer.json()) == (202, {"accepted": 2, "refused": []})
    assert [body for _feed, _slice, body in stored()] == [
        b'{"message_id":"a","submitted_at":"2026-11-20T12:00:00Z","ref_id":"sale"}',
        b'{"message_id":"b","submitted_at":"2026-11-20T12:00:00Z","ref_id":"sale"}',
    ]
    (feed,) = world.account.feeds.filter(kind="submissions")
    assert {feed_id for feed_id, _slice, _body in stored()} == {feed.id}


def test_acknowledged_submissions_survive_kill_9_of_the_server(world, key, tmp_path):
    acknowledged = set()
    with running_server(folder=tmp_path) as server:
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}, timeout=10) as http:
            for n in range(30):
                assert http.post(PATH, json=one(f"k{n}")).status_code == 202
                acknowledged.add(f"k{n}")
        server.kill()
    assert acknowledged == {body.split(b'"')[3].decode() for body in bodies()}


def end_the_pages_connections(outside) -> None:
    """End what the server keeps open, which is of other logins: the superuser alone may."""
    kept = [outside.info.backend_pid, connection.connection.info.backend_pid]
    with psycopg.connect(
        make_conninfo(connection_string(), user="postgres", dbname="postgres"), autocommit=True
    ) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
            " AND pid <> ALL (%s) AND backend_type = 'client backend'",
            [outside.info.dbname, kept],
        )


def test_database_that_is_away_is_answered_503_and_nothing_is_stored(post, outside, database_away):
    assert (post(one("a")).status_code, len(bodies())) == (202, 1)
    with database_away():
        end_the_pages_connections(outside)
        answer = post([one("b"), one("c")])
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json()["type"] == "/api/v1/docs/#unavailable"
    assert len(bodies()) == 1
    until_taken(lambda: post(one("b")).status_code)
    assert len(bodies()) == 2


def until_taken(status: Callable[[], int]) -> None:
    """Ask again as whoever was told 503 does; the pool of connections comes back by itself."""
    deadline = time.monotonic() + 20
    while (answered := status()) == 503:
        assert time.monotonic() < deadline
    assert answered == 202


def test_inbox_that_is_locked_is_answered_503_and_nothing_is_stored(post, outside):
    assert post(one("a")).status_code == 202
    with psycopg.connect(outside.info.dsn, password=outside.info.password) as blocker:
        blocker.execute("LOCK TABLE inbox_todo IN ACCESS EXCLUSIVE MODE")
        answer = post(one("b"))
        assert (answer.status_code, answer.json()["status"]) == (503, 503)
        blocker.rollback()
    assert len(bodies()) == 1
    assert post(one("b")).status_code == 202
