"""Set-based SQL for many rows at once.

Django's cursors and psycopg's lists are converted in Python; what is here goes through psycopg's C code, which takes a
tenth of the time (docs/performance.md).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import psycopg
from django.db import connection

_STAGED_AS = {
    "int": "int4",
    "jsonb": "text",
    "varchar": "text",
}  # what goes into a staging table in another type's form


@contextmanager
def bulk_cursor() -> Iterator[psycopg.Cursor]:
    """Yield psycopg's own cursor on Django's connection, in its transaction, with results in binary form.

    Raises Django's database errors, as Django's cursors do.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.format = psycopg.pq.Format.BINARY
        yield cursor


def stage(cursor: psycopg.Cursor, name: str, columns: Mapping[str, str], rows: Iterable[tuple]) -> None:
    """Fill the temporary table `name` with `rows` alone, until the transaction ends; `columns` have SQL types.

    Staged jsonb is text: cast it on the way out.
    """
    types = {column: _STAGED_AS.get(type_, type_) for column, type_ in columns.items()}
    cursor.execute(
        f"CREATE TEMP TABLE IF NOT EXISTS {name} ({', '.join(map(' '.join, types.items()))}) ON COMMIT DELETE ROWS;"
        f" DELETE FROM {name}",  # of an earlier use within the transaction
        binary=False,  # else only one statement may be in it
    )
    with cursor.copy(f"COPY {name} ({', '.join(types)}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(list(types.values()))
        write_row = copy.write_row
        for row in rows:
            write_row(row)


def add_to_counts(
    table: str, keys: Mapping[str, str], values: Iterable[str], deltas: Mapping[tuple, tuple[int, ...]]
) -> None:
    """Add `deltas` (key → one number for each of `values`) to a count table, making missing rows.

    `keys` maps key columns to their SQL types. Rows are written in key order: unsorted multi-row upserts deadlock.
    """
    rows = sorted((key, delta) for key, delta in deltas.items() if any(delta))
    if not rows:
        return
    values = list(values)
    columns = {**keys, **dict.fromkeys(values, "bigint")}
    with bulk_cursor() as cursor:
        stage(cursor, f"added_to_{table}", columns, (key + delta for key, delta in rows))
        # In the order of the staging table, which is that of the keys.
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns)} FROM added_to_{table}"
            f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET "
            + ", ".join(f"{value} = {table}.{value} + excluded.{value}" for value in values)
        )
