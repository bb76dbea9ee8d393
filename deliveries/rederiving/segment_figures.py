"""Counts of a segment key: made for stored messages, deleted, and refused where the key has too many values."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from campaigns import segments
from campaigns.models import SegmentKey, SegmentValue
from deliveries.counts import segment_facts, segment_fold
from deliveries.counts.changes import SEGMENT, SEGMENT_LATENCY, CountTable
from deliveries.counts.rollups import invalidate_rollups
from deliveries.messages import slices
from deliveries.models import RetentionMark, SegmentCount
from portal.accounts.models import record
from portal.common import jobs
from portal.common.bulk import EACH, looked_up
from portal.common.periods import Month

Hold = Callable[[SegmentKey], None]

CLEARED = 20_000  # rows in one transaction
LOOKED_AT = 5_000  # of the newest messages, when a key is chosen

_YES = SegmentKey.Figures.YES
_TABLES = ((SEGMENT, segment_facts.states), (SEGMENT_LATENCY, segment_facts.latencies))
_OF_STEP = "tenant_id = %(tenant)s AND sent_at >= %(low)s AND sent_at < %(before)s"
# The caller holds the locks of all slices: nobody else registers values.
_INDEXED = segments.INDEXED_VALUE.format(value="text")
_REGISTER = f"""
INSERT INTO segment_value (tenant_id, key, month, value, number)
SELECT %(tenant)s, %(key)s, month, value, number FROM (
    SELECT month, value, row_number() OVER (PARTITION BY month ORDER BY newest DESC, value) + coalesce((
        SELECT max(t.number) FROM segment_value t
        WHERE t.tenant_id = %(tenant)s AND t.key = %(key)s AND t.month = new.month
    ), 0) AS number FROM (
        SELECT date_trunc('month', day::timestamp)::date AS month, {_INDEXED} AS value,
            max(sent_at) AS newest
        FROM (
            SELECT day, sent_at, {segments.value_sql("%(key)s::text", "message")} AS text FROM message WHERE {_OF_STEP}
        ) AS read WHERE text <> '' AND text <> ALL (%(as_they_are)s) GROUP BY 1, 2
    ) AS new WHERE NOT EXISTS (
        SELECT FROM segment_value t WHERE t.tenant_id = %(tenant)s AND t.key = %(key)s
        AND {looked_up("t", "new", ("month", "value"))} {EACH}
    )
) AS numbered WHERE number <= {segments.MAX_VALUES}
"""  # noqa: S608  constants of this module
_DISTINCT = f"""
SELECT count(*), count(DISTINCT value) FROM (
    SELECT {segments.value_sql("%(key)s::text", "newest")} AS value FROM (
        SELECT labels, custom_parameters FROM message WHERE tenant_id = %(tenant)s ORDER BY sent_at DESC LIMIT %(limit)s
    ) AS newest
) AS read WHERE value <> ''
"""  # noqa: S608  constants of this module
_SINGLES = """
SELECT count(*), count(*) FILTER (WHERE messages = 1) FROM (
    SELECT sum(messages) AS messages FROM segment_count
    WHERE tenant_id = %s AND key = %s AND day >= %s AND day < %s AND value <> ALL (%s)
    GROUP BY value HAVING sum(messages) > 0
) AS counted
"""


def figures_of(*, tenant_id: int, key: str) -> SegmentKey.Figures:
    """Return whether a key that is being chosen has figures, by the newest messages."""
    with connection.cursor() as cursor:
        cursor.execute(_DISTINCT, {"tenant": tenant_id, "key": key, "limit": LOOKED_AT})
        messages, values = cursor.fetchone()
    is_refused = segments.is_nearly_unique(messages=messages, values=values)
    return SegmentKey.Figures.UNIQUE if is_refused else _YES


def count(key: SegmentKey, *, low: datetime, before: datetime) -> None:
    """Count the messages of a step, under the locks of all slices; the key's row says already that they are counted."""
    if key.figures != _YES:
        return
    values: dict[str, Any] = {"tenant": key.tenant_id, "key": key.key, "id": key.pk, "low": low, "before": before}
    segment_fold.fold_all()
    with connection.cursor() as cursor:
        cursor.execute(_REGISTER, values | {"as_they_are": list(segments.NO_SEGMENTS)})
        for table, facts in _TABLES:
            rows = facts("k.id = %(id)s", are_few=True).format(where=_OF_STEP)
            columns = ", ".join((*table.keys, *table.values))
            added = ", ".join(f"{value} = {table.stored}.{value} + excluded.{value}" for value in table.values)
            cursor.execute(
                f"WITH added AS (INSERT INTO {table.stored} ({columns}) SELECT {columns} FROM ({rows}) AS facts"  # noqa: S608  names of count tables, conditions of this module; values are parameters
                f" ORDER BY {', '.join(table.keys)} ON CONFLICT ({', '.join(table.keys)}) DO UPDATE SET {added}"
                " RETURNING tenant_id, day) SELECT DISTINCT tenant_id, day FROM added",
                values,
            )
            invalidate_rollups(cursor.fetchall())


