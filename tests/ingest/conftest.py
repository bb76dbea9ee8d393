"""One server for the folder's tests, and the doors that it knows: committed rows, as the server must see them.

The tests are ordinary `django_db` tests: they read what the server committed. What they write, the server only sees
through `outside`, a connection beside Django's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import httpx
import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from portal.common.database import connection_string
from portal.tenants.feeds import add_token, set_basic
from portal.tenants.models import Feed, FeedToken, GatewayAccount, Tenant
from tests import leaks
from tests.running import until
from tests.servers import Server, running_server

PLAIN = "plain-token-of-the-tests"
BASIC = "basic-token-of-the-tests"
NETWORKS = "networks-token-of-the-tests"
PROXY = "127.0.0.9"  # the loopback has many addresses: this one is the server's trusted proxy
POST_FROM = "127.0.0.5"  # and this one the only address that may post to the feed with networks


@dataclass(frozen=True)
class World:
    """The feeds behind the tokens above."""

    account: GatewayAccount
    plain: Feed
    basic: Feed
    networks: Feed


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    with django_db_blocker.unblock():
        pool = Tenant.objects.create(slug="pool-ingest", name="Pool of ingest", kind="pool")
        account = GatewayAccount.objects.create(name="ingest", platform_id="ACME", pool=pool)
        feeds = [Feed.objects.create(account=account, name=name) for name in ("plain", "basic", "networks")]
        for feed, token in zip(feeds, (PLAIN, BASIC, NETWORKS), strict=True):
            add_token(feed, now=timezone.now(), token=token)
        set_basic(feeds[1], user="link", password="a secret of the gateway")
        feeds[2].networks = [f"{POST_FROM}/32", "192.0.2.0/24"]
        for feed in feeds[1:]:
            feed.save()
        tokens = list(FeedToken.objects.filter(feed__in=feeds).values_list("id", flat=True))
        connection.close()

        def delete_what_a_test_added() -> None:
            with psycopg.connect(connection_string(), autocommit=True) as outside:
                mine = (account.id, [feed.id for feed in feeds], tokens)
                outside.execute(
                    "DELETE FROM tenants_feedtoken t USING tenants_feed f WHERE f.id = t.feed_id AND f.account_id = %s"
                    " AND NOT (t.feed_id = ANY (%s) AND t.id = ANY (%s))",
                    mine,
                )
                outside.execute("DELETE FROM tenants_feed WHERE account_id = %s AND NOT id = ANY (%s)", mine[:2])

        cleaners = [delete_what_a_server_stored, delete_what_a_test_added]
        leaks.cleaners += cleaners
        yield World(account, *feeds)
        for clean in cleaners:
            leaks.cleaners.remove(clean)
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE inbox, inbox_todo, refusal_count")
        account.feeds.all().delete()
        account.delete()
        pool.delete()
        connection.close()


@pytest.fixture(scope="package")
def server(world, tmp_path_factory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("ingest")
    with running_server({"TRUSTED_PROXIES": f"{PROXY}/32", "LOG_LEVEL": "INFO"}, folder=folder) as server:
        yield server


def delete_what_a_server_stored() -> None:
    with psycopg.connect(connection_string(), autocommit=True) as connection:
        _empty(connection)


@pytest.fixture
def outside(world) -> Iterator[psycopg.Connection]:
    """A connection of its own, in autocommit: for writes that the server shall see, and for locks."""
    with psycopg.connect(connection_string(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def empty_inbox(outside) -> None:
    _empty(outside)


def _empty(connection: psycopg.Connection) -> None:
    connection.execute("DELETE FROM inbox_todo")
    connection.execute("DELETE FROM inbox")
    connection.execute("DELETE FROM api_request")


@pytest.fixture
def database_away(http, outside) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """A call whose `with` refuses new connections to the tests' database, and ends the server's.

    The server keeps a connection that is dead until it writes again. So the tests after this one begin with a server
    that has stored a report since.
    """
    yield _database_away
    until(lambda: http.post(f"/dlr/{PLAIN}/", content=b'{"id":"back"}').status_code == 200, "reports are taken again")
    _empty(outside)


@contextmanager
def _database_away() -> Iterator[None]:
    elsewhere = make_conninfo(**conninfo_to_dict(connection_string()) | {"dbname": "portal", "user": "postgres"})
    name = conninfo_to_dict(connection_string())["dbname"]
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
                " AND query ~ 'tenants_feedtoken|WITH added|refusal_count AS c'",
                [name],
            )
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


@pytest.fixture
def http(server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client


def stored() -> list[tuple]:
    """Return (feed id, slice, body) of the inbox, in order of arrival; each must be waiting to be applied."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, slice, received_at FROM inbox ORDER BY id")
        rows = cursor.fetchall()
        cursor.execute("SELECT id, slice, received_at FROM inbox_todo ORDER BY id")
        assert cursor.fetchall() == rows
        cursor.execute("SELECT feed_id, slice, body FROM inbox ORDER BY id")
        return [(feed, number, bytes(body)) for feed, number, body in cursor.fetchall()]


def bodies() -> list[bytes]:
    """Return the bodies of the inbox, in order of arrival."""
    return [body for _, _, body in stored()]
