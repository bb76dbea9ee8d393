"""Statements that fill the roll-up rows of a span from the counts.

Each takes `tenant`, `span`, `day` (the span's first) and `end` (the day after its last).
"""

from typing import Any

from deliveries.dialects.codes import COUNTS_AS
from deliveries.models import (
    CampaignCount,
    CondensedCampaign,
    CondensedCampaignCount,
    CondensedLatencyCount,
    CondensedSegmentCount,
    CondensedSegmentLatencyCount,
    LatencyCount,
    SegmentCount,
    SegmentLatencyCount,
)
from deliveries.models.counts import Count
from deliveries.models.rollups import Condensed

# Sums key by key, and the counts that they are made of.
_OF: dict[type[Condensed], type[Count]] = {
    CondensedCampaignCount: CampaignCount,
    CondensedLatencyCount: LatencyCount,
    CondensedSegmentCount: SegmentCount,
    CondensedSegmentLatencyCount: SegmentLatencyCount,
}
ROLLUP_MODELS: tuple[type[Condensed], ...] = (CondensedCampaign, *_OF)
_WITHIN = "tenant_id = %(tenant)s AND day >= %(day)s AND day < %(end)s"


def _empty(model: type[Condensed]) -> str:
    return f"DELETE FROM {model._meta.db_table} WHERE tenant_id = %(tenant)s AND span = %(span)s AND day = %(day)s"  # noqa: S608  names of models' tables and columns


def _fill(model: type[Condensed], counted: type[Count]) -> str:
    primary: Any = model._meta.pk  # of several columns
    keys = ", ".join(primary.field_names[3:])  # after the tenant, the span and its day
    values = [name for name in ("messages", "parts") if name in {field.name for field in model._meta.fields}]
    return (
        f"INSERT INTO {model._meta.db_table} (tenant_id, span, day, {keys}, {', '.join(values)})"  # noqa: S608  names of models' tables and columns
        f" SELECT %(tenant)s, %(span)s, %(day)s, {keys}, {', '.join(f'sum({value})' for value in values)}"
        f" FROM {counted._meta.db_table} WHERE {_WITHIN}"
        f" GROUP BY {keys} HAVING sum(messages) <> 0 ORDER BY {keys}"
    )


_CLASSES = tuple(dict.fromkeys(COUNTS_AS.values()))


def _in_class(name: str) -> str:
    statuses = ", ".join(f"'{status}'" for status, counts_as in COUNTS_AS.items() if counts_as == name)
    return f"coalesce(sum(messages) FILTER (WHERE status IN ({statuses})), 0) AS {name}"


# Where counts are broken either side may be alone: the sums then say what the counts say.
_FILL_CAMPAIGNS = f"""
INSERT INTO condensed_campaign (tenant_id, span, day, account_id, campaign_id, messages, parts, {", ".join(_CLASSES)},
    buckets, bucket_messages)
SELECT %(tenant)s, %(span)s, %(day)s, account_id, campaign_id, coalesce(messages, 0), coalesce(parts, 0),
    {", ".join(f"coalesce({name}, 0)" for name in _CLASSES)},
    coalesce(buckets, '{{}}'), coalesce(bucket_messages, '{{}}')
FROM (
    SELECT account_id, campaign_id, sum(messages) AS messages, sum(parts) AS parts,
        {", ".join(map(_in_class, _CLASSES))}
    FROM campaign_count WHERE {_WITHIN} GROUP BY account_id, campaign_id
) AS volumes FULL JOIN (
    SELECT account_id, campaign_id, array_agg(bucket ORDER BY bucket) AS buckets,
        array_agg(messages ORDER BY bucket) AS bucket_messages
    FROM (
        SELECT account_id, campaign_id, bucket, sum(messages) AS messages
        FROM latency_count WHERE {_WITHIN} GROUP BY account_id, campaign_id, bucket HAVING sum(messages) <> 0
    ) AS counted GROUP BY account_id, campaign_id
) AS times USING (account_id, campaign_id)
ORDER BY account_id, campaign_id
"""  # noqa: S608  names of models' tables and columns

STATEMENTS = (*map(_empty, ROLLUP_MODELS), *(_fill(*pair) for pair in _OF.items()), _FILL_CAMPAIGNS)
