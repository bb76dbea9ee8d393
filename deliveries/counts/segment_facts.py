"""The counts by segment as SQL over `message`, as the applier adds them up (deliveries/counts/segments.py)."""

from campaigns.segments import INDEXED_VALUE, NO_SEGMENTS, NO_VALUE, OTHER_VALUES, value_sql
from portal.common.bulk import EACH

_KEYS = "tenant_id, day, account_id, key, value, country, operator, sender_type"
_RAW = value_sql("k.key")
_AS_THEY_ARE = ", ".join(f"'{value}'" for value in NO_SEGMENTS)
_REGISTERED = {
    "tenant_id": "m.tenant_id",
    "key": "k.key",
    "month": "date_trunc('month', m.day::timestamp)::date",
    "value": "i.value",
}
_JOINED = " AND ".join(f"v.{column} = {value}" for column, value in _REGISTERED.items())
# As portal.common.bulk.looked_up: a look-up for each message, whatever statistics say.
_EACH = " AND ".join(f"v.{column} = ANY (ARRAY[{value}])" for column, value in _REGISTERED.items())
_OF_MANY = f"LEFT JOIN segment_value v ON {_JOINED}"
_OF_FEW = f"LEFT JOIN LATERAL (SELECT v.value FROM segment_value v WHERE {_EACH} {EACH}) AS v ON true"  # noqa: S608  constants of this module
# {{where}} is for the caller of CountTable.facts; `key` says which keys are read.
_MESSAGES = f"""
SELECT m.tenant_id, m.day, m.account_id, k.key, m.country, m.operator, m.sender_type, m.status, m.result_code, m.parts,
    m.latency_bucket, CASE WHEN i.value IS NULL THEN '{NO_VALUE}' WHEN i.value IN ({_AS_THEY_ARE}) THEN i.value
    ELSE coalesce(v.value, '{OTHER_VALUES}') END AS value
FROM (SELECT * FROM message WHERE {{{{where}}}}) AS m
JOIN campaigns_segmentkey k ON k.tenant_id = m.tenant_id AND NOT k.removed AND k.figures = 'yes'
    AND m.sent_at >= k.position AND (k.figures_from IS NULL OR m.day >= k.figures_from) AND {{key}}
CROSS JOIN LATERAL (SELECT nullif({_RAW}, '') AS text) AS raw
CROSS JOIN LATERAL (SELECT {INDEXED_VALUE.format(value="raw.text")} AS value) AS i
{{registered}}
"""  # noqa: S608  constants of this module


def _messages(key: str, are_few: bool) -> str:
    return _MESSAGES.format(key=key, registered=_OF_FEW if are_few else _OF_MANY)


def states(key: str = "true", *, are_few: bool = False) -> str:
    """Return the rows of `segment_count` as SQL with {where}, of the keys `k` that meet a condition.

    If messages `are_few`, each value is looked up by itself.
    """
    return (
        f"SELECT {_KEYS}, status, result_code, count(*) AS messages, sum(parts) AS parts"  # noqa: S608  constants of this module
        f" FROM ({_messages(key, are_few)}) AS counted GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
    )


def latencies(key: str = "true", *, are_few: bool = False) -> str:
    """Return the rows of `segment_latency_count` in the same way."""
    return (
        f"SELECT {_KEYS}, latency_bucket AS bucket, count(*) AS messages FROM ({_messages(key, are_few)}) AS counted"  # noqa: S608  constants of this module
        " WHERE latency_bucket IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9"
    )


def unfinished(table: str) -> str:
    """Return the condition that a row is of a key whose counts are being deleted."""
    return (
        f"EXISTS (SELECT FROM campaigns_segmentkey k WHERE k.tenant_id = {table}.tenant_id AND k.key = {table}.key"
        " AND (k.removed OR k.figures <> 'yes' OR k.position IS NULL))"
    )
