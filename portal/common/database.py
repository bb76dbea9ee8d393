"""Connections beside the ORM, and transactions of a special kind."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from psycopg.conninfo import make_conninfo


def connection_string() -> str:
    """Return libpq's words for the default database (a test's own one within tests)."""
    settings = connection.settings_dict
    parts = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    extra = {key: value for key, value in settings["OPTIONS"].items() if key not in ("pool", "options")}
    return make_conninfo(**{key: value for key, value in parts.items() if value}, **extra)


@contextmanager
def snapshot() -> Iterator[None]:
    """Read within one snapshot (repeatable read, read only), so that several queries agree with each other."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not connection.savepoint_ids:  # within an outer transaction (a test's) the level is what it is
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
