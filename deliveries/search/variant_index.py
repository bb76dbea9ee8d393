"""Campaigns and days in which a variant has messages: it is counted by campaign only, over hundreds of them.

Roll-ups of months and days (deliveries/models/rollups.py) give it from few rows; only the rest is read from the
counts.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

# A day counts in its month where that is summed up, else by itself where that is, else as the counts have it.
_FOUND = """
WITH ready AS MATERIALIZED (
    SELECT tenant_id, span, day FROM condensed_span WHERE tenant_id = ANY (%(tenants)s) AND is_ready
), spans AS MATERIALIZED (
    SELECT DISTINCT t.id AS tenant_id, coalesce(month.span, one.span) AS span, coalesce(month.day, d.day) AS day,
        CASE WHEN month.day IS NULL THEN d.day ELSE (month.day + interval '1 month')::date - 1 END AS last
    FROM unnest(%(tenants)s::int[]) AS t (id) CROSS JOIN LATERAL (
        SELECT greatest(min(c.day), %(first)s) AS first, least(max(c.day), %(last)s) AS last
        FROM daily_count c WHERE c.tenant_id = t.id
    ) AS bounds CROSS JOIN LATERAL (
        SELECT n::date AS day FROM generate_series(bounds.first, bounds.last, interval '1 day') AS n
    ) AS d
    LEFT JOIN ready month ON month.tenant_id = t.id AND month.span = 'month'
        AND month.day = date_trunc('month', d.day)::date
    LEFT JOIN ready one ON one.tenant_id = t.id AND one.span = 'day' AND one.day = d.day
)
SELECT s.tenant_id, c.campaign_id, s.day, s.last FROM spans s CROSS JOIN LATERAL (
    SELECT DISTINCT c.campaign_id FROM condensed_campaign_count c
    WHERE c.tenant_id = s.tenant_id AND c.span = s.span AND c.day = s.day AND c.variant = %(variant)s AND c.messages > 0
) AS c WHERE s.span IS NOT NULL
UNION ALL
SELECT s.tenant_id, c.campaign_id, s.day, s.last FROM spans s CROSS JOIN LATERAL (
    SELECT DISTINCT c.campaign_id FROM campaign_count c
    WHERE c.tenant_id = s.tenant_id AND c.day = s.day AND c.variant = %(variant)s AND c.messages > 0
) AS c WHERE s.span IS NULL
"""


@dataclass(frozen=True, slots=True)
class VariantDays:
    """A campaign that has messages of the variant in the tenant's days from `first` to `last`."""

    tenant_id: int
    campaign_id: int
    first: date
    last: date


def days_of_variant(
    variant: str, *, tenant_ids: Collection[int], first: date | None, last: date | None
) -> list[VariantDays]:
    """Return where these tenants have messages of the variant, as far as the counts know: whole months, or days."""
    values: dict[str, Any] = {"variant": variant, "tenants": sorted(tenant_ids), "first": first, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, values)
        return [VariantDays(*row) for row in cursor.fetchall()]
