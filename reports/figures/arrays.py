"""Messages of groups by day: one row of the database for each group, with arrays.

A row for each day would take most of a page's time in Python.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from reports.figures.rollups import summed

# MATERIALIZED, because PostgreSQL expects few rows and would sort all of them before it sums them.
_IN_ARRAYS = """
WITH counted AS MATERIALIZED (
    SELECT {listed} item, {sum}::bigint AS n FROM ({rows}) AS r ({listed} item, n)
    GROUP BY {listed} item HAVING {sum} > 0
)
SELECT {listed} array_agg(item), array_agg(n) FROM counted {grouped} HAVING count(*) > 0
"""
# In the list of columns both arrays are unnested in step, faster than as a function of each row.
_UNNESTED = "SELECT {listed} unnest(buckets) AS item, unnest(bucket_messages) AS n FROM ({rows}) AS r"


def by_day(sources: Iterable[QuerySet], columns: Sequence[str]) -> dict[tuple, dict[date, int]]:
    """Return messages, above 0, by these columns and then by day, of all sources of counts."""
    return _in_arrays([_rows(rows, *columns, "day", "messages") for rows in sources], columns)


def unnested(rows: QuerySet, columns: Sequence[str]) -> tuple[str, Sequence]:
    """Return the SQL of these columns, bucket and messages of roll-ups with arrays of buckets, and its parameters."""
    sql, parameters = rows.values_list(*columns, "buckets", "bucket_messages").query.sql_with_params()
    return _UNNESTED.format(listed=_listed(columns), rows=sql), parameters


def _rows(rows: QuerySet, *names: str) -> tuple[str, Sequence] | None:
    """Return the SQL of these columns and its parameters; None where the conditions let nothing through."""
    try:
        return rows.values_list(*names).query.sql_with_params()
    except EmptyResultSet:
        return None


def _in_arrays(found: Sequence[tuple[str, Sequence] | None], columns: Sequence[str]) -> dict[tuple, dict[Any, int]]:
    statements = [one for one in found if one is not None]
    if not statements:
        return {}
    rows = " UNION ALL ".join(f"({sql})" for sql, _parameters in statements)
    sql = _IN_ARRAYS.format(
        listed=_listed(columns),
        rows=rows,
        sum=summed("n"),
        grouped=f"GROUP BY {', '.join(columns)}" if columns else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _sql, parameters in statements for value in parameters])
        return {tuple(values): dict(zip(items, n, strict=True)) for *values, items, n in cursor.fetchall()}


def _listed(columns: Sequence[str]) -> str:
    return "".join(f"{column}, " for column in columns)
