"""The composite application: probes, the ingest and Django's pages behind one port, or the ingest apart."""

import asyncio
import socket
from pathlib import Path

import httpx
import psycopg
import pytest

from deliveries.ingest.app import connect
from tests.ingest.conftest import PLAIN, bodies
from tests.running import until
from tests.servers import STATIC_ROOT, running_server

ONE = b'{"id":"a","resultCode":1001}'

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_inbox")]


def test_pages_are_served_beside_the_ingest(http):
    page = http.get("/accounts/login/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "csrfmiddlewaretoken" in page.text


def test_pages_are_loaded_before_they_are_requested(server):
    until(lambda: "portal.warming: Pages are loaded." in server.log.read_text(), "the server loads its pages")


def test_pages_give_their_connections_back(http):
    assert {http.get("/accounts/login/").status_code for _ in range(15)} == {200}  # the pool holds 10


def test_answer_of_several_pieces_arrives_whole(http):
    name = "admin/js/vendor/jquery/jquery.js"
    wanted = (Path(STATIC_ROOT) / name).read_bytes()

    assert len(wanted) > 3 * 65536  # the size of a piece
    assert http.get(f"/static/{name}").content == wanted


def test_server_at_rest_answers_its_probes(http):
    assert [(http.get(path).status_code, http.get(path).text) for path in ("/healthz", "/readyz")] == [
        (200, "ok\n"),
        (200, "ready\n"),
    ]


def test_readiness_tells_that_what_is_stored_is_not_applied(http, outside):
    """A load balancer must go on sending: the reports are safe."""
    outside.execute(
        "INSERT INTO applier_stop (id, since, cause, code, error, tried_at) VALUES (1, '2026-11-20T12:00Z',"
        " 'statement', 'UndefinedColumn 42703', 'a text that may hold a number', now())"
    )
    try:
        answer = http.get("/readyz")
    finally:
        outside.execute("DELETE FROM applier_stop")
    assert (answer.status_code, answer.text) == (
        200,
        "ready; delivery reports are stored but not processed since 2026-11-20 12:00 UTC: the database rejects a"
        " statement (UndefinedColumn 42703). No report is lost\n",
    )
    assert http.get("/readyz").text == "ready\n"


def test_readiness_does_without_the_table_of_the_stop(http, outside):
    outside.execute("ALTER TABLE applier_stop RENAME TO applier_stop_of_tomorrow")
    try:
        assert (http.get("/readyz").status_code, http.get("/readyz").text) == (200, "ready\n")
    finally:
        outside.execute("ALTER TABLE applier_stop_of_tomorrow RENAME TO applier_stop")


def test_pages_without_the_ingest_know_no_door_and_write_down_no_token(world, tmp_path):
    with running_server({"INGEST_PORT": "1", "LOG_LEVEL": "INFO"}, folder=tmp_path) as server:
        with httpx.Client(base_url=server.url) as client:
            assert client.post(f"/dlr/{PLAIN}/", content=ONE).status_code == 404
            assert client.get("/accounts/login/").status_code == 200
        assert PLAIN not in server.log.read_text()
    assert bodies() == []


def ask(query: str, parameters: list | None = None) -> list[tuple]:
    """Return the rows of a query on a connection of the ingest."""

    async def run() -> list[tuple]:
        async with await connect() as connection:
            return await (await connection.execute(query, parameters)).fetchall()

    return asyncio.run(run())


def test_ingest_works_as_its_role_and_not_as_the_owner():
    rows = ask("SELECT current_user, session_user, rolsuper FROM pg_roles WHERE rolname = current_user")
    assert rows == [("portal_ingest", "portal_ingest", False)]


def test_ingest_can_read_the_feeds_and_of_the_inbox_what_is_no_report():
    columns = """
        SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT a.attisdropped
        AND has_column_privilege(c.oid, a.attnum, 'SELECT')
    """
    readable: dict[str, set[str]] = {}
    for table, column in ask(columns):
        readable.setdefault(table, set()).add(column)
    assert sorted(readable) == ["applier_stop", "inbox", "refusal_count", "tenants_feed", "tenants_feedtoken"]
    assert readable["applier_stop"] == {"since", "cause", "code"}  # not the error, which may hold people's data
    assert readable["inbox"] == {"id", "received_at", "slice"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inbox SET body = ''",
        "DELETE FROM inbox",
        "TRUNCATE inbox",
        "SELECT body FROM inbox",
        "SELECT 1 FROM message",
        "SELECT 1 FROM inbox_todo",
        "DELETE FROM inbox_todo RETURNING 1",
        "DELETE FROM refusal_count",
        "UPDATE tenants_feed SET active = true",
        "INSERT INTO tenants_feedtoken (feed_id, digest, hint) VALUES (1, 'x', 'x')",
        "CREATE TABLE mine (x int)",
    ],
)
def test_ingest_can_change_nothing_but_add_to_the_inbox(statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(statement)


@pytest.mark.parametrize("path", ["//dlr/{}/", "/dlr//{}", "///DLR/{}/", "/x/../dlr/{}/", "/./dlr/./{}/"])
def test_door_is_found_however_its_path_is_written_and_its_token_is_not_logged(server, path):
    """A slash at the end of the address that the gateway was given makes `//dlr/…`."""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(
            f"POST {path.format(PLAIN)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Length: {len(ONE)}\r\n\r\n".encode()
            + ONE
        )
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert bodies() == [ONE]
    assert PLAIN not in server.log.read_text()


@pytest.mark.parametrize("path", ["/dlr", "/t/dlr/{}/", "/%2564lr/{}/", "/nothing/{}", "/api/v1/dlr/{}/"])
def test_pages_never_log_the_path_of_a_request(server, http, path):
    before = server.log.stat().st_size
    assert http.post(path.format(PLAIN), content=ONE).status_code in (403, 404)
    assert PLAIN not in server.log.read_text()
    assert "portal.requests: POST" in server.log.read_text()[before:]
