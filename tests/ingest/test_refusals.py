"""Refusals at the door: counted by feed and reason in the database, and logged without the token."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.utils import timezone

from portal.tenants import tokens
from tests.ingest.conftest import BASIC, NETWORKS, PLAIN
from tests.ingest.test_feed_access import add, basic, becomes
from tests.running import until
from tests.servers import running_server

ONE = b'{"id":"a","resultCode":1001}'
WRONG = basic("link", "wrong password")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_inbox")]


@pytest.fixture
def counted(http, outside):
    """A call that waits until so many refusals are counted and returns them by (feed id, reason)."""
    outside.execute("DELETE FROM refusal_count")
    http.delete("/dlr/a-token-that-nobody-has/")  # counted together with, or after, what earlier tests left
    marks = "SELECT count(*) FROM refusal_count WHERE feed_id = 0 AND reason = 'method'"
    until(lambda: outside.execute(marks).fetchone()[0], "earlier refusals are counted")
    outside.execute("DELETE FROM refusal_count")

    def read(count: int) -> dict[tuple[int, str], int]:
        total = "SELECT coalesce(sum(refusals), 0) FROM refusal_count"
        until(lambda: outside.execute(total).fetchone()[0] >= count, f"{count} refusals are counted")
        rows = outside.execute("SELECT feed_id, reason, sum(refusals)::int FROM refusal_count GROUP BY 1, 2").fetchall()
        return {(feed_id, reason): number for feed_id, reason, number in rows}

    yield read
    outside.execute("DELETE FROM refusal_count")


def test_refusals_are_counted_by_feed_and_reason(http, server, world, counted):
    http.post("/dlr/a-token-that-nobody-has/", content=ONE)
    http.post("/dlr/", content=ONE)
    for _ in range(3):
        http.post(f"/dlr/{BASIC}/", content=ONE, headers=WRONG)
    http.post(f"/dlr/{NETWORKS}/", content=ONE)
    http.delete(f"/dlr/{PLAIN}/")
    http.delete("/dlr/a-token-that-nobody-has/")
    http.get(f"/dlr/{PLAIN}/")
    http.post(f"/dlr/{PLAIN}/", content=b"x" * 2_000_000)
    assert http.post(f"/dlr/{PLAIN}/", content=ONE).status_code == 200

    assert counted(10) == {
        (0, "unknown token"): 2,
        (world.basic.id, "wrong credentials"): 3,
        (world.networks.id, "network"): 1,
        (world.plain.id, "method"): 1,
        (0, "method"): 1,
        (world.plain.id, "no id"): 1,
        (world.plain.id, "too large"): 1,
    }
    log = server.log.read_text()
    assert f"requests rejected: feed {world.basic.id}, wrong credentials" in log
    assert "requests rejected: unknown feed, unknown token" in log
    for secret in ("a-token-that", BASIC, PLAIN, NETWORKS, "wrong password"):
        assert secret not in log


def test_tokens_and_feeds_that_are_over_are_told_as_the_feeds(http, world, outside, counted):
    path = add(outside, world, "token-that-has-expired-by-now", expires_at=timezone.now() - timedelta(hours=1))
    until(lambda: (world.plain.id, "expired token") in _post_and_read(http, path, counted), "the token is known")
    outside.execute("UPDATE tenants_feed SET active = false WHERE id = %s", [world.basic.id])
    basic_path = f"/dlr/{BASIC}/"
    until(lambda: (world.basic.id, "feed switched off") in _post_and_read(http, basic_path, counted), "it is off")
    outside.execute("UPDATE tenants_feed SET active = true WHERE id = %s", [world.basic.id])
    becomes(http, basic_path, 200, of=basic("link", "a secret of the gateway"))


def _post_and_read(http, path: str, counted) -> dict:
    assert http.post(path, content=ONE).status_code == 401
    return counted(1)


def test_refusals_keep_their_time(http, world, outside, counted):
    began = datetime.now(UTC)
    http.post(f"/dlr/{BASIC}/", content=ONE)
    counted(1)
    http.post(f"/dlr/{BASIC}/", content=ONE)
    counted(2)

    rows = outside.execute("SELECT hour, first_at, last_at FROM refusal_count ORDER BY hour").fetchall()
    assert began <= rows[0][1] <= rows[-1][2] <= datetime.now(UTC)
    assert rows[0][1] < rows[-1][2]
    assert all(hour == first.replace(minute=0, second=0, microsecond=0) for hour, first, _last in rows)


def test_refusals_are_kept_while_the_database_is_away(http, world, outside, counted, database_away):
    with database_away():
        assert http.post(f"/dlr/{PLAIN}/", content=ONE).status_code == 503
        assert http.post(f"/dlr/{BASIC}/", content=ONE, headers=WRONG).status_code == 401
    assert becomes(http, f"/dlr/{PLAIN}/", 200)

    found = counted(2)
    assert found[world.basic.id, "wrong credentials"] == 1
    assert found[world.plain.id, "not stored"] >= 1


def test_refusals_of_a_stopped_server_are_counted(world, outside, counted, tmp_path):
    with running_server(folder=tmp_path) as server, httpx.Client(base_url=server.url) as client:
        for _ in range(4):
            client.post(f"/dlr/{BASIC}/", content=ONE, headers=WRONG)
    assert counted(0) == {(world.basic.id, "wrong credentials"): 4}


def test_digest_of_a_token_is_no_token(http, world, counted):
    http.post(f"/dlr/{tokens.digest(PLAIN, purpose='feed-token')}/", content=ONE)
    assert counted(1) == {(0, "unknown token"): 1}
