"""Connections besides the ORM's, and transactions of special kinds."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from portal.common.postgres.base import as_login


def connection_string(login: str = "") -> str:
    """Return libpq's words for the default database (a test's own one within tests), as `login` where one is given."""
    settings = connection.settings_dict
    parts = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    extra = {key: value for key, value in settings["OPTIONS"].items() if key not in ("pool", "options", "login")}
    parts = as_login({key: value for key, value in parts.items() if value}, login)
    return make_conninfo(**parts, **extra)


@contextmanager
def snapshot() -> Iterator[None]:
    """Read within one snapshot (repeatable read, read only), so that several queries agree with each other."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:  # within an outer transaction (a test's) the level is what it is
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def snapshot_time() -> datetime:
    """Return the time at which the snapshot's transaction began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        (now,) = cursor.fetchone()
    return now.astimezone(UTC)


@contextmanager
def side_connection(name: str) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Yield what calls a function on a database connection of its own, and waits for it.

    It writes the progress of a job whose snapshot holds the process's connection. `name` is that of its thread.
    """
    with ThreadPoolExecutor(1, thread_name_prefix=name) as thread:
        try:
            yield lambda function: thread.submit(function).result()
        finally:
            thread.submit(lambda: connection.close()).result()  # the thread's own: the name leads to it there
