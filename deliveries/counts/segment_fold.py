"""Folds changes of counts by segment into the stored counts.

Whoever changes messages only inserts changes (deliveries/counts/segments.py). Readers sum both, so a fold changes no
figure. One transaction folds at a time. Whoever changes stored counts otherwise calls `fold_all` first, in its own
transaction and with the locks of all slices: then no change is left that could be folded over its work.
"""

from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min

from deliveries.models import SegmentChange

FOLDED = 50_000  # changes in one transaction
LATE = timedelta(minutes=1)  # changes that are older are folded by those who add new ones

_LOCK = "hashtext('portal.segment_fold')"
_PLACE = "tenant_id, day, account_id, country, operator, sender_type"
_EMPTY = """
CREATE TEMP TABLE IF NOT EXISTS taken_change (LIKE segment_change) ON COMMIT DELETE ROWS;
DELETE FROM taken_change
"""
_TAKE = """
WITH gone AS (
    DELETE FROM segment_change WHERE ctid = ANY (ARRAY(SELECT ctid FROM segment_change LIMIT {limit})) RETURNING *
)
INSERT INTO taken_change SELECT * FROM gone
"""
# Messages are first gathered by all that they are counted by besides their segments: what is left to sum up for each of
# ten keys has two columns then, not ten.
_FOLD = """
INSERT INTO {table} ({place}, key, value, {state}, {sums})
SELECT {of_place}, k.key, s.value, {state}, {of_sums}
FROM (
    SELECT {place}, {state}, array_agg(segments) AS segments, array_agg(messages) AS messages,
        array_agg(messages * parts) AS parts
    FROM ({states}) AS s GROUP BY {place}, {state}
) AS p CROSS JOIN LATERAL (
    SELECT v.key AS id, v.value, sum(m.messages) AS messages, sum(m.parts) AS parts
    FROM unnest(p.segments, p.messages, p.parts) AS m (segments, messages, parts)
    CROSS JOIN LATERAL jsonb_each_text(m.segments) AS v
    GROUP BY v.key, v.value HAVING sum(m.messages) <> 0 OR sum(m.parts) <> 0
) AS s
JOIN campaigns_segmentkey k ON k.id = s.id::bigint AND k.tenant_id = p.tenant_id
ORDER BY p.tenant_id, k.key, day, account_id, s.value, country, operator, sender_type, {state}
ON CONFLICT (tenant_id, key, day, account_id, value, country, operator, sender_type, {state}) DO UPDATE SET {added}
"""


def _fold(table: str, state: str, states: str, *sums: str) -> str:
    return _FOLD.format(
        table=table,
        place=_PLACE,
        of_place=f"p.{_PLACE}",
        state=state,
        states=states,
        sums=", ".join(sums),
        of_sums=", ".join(f"s.{name}" for name in sums),
        added=", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums),
    )


def _states(columns: str, present: str, earlier: str, where: str = "true") -> str:
    first = columns.split(", ")[0]
    return (
        f"SELECT {_PLACE}, segments, parts, s.* FROM taken_change CROSS JOIN LATERAL"  # noqa: S608  constants of this module
        f" (VALUES (1, {present}), (-1, {earlier})) AS s (messages, {columns}) WHERE s.{first} IS NOT NULL AND {where}"
    )


_STATEMENTS = (
    _fold(
        "stored_segment_count",
        "status, result_code",
        _states("status, result_code", "taken_change.status, taken_change.result_code", "old_status, old_result_code"),
        "messages",
        "parts",
    ),
    _fold(
        "stored_segment_latency_count",
        "bucket",
        _states("bucket", "taken_change.bucket", "old_bucket", "taken_change.bucket IS DISTINCT FROM old_bucket"),
        "messages",
    ),
)


def fold_waiting() -> int:
    """Fold all changes that wait, chunk by chunk, and return how many; other processes may fold some of them."""
    total = 0
    while folded := fold():
        total += folded
    return total


def fold(*, limit: int = FOLDED) -> int:
    """Fold up to `limit` changes in a transaction; return how many, 0 where another process is at it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")  # compiling would take longer than most folds
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({_LOCK})")
        return _fold_some(cursor, limit) if cursor.fetchone()[0] else 0


def fold_all() -> None:
    """Fold all changes in the caller's transaction, and let nobody else fold until it ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
        while _fold_some(cursor):
            pass


def fold_if_late() -> None:
    """Fold some changes if the oldest is LATE: where no worker folds, those who add changes do, so that few wait."""
    oldest = oldest_change()
    if oldest is not None and datetime.now(UTC) - oldest > LATE:
        fold()


def oldest_change() -> datetime | None:
    """Return when the oldest change was added that is not folded yet; reads all of them."""
    return SegmentChange.objects.aggregate(oldest=Min("since"))["oldest"]


def _fold_some(cursor, limit: int = FOLDED) -> int:
    cursor.execute(_EMPTY)
    cursor.execute(_TAKE.format(limit=limit))
    if taken := cursor.rowcount:
        for statement in _STATEMENTS:
            cursor.execute(statement)
    return taken
