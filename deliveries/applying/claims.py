"""Waiting rows in an applier's hands: taken off the to-do list in the transaction that applies them."""

import logging
from datetime import datetime

import psycopg

from deliveries.messages.raw_row import RawRow
from portal.common.bulk import bulk_cursor

logger = logging.getLogger(__name__)

MAX_BYTES = 16 * 1024 * 1024  # of bodies in one batch, a row more at most: read, they take several times as much
_BODIES = f"""
SELECT id, feed_id, accept_days, import_run_id, body, method, query, content_type, content_encoding FROM (
    SELECT id, feed_id, accept_days, import_run_id, body, method, query, content_type, content_encoding,
        sum(octet_length(body)) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) - octet_length(body) AS before
    FROM inbox WHERE id = ANY (%s::bigint[]) AND received_at BETWEEN %s AND %s
) AS sized WHERE before < {MAX_BYTES} ORDER BY id
"""  # noqa: S608  constants of this module
_FIRST = """
SELECT t.ctid, t.id FROM unnest(%s::smallint[]) AS s CROSS JOIN LATERAL (
    SELECT ctid, id FROM inbox_todo
    WHERE slice = s AND (%s::bigint[] IS NULL OR id = ANY (%s)) ORDER BY id LIMIT %s
) AS t
"""
# By where they lie: a join would be planned for a list of one row.
_TAKE = f"""
DELETE FROM inbox_todo WHERE ctid = ANY (ARRAY (SELECT ctid FROM ({_FIRST}) AS first))
RETURNING id, slice, received_at
"""  # noqa: S608  constants of this module


def claim(numbers: list[int], limit: int, only: list[int] | None = None) -> list[RawRow]:
    """Take up to about `limit` waiting rows of the locked slices off the to-do list, oldest first, or those of `only`.

    What is returned is gone from the list when the caller's transaction is committed, and waits as before when it is
    rolled back. Of large bodies fewer are taken (MAX_BYTES); the others wait for the next batch.
    """
    with bulk_cursor() as cursor:
        cursor.execute(_TAKE, _first(numbers, limit, only))
        taken = {id_: (number, received_at) for id_, number, received_at in cursor.fetchall()}
        if not taken:
            return []
        times = [received_at for _number, received_at in taken.values()]
        cursor.execute(_BODIES, [f"{{{','.join(map(str, taken))}}}", min(times), max(times)])
        rows = [RawRow(id_, feed_id, taken.pop(id_)[1], *rest) for id_, feed_id, *rest in cursor.fetchall()]
        if taken:
            _give_back(cursor, taken, rows)
    return rows


def waiting_ids(numbers: list[int], limit: int) -> list[int]:
    """Return the rows that `claim` would take, and leave them where they are."""
    with bulk_cursor() as cursor:
        cursor.execute(_FIRST, _first(numbers, limit, None))
        return sorted(id_ for _place, id_ in cursor.fetchall())


def _first(numbers: list[int], limit: int, only: list[int] | None) -> list:
    each = max(1, limit // max(1, len(numbers)))
    return [numbers, only, only, len(only) if only else each]


def _give_back(cursor: psycopg.Cursor, left: dict[int, tuple[int, datetime]], rows: list[RawRow]) -> None:
    """Put rows that were taken and not read on the to-do list again."""
    last = rows[-1].id if rows else max(left)
    if missing := [id_ for id_ in left if id_ <= last]:
        # They go on waiting, so the age of the oldest one tells of them, and hold nobody up.
        logger.error("%s waiting rows are not in the inbox, such as %s", f"{len(missing):,}", f"{min(missing):,}")
    cursor.executemany(
        "INSERT INTO inbox_todo (id, slice, received_at) VALUES (%s, %s, %s)",
        [(id_, number, received_at) for id_, (number, received_at) in left.items()],
    )
