"""Custom parameters that tenants have chosen for searches, and the conditions that search them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db import connection

from campaigns.models import SegmentKey
from campaigns.segments import indexed_value

MAX_COUNTED = 1000


@dataclass(slots=True)
class SearchKey:
    """A key, with the tenants in which messages are found by it, are being made searchable, or could not be made so.

    `counted` are those of `ready` in which the key has figures; `figures_from` is the first day that has them, None if
    all stored days have. `refused` says why the key has no figures in a tenant.
    `done` of `total` messages of those that are being made are behind.
    """

    key: str
    ready: set[int] = field(default_factory=set)
    making: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    counted: set[int] = field(default_factory=set)
    figures_from: date | None = None
    refused: dict[int, SegmentKey.Figures] = field(default_factory=dict)
    done: int = 0
    total: int = 0

    @property
    def percent(self) -> int:
        return self.done * 100 // self.total if self.total else 0


def search_keys(tenant_ids: Collection[int], keys: Collection[str] | None = None) -> dict[str, SearchKey]:
    """Return what these tenants have chosen (of `keys` alone, where they are given), by key."""
    rows = SegmentKey.objects.filter(tenant_id__in=tenant_ids, removed=False)
    if keys is not None:
        rows = rows.filter(key__in=keys)
    found: dict[str, SearchKey] = {}
    for row in rows.order_by("key", "tenant_id"):
        one = found.setdefault(row.key, SearchKey(row.key))
        if row.figures != SegmentKey.Figures.YES:
            one.refused[row.tenant_id] = SegmentKey.Figures(row.figures)
        if row.state == SegmentKey.State.DONE:
            one.ready.add(row.tenant_id)
            if row.has_figures:
                one.counted.add(row.tenant_id)
                starts = [day for day in (one.figures_from, row.figures_from) if day]
                one.figures_from = max(starts, default=None)
        elif row.is_stopped:
            one.failed.add(row.tenant_id)
        else:
            one.making.add(row.tenant_id)
            one.done, one.total = one.done + row.done, one.total + row.total
    return found


def rarest_key(tenant_ids: Collection[int], parameters: Mapping[str, str]) -> str:
    """Return the key whose value the fewest of these tenants' messages have, counted to MAX_COUNTED."""
    if len(parameters) == 1:
        return next(iter(parameters))
    counts = {}
    with connection.cursor() as cursor:
        for key, value in parameters.items():
            cursor.execute(_COUNT, [sorted(tenant_ids), key, indexed_value(value), MAX_COUNTED, MAX_COUNTED])
            counts[key] = cursor.fetchone()[0]
    return min(counts, key=lambda key: (counts[key], key))


_COUNT = """
SELECT count(*) FROM (
    SELECT FROM unnest(%s::int[]) AS t (id) CROSS JOIN LATERAL (
        SELECT FROM message_parameter p WHERE p.tenant_id = t.id AND p.key = %s AND p.value = %s LIMIT %s
    ) AS found LIMIT %s
) AS counted
"""
