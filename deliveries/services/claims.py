"""Waiting rows in an applier's hands: claimed from the to-do list, and taken off it when they are applied."""

import logging
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from portal.common.bulk import bulk_cursor

logger = logging.getLogger(__name__)

MAX_BYTES = 16 * 1024 * 1024  # of bodies in one batch, a row more at most: read, they take several times as much
_BODIES = f"""
SELECT id, feed_id, accept_days, body FROM (
    SELECT id, feed_id, accept_days, body,
        sum(octet_length(body)) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) - octet_length(body) AS before
    FROM inbox WHERE id = ANY (%s::bigint[]) AND received_at BETWEEN %s AND %s
) AS sized WHERE before < {MAX_BYTES} ORDER BY id
"""


class Row(Struct, frozen=True, gc=False):
    """One claimed inbox row."""

    id: int
    slice: int
    feed_id: int
    received_at: datetime
    accept_days: int | None
    body: bytes
    todo: str  # where its to-do entry lies, as PostgreSQL's ctid; it stays there until the transaction ends


def claim(numbers: list[int], limit: int, only: list[int] | None = None) -> list[Row]:
    """Return up to about `limit` waiting rows of the locked slices, oldest first, or those of `only`.

    Of large bodies fewer (MAX_BYTES); the others wait for the next batch.
    """
    each = max(1, limit // max(1, len(numbers)))
    with bulk_cursor() as cursor:
        cursor.execute(
            "SELECT t.id, t.received_at, s, t.todo FROM unnest(%s::smallint[]) AS s CROSS JOIN LATERAL"
            " (SELECT id, received_at, ctid::text AS todo FROM inbox_todo"
            " WHERE slice = s AND (%s::bigint[] IS NULL OR id = ANY (%s)) ORDER BY id LIMIT %s) AS t",
            [numbers, only, only, len(only) if only else each],
        )
        waiting = {entry[0]: entry for entry in cursor.fetchall()}
        if not waiting:
            return []
        times = [entry[1] for entry in waiting.values()]
        cursor.execute(_BODIES, [_array(waiting), min(times), max(times)])
        rows = []
        for id_, feed_id, accept_days, body in cursor.fetchall():
            _id, received_at, number, todo = waiting[id_]
            rows.append(Row(id_, number, feed_id, received_at, accept_days, body, todo))
    last = rows[-1].id if rows else max(waiting)
    if missing := {id_ for id_ in waiting if id_ <= last} - {row.id for row in rows}:
        # They go on waiting, so the age of the oldest one tells of them, and hold nobody up.
        logger.error("%d waiting rows are not in the inbox, such as %s", len(missing), min(missing))
    return rows


def finish(rows: list[Row]) -> None:
    """Take the rows from the to-do list by where they lie: a join would be planned for a list of one row."""
    with bulk_cursor() as cursor:
        places = _array(f'"{row.todo}"' for row in rows)
        cursor.execute("DELETE FROM inbox_todo WHERE ctid = ANY (%s::tid[])", [places])


def _array(values: Iterable) -> str:
    """Return an array in PostgreSQL's text form, for values that need no quoting; psycopg takes ten times as long."""
    return f"{{{','.join(map(str, values))}}}"
