"""Registered values of segment keys that hold an erased number: they are deleted once no message has them.

Messages get the masked value, and are counted by it. A deleted value leaves its place in the month to the empty value,
which no message has, so that a full month stays full and other messages are counted as before.
"""

from collections.abc import Iterable
from datetime import date

from django.db import connection
from django.db.models import F

from campaigns.models import SegmentKey, SegmentValue
from campaigns.segments import indexed_value, value_of
from deliveries.counts.changes import SEGMENT, SEGMENT_LATENCY
from deliveries.messages.parameter_rows import ChosenKeys
from deliveries.messages.row import Change
from portal.common.hidden_numbers import holds_number
from portal.common.msisdn import mask_numbers
from portal.common.periods import Month

_COUNTS = (SEGMENT.name, SEGMENT_LATENCY.name)
_CONDENSED = ("condensed_segment_count", "condensed_segment_latency_count")
_LISTED = "unnest(%s::text[], %s::date[], %s::text[]) AS g (key, day, value)"
_DELETE = f"""
WITH gone AS (
    DELETE FROM segment_value v USING {_LISTED} WHERE v.tenant_id = %s AND v.key = g.key AND v.month = g.day
    AND v.value = g.value AND NOT EXISTS (
        SELECT FROM message_parameter p WHERE p.tenant_id = v.tenant_id AND p.key = v.key AND p.value = v.value
        AND p.day >= v.month AND p.day < v.month + interval '1 month'
    ) RETURNING v.key, v.month, v.number
)
INSERT INTO segment_value AS v (tenant_id, key, month, value, number)
SELECT %s, key, month, '', max(number) FROM gone GROUP BY key, month
ON CONFLICT (tenant_id, key, month, value) DO UPDATE SET number = greatest(v.number, excluded.number)
RETURNING key
"""  # noqa: S608  constants of this module; values are parameters


def lock_keys(tenant_id: int) -> None:
    """Lock the tenant's keys, before the slices: a key's job locks them in this order."""
    list(SegmentKey.objects.select_for_update().filter(tenant_id=tenant_id).order_by("id").values_list("id"))


def forget_changed(tenant_id: int, changes: Iterable[Change], chosen: ChosenKeys) -> None:
    """Delete values that changed messages no longer have, with what is left of their counts.

    The caller has written the messages and their counts, and holds the keys' locks and those of all slices.
    """
    gone = set()
    for change in changes:
        before, after = change.before, change.after
        for key in chosen.get(tenant_id, ()):
            value = value_of(key.key, before.folded.parameters, before.labels)
            if value and value != value_of(key.key, after.folded.parameters, after.labels):
                gone.add((key.key, before.day, indexed_value(value)))
    if gone:
        _forget(tenant_id, {(key, day.replace(day=1), value) for key, day, value in gone})
        _delete_empty_counts(tenant_id, gone)


def forget_unused(tenant_id: int, *, number: str = "", first: date = date.min, before: date = date.max) -> None:
    """Delete unused values that hold the number (or any one), of the months with days of [first, before).

    The caller holds the keys' locks and those of all slices.
    """
    values = SegmentValue.objects.filter(tenant_id=tenant_id, month__gte=first.replace(day=1), month__lt=before)
    rows = values.values_list("key", "month", "value").iterator(chunk_size=2000)
    holds = (lambda text: holds_number(text, number)) if number else (lambda text: mask_numbers(text) != text)
    if gone := {(key, month, value) for key, month, value in rows if holds(value)}:
        _forget(tenant_id, gone)


def forget_key(tenant_id: int, key: str) -> None:
    """Delete all rows of a key that is being renamed; its job makes them again under the new name."""
    with connection.cursor() as cursor:
        for table in ("message_parameter", "segment_value", *_COUNTS, *_CONDENSED):
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s AND key = %s", [tenant_id, key])  # noqa: S608  tables of this module; values are parameters


def _forget(tenant_id: int, gone: set[tuple[str, date, str]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, [*map(list, zip(*sorted(gone), strict=True)), tenant_id, tenant_id])
        keys = {key for (key,) in cursor.fetchall()}
    # Appliers keep registered values in memory by this number (deliveries/counts/segment_values.py).
    SegmentKey.objects.filter(tenant_id=tenant_id, key__in=keys).update(generation=F("generation") + 1)


def _delete_empty_counts(tenant_id: int, gone: set[tuple[str, date, str]]) -> None:
    """Delete the counts of zero of these keys, days and values, and roll-ups, which are not valid any more."""
    spans = gone | {(key, Month.of(day).first_day, value) for key, day, value in gone}
    with connection.cursor() as cursor:
        for table in (*_COUNTS, *_CONDENSED):
            rows, empty = (gone, " AND c.messages = 0") if table in _COUNTS else (spans, "")
            cursor.execute(
                f"DELETE FROM {table} c USING {_LISTED} WHERE c.tenant_id = %s AND c.key = g.key AND c.day = g.day"  # noqa: S608  tables of this module; values are parameters
                f" AND c.value = g.value{empty}",
                [*map(list, zip(*sorted(rows), strict=True)), tenant_id],
            )