def forget_sealed(key: SegmentKey) -> None:
    """Delete the counts of days that were sealed during the walk: some of their messages may not have been counted.

    In the transaction of the walk's last step.
    """
    mark = RetentionMark.objects.filter(tenant_id=key.tenant_id).first()
    sealed = mark.messages_before if mark else None
    if sealed == key.figures_from or sealed is None:
        return
    segment_fold.fold_all()
    while any(_delete(table, key, before=sealed) for table, _facts in _TABLES):
        pass
    jobs.held(key).update(figures_from=sealed)
    key.figures_from = sealed


def clear(key: SegmentKey, *, hold: Hold = jobs.hold, renew: Hold = jobs.renew) -> None:
    """Delete the counts and the registered values of a key that is not counted now, in small transactions.

    Roll-ups that hold them become invalid, and are made again without them. No batch counts by the key any more.
    """
    with transaction.atomic():
        hold(key)
        segment_fold.fold_all()
    renew(key)
    for table, _facts in _TABLES:
        is_left = True
        while is_left:
            with transaction.atomic():
                hold(key)
                slices.lock([0])  # whose holders `roll_up` waits for
                is_left = _delete(table, key)
            renew(key)
    with transaction.atomic():
        hold(key)
        if SegmentValue.objects.filter(tenant_id=key.tenant_id, key=key.key).delete()[0]:
            SegmentKey.objects.filter(id=key.pk).update(generation=F("generation") + 1)


def judge(*, now: datetime) -> int:
    """Refuse figures to keys of which a recent month is full of values that occur once. Return how many.

    Their counts are deleted; they stay searchable. What a killed run left is deleted by the next one.
    """
    since = Month.of(now.date().replace(day=1) - timedelta(days=1)).first_day
    full = SegmentValue.objects.filter(number=segments.MAX_VALUES, month__gte=since)
    refused = set()
    columns = ("tenant_id", "key", "month")
    for tenant_id, name, month in full.order_by(*columns).values_list(*columns):
        key = SegmentKey.objects.filter(tenant_id=tenant_id, key=name).first()
        if key is not None and key.has_figures and _is_scattered(key, month) and _refuse(key):
            refused.add(key.pk)
    for key in SegmentKey.objects.filter(removed=False, state=SegmentKey.State.DONE).exclude(figures=_YES):
        if SegmentCount.objects.filter(tenant_id=key.tenant_id, key=key.key).exists() or key.pk in refused:
            try:
                clear(key, hold=_hold_done, renew=lambda key: None)
            except jobs.LeaseLost:
                continue  # chosen again or removed meanwhile: its job does the rest
    return len(refused)


def _is_scattered(key: SegmentKey, month: date) -> bool:
    with connection.cursor() as cursor:
        end = Month.of(month).next().first_day
        cursor.execute(_SINGLES, [key.tenant_id, key.key, month, end, list(segments.NO_SEGMENTS)])
        values, singles = cursor.fetchone()
    return segments.is_scattered(values=values, singles=singles)


def _refuse(key: SegmentKey) -> bool:
    """Refuse figures to a key, unless it is chosen again or removed at this moment."""
    with transaction.atomic():
        if not _done(key).exists():
            return False
        SegmentKey.objects.filter(id=key.pk).update(figures=SegmentKey.Figures.SCATTERED)
        record("segment_key.refused", actor="segments", tenant=key.tenant, subject=key.key)
    slices.wait_for_running_batches()  # which may still count by it
    return True


def _hold_done(key: SegmentKey) -> None:
    if not _done(key).exists():
        raise jobs.LeaseLost(f"segment key {key.pk} was chosen again or removed")


def _done(key: SegmentKey) -> QuerySet[SegmentKey]:
    """Return the key's row, to be locked, if its job is done."""
    rows = SegmentKey.objects.select_for_update()
    return rows.filter(id=key.pk, removed=False, state=SegmentKey.State.DONE)


def _delete(table: CountTable, key: SegmentKey, *, before: date = date.max) -> bool:
    """Delete up to CLEARED counts of the key; return whether there were any."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH gone AS (DELETE FROM {table.stored} WHERE ctid = ANY (ARRAY (SELECT ctid FROM {table.stored}"  # noqa: S608  names of count tables; values are parameters
            " WHERE tenant_id = %s AND key = %s AND day < %s LIMIT %s)) RETURNING tenant_id, day)"
            " SELECT DISTINCT tenant_id, day FROM gone",
            [key.tenant_id, key.key, before, CLEARED],
        )
        days = cursor.fetchall()
    invalidate_rollups(days)
    return bool(days)
