"""Set-based SQL for many rows at once.

Django's cursors and psycopg's lists are converted in Python; what is here goes through psycopg's C code, which takes a
tenth of the time (docs/performance.md).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from django.db import connection

_STAGED_AS = {
    "int": "int4",
    "jsonb": "text",
    "varchar": "text",
}  # types that a staging table takes in the form of another type


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
        f"CREATE TEMP TABLE IF NOT EXISTS {name} ({', '.join(map(' '.join, types.items()))}) ON COMMIT DELETE ROWS;"  # noqa: S608  names and types from the caller's constants
        f" DELETE FROM {name}",  # of an earlier use within the transaction
        binary=False,  # else only one statement may be in it
    )
    with cursor.copy(f"COPY {name} ({', '.join(types)}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(list(types.values()))
        write_row = copy.write_row
        for row in rows:
            write_row(row)


def plan_for_small_sets() -> None:
    """Make the planner use index look-ups: it does not know a temporary table's size, and sequential scans cost most.

    The same holds for the to-do list: it was empty at its last ANALYZE, however many rows wait now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off;"
            " SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off"
        )


# Ends a sub-select that is to stay one, a look-up of its own for each row beside it: a partition that was empty when it
# was last looked at would be read as a whole, and compared with those rows one by one.
EACH = "OFFSET 0"


def looked_up(row: str, by: str, columns: Iterable[str]) -> str:
    """Return the condition that `row` has the values of `by` in `columns`, which are those of one of its indexes.

    Written so that, under plan_for_small_sets, it is no join but a look-up for each `by`: a table that PostgreSQL
    believes empty would be taken for the small side, and all rows of `by` compared with each row of it.
    """
    return " AND ".join(f"{row}.{column} = ANY (ARRAY[{by}.{column}])" for column in columns)


class Sums(NamedTuple):
    """Sums to add to a count table: key columns with their SQL types, summed columns, and key → one number for each."""

    table: str
    keys: Mapping[str, str]
    values: Sequence[str]
    deltas: Mapping[tuple, Sequence[int]]


def add_to_counts(*added: Sums) -> None:
    """Add to count tables, making missing rows; each table's rows in key order: unsorted multi-row upserts deadlock.

    Hot rows stay locked from here to the commit, so nothing but locking and adding is done once the first one is.
    """
    statements = []
    with bulk_cursor() as cursor:
        for table, keys, values, deltas in added:
            rows = sorted((*key, *delta) for key, delta in deltas.items() if any(delta))
            if not rows:
                continue
            columns = {**keys, **dict.fromkeys(values, "bigint")}
            stage(cursor, f"added_to_{table}", columns, rows)
            # In the order of the staging table, which is that of the keys.
            statements.append(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns)} FROM added_to_{table}"  # noqa: S608  names and types from the caller's constants
                f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET "
                + ", ".join(f"{value} = {table}.{value} + excluded.{value}" for value in values)
            )
        if statements:
            cursor.execute("; ".join(statements), binary=False)  # one round trip; in binary form it must be one each
