"""Real faults of the database and the program that no row causes, created and removed again."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def refused(table: str, when: str, *, errcode: str, events: str = "INSERT OR UPDATE") -> Iterator[None]:
    """Let a trigger raise `errcode` for the rows of `table` for which `when` holds."""
    run(
        "CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN RAISE EXCEPTION 'this is refused' USING ERRCODE = '{errcode}'; END$$",
        f"CREATE TRIGGER refused BEFORE {events} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION refused()",
    )
    try:
        yield
    finally:
        run(f"DROP TRIGGER refused ON {table}", "DROP FUNCTION refused()")


@contextmanager
def without_column(table: str, column: str) -> Iterator[None]:
    """Give a column another name, as a database in the middle of an upgrade has it."""
    run(f"ALTER TABLE {table} RENAME COLUMN {column} TO {column}_of_tomorrow")
    try:
        yield
    finally:
        run(f"ALTER TABLE {table} RENAME COLUMN {column}_of_tomorrow TO {column}")


@contextmanager
def without_table(table: str) -> Iterator[None]:
    """Give a table another name."""
    run(f"ALTER TABLE {table} RENAME TO {table}_of_tomorrow")
    try:
        yield
    finally:
        run(f"ALTER TABLE {table}_of_tomorrow RENAME TO {table}")


@contextmanager
def without_privilege(table: str, privilege: str = "INSERT") -> Iterator[None]:
    """Take one privilege on a table from its own owner."""
    run(f"REVOKE {privilege} ON {table} FROM CURRENT_USER")
    try:
        yield
    finally:
        run(f"GRANT {privilege} ON {table} TO CURRENT_USER")
