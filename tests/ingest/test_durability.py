"""Nothing is answered 200 before it is durable, and what cannot be stored is answered 503 in time."""

import time

import psycopg
import pytest

from portal.common.database import connection_string
from tests.ingest.conftest import PLAIN, bodies
from tests.ingest.posting import Senders, posted_at_once
from tests.running import in_time, until
from tests.servers import running_server

ONE = b'{"id":"a","resultCode":1001}'
PROMPTLY = 3.0  # seconds; an answer within 2 is promised to a sender who is given the processor at once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_inbox")]


def test_acknowledged_reports_survive_kill_9_of_the_server(world, tmp_path):
    with running_server(folder=tmp_path) as server:
        senders = Senders(server, 8)
        senders.wait_for(300)
        server.kill()
        senders.join()
    found = bodies()
    assert senders.acknowledged <= set(found) <= senders.sent
    assert len(found) == len(set(found))
    assert senders.other_answers == set()


def test_sigterm_under_load_loses_nothing_and_ends_cleanly(world, tmp_path):
    with running_server(folder=tmp_path) as server:
        senders = Senders(server, 8)
        senders.wait_for(300)
        assert server.stop() == 0
        senders.join()
    found = bodies()
    assert senders.acknowledged <= set(found) <= senders.sent
    assert senders.other_answers <= {503}
    assert "Traceback" not in server.log.read_text()


def waiting_inserts(outside) -> int:
    (row,) = outside.execute("SELECT count(*) FROM pg_locks WHERE relation = 'inbox_todo'::regclass AND NOT granted")
    return row[0]


def test_request_in_flight_at_sigterm_is_answered(world, outside, tmp_path):
    """It is answered within two seconds, so on a busy machine it may be refused before the server was told to end."""
    for attempt in range(10):
        outside.execute("DELETE FROM inbox_todo; DELETE FROM inbox")
        with running_server(folder=tmp_path) as server, psycopg.connect(connection_string()) as blocker:
            blocker.execute("LOCK TABLE inbox_todo IN ACCESS EXCLUSIVE MODE")
            with posted_at_once(server, 1) as (answer,):
                until(lambda: waiting_inserts(outside) == 1 or answer.done(), "the row is being written")
                was_in_flight = not answer.done()
                server.ask_to_end()
                until(lambda: "Stopping worker" in server.log.read_text(), "the server ends")
                blocker.rollback()
                status = answer.result().status_code
            assert server.stop() == 0
        if was_in_flight and status == 200:
            break
        assert status == 503, attempt
    assert (was_in_flight, status) == (True, 200)
    assert bodies() == [b'{"id":"p0","resultCode":1001}']


def assert_unavailable_in_time(http) -> None:
    started = time.monotonic()
    refused = http.post(f"/dlr/{PLAIN}/", content=ONE)
    assert time.monotonic() - started < in_time(PROMPTLY)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert refused.json() == {"error": "nothing was stored, send it again"}


def assert_taken_again(http) -> None:
    def is_answered_otherwise() -> int:
        status = http.post(f"/dlr/{PLAIN}/", content=b'{"id":"b"}').status_code
        return status if status != 503 else 0

    assert until(is_answered_otherwise, "reports are taken again") == 200


def test_database_that_hangs_is_answered_503_in_time_and_taken_again_after(http, server):
    with psycopg.connect(connection_string()) as blocker:
        blocker.execute("LOCK TABLE inbox_todo IN ACCESS EXCLUSIVE MODE")
        with posted_at_once(server, 20) as answers:
            assert {answer.result().status_code for answer in answers} == {503}
        for _ in range(3):
            assert_unavailable_in_time(http)
        blocker.rollback()
    assert_taken_again(http)
    assert b'{"id":"b"}' in bodies()


def test_hang_longer_than_a_statement_may_take_is_got_over(http):
    with psycopg.connect(connection_string()) as blocker:
        blocker.execute("LOCK TABLE inbox_todo IN ACCESS EXCLUSIVE MODE")
        ends = time.monotonic() + 5
        while time.monotonic() < ends:
            assert_unavailable_in_time(http)
        blocker.rollback()
    assert_taken_again(http)


def test_database_that_is_away_is_answered_503_and_taken_again_after(http, database_away):
    assert http.post(f"/dlr/{PLAIN}/", content=ONE).status_code == 200
    assert (http.get("/readyz").status_code, http.get("/healthz").status_code) == (200, 200)
    with database_away():
        assert_unavailable_in_time(http)
        assert http.post("/dlr/no-such-token-at-all/", content=ONE).status_code == 401  # the doors stay as known
        assert (http.get("/readyz").status_code, http.get("/healthz").status_code) == (503, 200)
    assert_taken_again(http)
    assert http.get("/readyz").status_code == 200
    assert bodies() == [ONE, b'{"id":"b"}']


@pytest.mark.parametrize("table", ["inbox", "inbox_todo"])
def test_readiness_is_refused_while_the_inbox_cannot_be_written(http, table):
    assert http.get("/readyz").status_code == 200
    with psycopg.connect(connection_string()) as blocker:
        blocker.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        started = time.monotonic()
        assert http.get("/readyz").status_code == 503
        assert time.monotonic() - started < in_time(PROMPTLY)
        blocker.rollback()
    assert http.get("/readyz").status_code == 200
    assert bodies() == []


def test_readiness_is_refused_for_a_while_after_rows_could_not_be_written(http, outside):
    outside.execute("ALTER TABLE inbox_todo ADD CONSTRAINT full_disk CHECK (false) NOT VALID")
    try:
        assert_unavailable_in_time(http)
        assert http.get("/readyz").status_code == 503
    finally:
        outside.execute("ALTER TABLE inbox_todo DROP CONSTRAINT full_disk")
    assert_taken_again(http)
    assert http.get("/readyz").status_code == 200
