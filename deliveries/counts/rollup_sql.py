"""Statements that fill the roll-up rows of a span from the counts.

Each takes `tenant`, `span`, `day` (the span's first) and `end` (the day after its last).
"""

from typing import Any

from deliveries.counts.final_codes import FINAL_CODES
from deliveries.dialects.codes import COUNTS_AS, QUEUED, SENT
from deliveries.models import (
    CampaignCount,
    CondensedCampaign,
    CondensedCampaignCount,
    CondensedCampaignLatency,
    CondensedCampaignPlace,
    CondensedDailyCount,
    CondensedDay,
    CondensedLatency,
    CondensedPlace,
    CondensedSegment,
    CondensedSegmentCount,
    DailyCount,
    SegmentCount,
)
from deliveries.models.counts import Count
from deliveries.models.rollups import Condensed, Span

# Sums key by key, and the counts that they are made of.
_OF: dict[type[Condensed], type[Count]] = {
    CondensedCampaignCount: CampaignCount,
    CondensedCampaignPlace: CampaignCount,
    CondensedDailyCount: DailyCount,
    CondensedDay: DailyCount,
    CondensedPlace: DailyCount,
    CondensedSegmentCount: SegmentCount,
}
MONTHS_ALONE: frozenset[type[Condensed]] = frozenset(
    {CondensedCampaignLatency, CondensedCampaignPlace, CondensedDailyCount}
)
IN_BUCKETS: tuple[type[Condensed], ...] = (
    CondensedCampaign,
    CondensedCampaignLatency,
    CondensedLatency,
    CondensedSegment,
)
ROLLUP_MODELS: tuple[type[Condensed], ...] = (*IN_BUCKETS, *_OF)
_WITHIN = "tenant_id = %(tenant)s AND day >= %(day)s AND day < %(end)s"


def _empty(model: type[Condensed]) -> str:
    return f"DELETE FROM {model._meta.db_table} WHERE tenant_id = %(tenant)s AND span = %(span)s AND day = %(day)s"  # noqa: S608  names of models' tables and columns


def _fill(model: type[Condensed], counted: type[Count]) -> str:
    primary: Any = model._meta.pk  # of several columns
    keys = ", ".join(primary.field_names[3:])  # after the tenant, the span and its day
    months_alone = f" AND %(span)s = '{Span.MONTH.value}'" if model in MONTHS_ALONE else ""
    return (
        f"INSERT INTO {model._meta.db_table} (tenant_id, span, day, {keys}, messages, parts)"  # noqa: S608  names of models' tables and columns
        f" SELECT %(tenant)s, %(span)s, %(day)s, {keys}, sum(messages), sum(parts)"
        f" FROM {counted._meta.db_table} WHERE {_WITHIN}{months_alone}"
        f" GROUP BY {keys} HAVING sum(messages) <> 0 ORDER BY {keys}"
    )


def _times(keys: str) -> str:
    """Return the SQL of the buckets of delivered messages as two arrays, with their sum and the median's bucket."""
    return f"""
    SELECT {keys}, sum(messages) AS timed, array_agg(bucket ORDER BY bucket) AS buckets,
        array_agg(messages ORDER BY bucket) AS bucket_messages, min(bucket) FILTER (WHERE seen * 2 >= every) AS median
    FROM (
        SELECT {keys}, bucket, sum(messages) AS messages,
            sum(sum(messages)) OVER (PARTITION BY {keys} ORDER BY bucket) AS seen,
            sum(sum(messages)) OVER (PARTITION BY {keys}) AS every
        FROM latency_count WHERE {_WITHIN} GROUP BY {keys}, bucket HAVING sum(messages) <> 0
    ) AS counted GROUP BY {keys}
"""  # noqa: S608  names of models' tables and columns


_CLASSES = tuple(dict.fromkeys(COUNTS_AS.values()))


def _in_class(name: str) -> str:
    statuses = ", ".join(f"'{status}'" for status, counts_as in COUNTS_AS.items() if counts_as == name)
    return f"coalesce(sum(messages) FILTER (WHERE status IN ({statuses})), 0) AS {name}"


