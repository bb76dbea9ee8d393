"""Jobs held in their middle: they wait, with a part of their work done, where they next note how far they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

HOLD = 4711  # the lock by which a job is held


@contextmanager
def held_in_the_middle(database: psycopg.Connection, table: str) -> Iterator[None]:
    """Let jobs of a table wait where they next write that more than a fifth is done."""
    database.execute("SELECT pg_advisory_lock(%s)", [HOLD])
    database.execute(
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN PERFORM pg_advisory_xact_lock({HOLD}); RETURN NEW; END$$"
    )
    database.execute(
        f"CREATE TRIGGER hold BEFORE UPDATE ON {table} FOR EACH ROW"
        " WHEN (NEW.state = 'running' AND NEW.done > 20) EXECUTE FUNCTION hold()"
    )
    try:
        yield
    finally:
        database.execute("SELECT pg_advisory_unlock(%s)", [HOLD])
        database.execute(f"DROP TRIGGER hold ON {table}; DROP FUNCTION hold()")


def waiting(database: psycopg.Connection) -> list[tuple[int]]:
    """Return the processes of the database that are held."""
    return database.execute("SELECT pid FROM pg_locks WHERE objid = %s AND NOT granted", [HOLD]).fetchall()


def end_waiting(database: psycopg.Connection, pid: int) -> None:
    """End a held process of the database: what it waited to write is not written."""
    database.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
