"""Messages of groups by latency bucket, summed from the arrays of the counts' rows.

PostgreSQL sends its arrays in binary, and NumPy adds them. PostgreSQL would take twice the time, since it sums each
bucket of each row as a row of its own.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from psycopg import Cursor, pq

from campaigns.latency import MAX_BUCKET
from deliveries.counts.rollup_sql import IN_BUCKETS

_PLACES = 1 << MAX_BUCKET.bit_length()  # of the buckets of one group
_DENSE = 4096 * _PLACES  # up to so many places each has a sum; of more only those that hold messages
# An array in PostgreSQL's binary format: a header, then the size and the value of each element.
_HEADER = 20
_BUCKET = np.dtype([("size", ">i4"), ("value", ">i2")])
_MESSAGES = np.dtype([("size", ">i4"), ("value", ">i8")])
_OF_ROLLUPS = "SELECT {listed} array_send(buckets), array_send(bucket_messages) FROM ({rows}) AS r"
_OF_COUNTS = """
SELECT {listed} array_send(array_agg(bucket)), array_send(array_agg(messages::bigint)) FROM ({rows}) AS r {grouped}
"""


def by_bucket(sources: Iterable[QuerySet], columns: Sequence[str]) -> dict[tuple, dict[int, int]]:
    """Return delivered messages, above 0, by these columns and then by bucket, of all sources of LatencyCount."""
    statements = [one for rows in sources if (one := _statement(rows, columns)) is not None]
    if not statements:
        return {}
    sql = " UNION ALL ".join(sql for sql, _parameters in statements)
    rows = _in_binary(sql, [value for _sql, parameters in statements for value in parameters])
    return _summed([row for row in rows if row[-1] is not None])  # without groups, nothing at all is a row, too


def _statement(rows: QuerySet, columns: Sequence[str]) -> tuple[str, Sequence] | None:
    """Return the SQL of these columns and two arrays, and its parameters; None where no row can be found."""
    names = ("buckets", "bucket_messages") if rows.model in IN_BUCKETS else ("bucket", "messages")
    try:
        sql, parameters = rows.values_list(*columns, *names).query.sql_with_params()
    except EmptyResultSet:
        return None
    template = _OF_ROLLUPS if rows.model in IN_BUCKETS else _OF_COUNTS
    listed = "".join(f"{column}, " for column in columns)
    return template.format(
        listed=listed, rows=sql, grouped=f"GROUP BY {', '.join(columns)}" if columns else ""
    ), parameters


def _in_binary(sql: str, parameters: Sequence) -> list[tuple]:
    """Return the rows of a query in PostgreSQL's binary format, which Django's own cursors do not ask for."""
    connection.ensure_connection()
    binary: Any = Cursor(connection.connection)
    binary.format = pq.Format.BINARY
    make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with make(binary) as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _summed(rows: Sequence[tuple]) -> dict[tuple, dict[int, int]]:
    """Return the sums of rows of a group's values, its buckets and their messages."""
    places: dict[tuple, int] = {}
    group = np.array([places.setdefault(row[:-2], len(places)) for row in rows], dtype=np.int64)
    buckets = [row[-2][_HEADER:] for row in rows]
    lengths = np.array([len(one) // _BUCKET.itemsize for one in buckets], dtype=np.int64)
    place = np.repeat(group * _PLACES, lengths) + np.frombuffer(b"".join(buckets), _BUCKET)["value"]
    messages = np.frombuffer(b"".join(row[-1][_HEADER:] for row in rows), _MESSAGES)["value"]
    at, sums = _sums(place, messages, len(places) * _PLACES)
    bounds = np.searchsorted(at, np.arange(len(places) + 1) * _PLACES).tolist()
    in_order = list(zip((at % _PLACES).tolist(), sums.tolist(), strict=True))
    found = {values: dict(in_order[bounds[n] : bounds[n + 1]]) for values, n in places.items()}
    return {values: messages for values, messages in found.items() if messages}


def _sums(place: np.ndarray, messages: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places, ascending, whose messages are above 0, and these; sums of floats are exact to 2**53."""
    if size <= _DENSE:
        at, sums = np.arange(size), np.bincount(place, messages, size)
    else:
        at, number = np.unique(place, return_inverse=True)
        sums = np.bincount(number, messages, len(at))
    is_some = sums > 0
    return at[is_some], sums[is_some].astype(np.int64)
