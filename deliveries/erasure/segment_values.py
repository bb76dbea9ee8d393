"""Registered values of segment keys that hold an erased number: they are deleted once no message has them.

Messages get the masked value, and are counted by it. A deleted value leaves its place in the month to the empty value,
which no message has, so that a full month stays full and other messages are counted as before.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import F

from campaigns.models import SegmentKey, SegmentValue
from campaigns.segments import indexed_value, value_of
from deliveries.counts import segment_fold
from deliveries.counts.changes import SEGMENT, SEGMENT_LATENCY
from deliveries.messages.parameter_rows import ChosenKeys
from deliveries.messages.row import Change
from deliveries.models.rollups import Span
from portal.common.bulk import EACH, looked_up
from portal.common.hidden_numbers import holds_number
from portal.common.msisdn import mask_numbers

_Value = tuple[str, date, int, str]  # key, day (or the first one of the month), account (0 for all), value

_COUNTS = (SEGMENT.stored, SEGMENT_LATENCY.stored)
_CONDENSED = ("condensed_segment", "condensed_segment_count")
# Written for look-ups one by one (portal.common.bulk.looked_up).
_LISTED = (
    "unnest(%(tenants)s::int[], %(keys)s::text[], %(days)s::date[], %(accounts)s::int[], %(values)s::text[])"
    " AS g (tenant_id, key, day, account_id, value)"
)
_USED = looked_up("p", "g", ("tenant_id", "key", "value"))
_DELETE = f"""
WITH gone AS (
    DELETE FROM segment_value v USING (
        SELECT g.tenant_id, g.key, g.day AS month, g.value FROM {_LISTED} WHERE NOT EXISTS (
            SELECT FROM message_parameter p
            WHERE {_USED} AND p.day >= g.day AND p.day < g.day + interval '1 month' {EACH}
        ) {EACH}
    ) AS g WHERE {looked_up("v", "g", ("tenant_id", "key", "month", "value"))}
    RETURNING v.tenant_id, v.key, v.month, v.number
)
INSERT INTO segment_value AS v (tenant_id, key, month, value, number)
SELECT tenant_id, key, month, '', max(number) FROM gone GROUP BY tenant_id, key, month
ON CONFLICT (tenant_id, key, month, value) DO UPDATE SET number = greatest(v.number, excluded.number)
RETURNING key
"""  # noqa: S608  constants of this module; values are parameters
_COUNTED = looked_up("v", "g", ("tenant_id", "key", "day", "account_id", "value"))
_OF_ANY_SPAN = f" AND v.span IN ({', '.join(repr(span.value) for span in Span)})"  # so that the index finds them


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
        if before is None:
            continue
        for key in chosen.get(tenant_id, ()):
            value = value_of(key.key, before.folded.parameters, before.labels)
            if value and value != value_of(key.key, after.folded.parameters, after.labels):
                gone.add((key.key, before.day, before.folded.account_id, indexed_value(value)))
    if gone:
        _forget(tenant_id, {(key, day.replace(day=1), 0, value) for key, day, _account, value in gone})
        _delete_empty_counts(tenant_id, gone)


def forget_unused(tenant_id: int, *, number: str = "", first: date = date.min, before: date = date.max) -> None:
    """Delete unused values that hold the number (or any one), of the months with days of [first, before).

    The caller holds the keys' locks and those of all slices.
    """
    values = SegmentValue.objects.filter(tenant_id=tenant_id, month__gte=first.replace(day=1), month__lt=before)
    rows = values.values_list("key", "month", "value").iterator(chunk_size=2000)
    holds = (lambda text: holds_number(text, number)) if number else (lambda text: mask_numbers(text) != text)
    if gone := {(key, month, 0, value) for key, month, value in rows if holds(value)}:
        _forget(tenant_id, gone)


def forget_key(tenant_id: int, key: str) -> None:
    """Delete all rows of a key that is being renamed; its job makes them again under the new name."""
    segment_fold.fold_all()
    with connection.cursor() as cursor:
        for table in ("message_parameter", "segment_value", *_COUNTS, *_CONDENSED):
            cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s AND key = %s", [tenant_id, key])  # noqa: S608  tables of this module; values are parameters


def _forget(tenant_id: int, gone: set[_Value]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DELETE, _listed(tenant_id, gone))
        keys = {key for (key,) in cursor.fetchall()}
    # Appliers keep registered values in memory by this number (deliveries/counts/segment_values.py).
    SegmentKey.objects.filter(tenant_id=tenant_id, key__in=keys).update(generation=F("generation") + 1)


def _delete_empty_counts(tenant_id: int, gone: set[_Value]) -> None:
    """Delete the counts of zero of these keys, days and values, and roll-ups, which are not valid any more."""
    spans = {(key, span.of(day), account, value) for key, day, account, value in gone for span in Span}
    with connection.cursor() as cursor:
        for table in (*_COUNTS, *_CONDENSED):
            rows, more = (gone, " AND v.messages = 0") if table in _COUNTS else (spans, _OF_ANY_SPAN)
            cursor.execute(
                f"DELETE FROM {table} v USING {_LISTED} WHERE {_COUNTED}{more}",  # noqa: S608  tables of this module; values are parameters
                _listed(tenant_id, rows),
            )


def _listed(tenant_id: int, rows: set[_Value]) -> dict[str, Any]:
    keys, days, accounts, values = map(list, zip(*sorted(rows), strict=True))
    return {"tenants": [tenant_id] * len(keys), "keys": keys, "days": days, "accounts": accounts, "values": values}