# Where counts are broken either side may be alone: the sums then say what the counts say.
_FILL_CAMPAIGNS = f"""
WITH final_code AS MATERIALIZED ({FINAL_CODES})
INSERT INTO condensed_campaign (tenant_id, span, day, account_id, campaign_id, messages, parts, {", ".join(_CLASSES)},
    final, variants, first_day, last_day, buckets, bucket_messages, median)
SELECT %(tenant)s, %(span)s, %(day)s, account_id, campaign_id, coalesce(messages, 0), coalesce(parts, 0),
    {", ".join(f"coalesce({name}, 0)" for name in _CLASSES)},
    coalesce(final, 0), coalesce(variants, '{{}}'), first_day, last_day,
    coalesce(buckets, '{{}}'), coalesce(bucket_messages, '{{}}'), median
FROM (
    SELECT account_id, campaign_id, sum(messages) AS messages, sum(parts) AS parts,
        {", ".join(map(_in_class, _CLASSES))},
        sum(messages) FILTER (WHERE f.code IS NOT NULL AND status NOT IN ('{QUEUED}', '{SENT}')) AS final,
        array_agg(DISTINCT variant ORDER BY variant) FILTER (WHERE variant <> '' AND messages > 0) AS variants,
        min(day) FILTER (WHERE messages > 0) AS first_day, max(day) FILTER (WHERE messages > 0) AS last_day
    FROM campaign_count LEFT JOIN final_code AS f
        ON f.final_account = account_id AND f.code = result_code
    WHERE {_WITHIN} GROUP BY account_id, campaign_id
) AS volumes FULL JOIN (
    {_times("account_id, campaign_id")}
) AS times USING (account_id, campaign_id)
ORDER BY account_id, campaign_id
"""  # noqa: S608  names of models' tables and columns

_PLACED = "account_id, campaign_id, variant, country, operator, sender_type"
_FILL_LATENCIES = f"""
INSERT INTO condensed_campaign_latency (tenant_id, span, day, {_PLACED}, messages, buckets, bucket_messages)
SELECT %(tenant)s, %(span)s, %(day)s, {_PLACED}, sum(messages), array_agg(bucket ORDER BY bucket),
    array_agg(messages ORDER BY bucket)
FROM (
    SELECT {_PLACED}, bucket, sum(messages)::bigint AS messages FROM latency_count
    WHERE {_WITHIN} AND %(span)s = '{Span.MONTH.value}' GROUP BY {_PLACED}, bucket HAVING sum(messages) <> 0
) AS counted GROUP BY {_PLACED} ORDER BY {_PLACED}
"""  # noqa: S608  names of models' tables and columns

_PLACE = "account_id, country, operator, sender_type"
_FILL_PLACES = f"""
INSERT INTO condensed_latency (tenant_id, span, day, {_PLACE}, messages, buckets, bucket_messages, median)
SELECT %(tenant)s, %(span)s, %(day)s, {_PLACE}, timed, buckets, bucket_messages, median
FROM ({_times(_PLACE)}) AS times ORDER BY {_PLACE}
"""  # noqa: S608  names of models' tables and columns

_VALUE = "key, account_id, value"
_FILL_SEGMENTS = f"""
INSERT INTO condensed_segment (tenant_id, span, day, {_VALUE}, messages, buckets, bucket_messages)
SELECT %(tenant)s, %(span)s, %(day)s, {_VALUE}, coalesce(messages, 0), coalesce(buckets, '{{}}'),
    coalesce(bucket_messages, '{{}}')
FROM (
    SELECT {_VALUE}, sum(messages) AS messages FROM segment_count WHERE {_WITHIN}
    GROUP BY {_VALUE} HAVING sum(messages) <> 0
) AS volumes FULL JOIN (
    SELECT {_VALUE}, array_agg(bucket ORDER BY bucket) AS buckets,
        array_agg(messages ORDER BY bucket) AS bucket_messages
    FROM (
        SELECT {_VALUE}, bucket, sum(messages)::bigint AS messages FROM segment_latency_count WHERE {_WITHIN}
        GROUP BY {_VALUE}, bucket HAVING sum(messages) <> 0
    ) AS counted GROUP BY {_VALUE}
) AS times USING ({_VALUE}) ORDER BY {_VALUE}
"""  # noqa: S608  names of models' tables and columns

STATEMENTS = (
    *map(_empty, ROLLUP_MODELS),
    *(_fill(*pair) for pair in _OF.items()),
    _FILL_CAMPAIGNS,
    _FILL_LATENCIES,
    _FILL_PLACES,
    _FILL_SEGMENTS,
)
