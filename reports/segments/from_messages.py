"""Figures by the values of one key or two, read from the messages one by one.

Counts hold one key at a time and no campaign, and no count knows recipients. So tables of two keys, segments of a
campaign and different recipients are read from the messages: of one campaign, or of at most MAX_DAYS days. Messages
that retention has deleted are not in them. Every function raises SearchTooSlow where it takes longer than SECONDS.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from time import monotonic
from typing import Any

from deliveries.dialects.codes import COUNTS_AS, DELIVERED
from deliveries.messages.store import same_message
from deliveries.search.day_bounds import bounds_of
from deliveries.search.find import fetch
from deliveries.search.sql import Statement
from portal.common.bulk import EACH
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery, TooManyGroups
from reports.figures.statistics import MAX_GROUPS, campaign_ids
from reports.figures.volume import Volume
from reports.segments.values import value_of_message

MAX_DAYS = 31  # that are read from the messages, unless it is one campaign
SECONDS = 8.0  # of one statement

Values = tuple[str, ...]  # of the keys, in their order

_CLASSES = ("delivered", "failed", "pending", "unknown")
_TIMES = {"day": "m.day", "month": "date_trunc('month', m.day::timestamp)::date"}
_GROUPS = """
SELECT {values}, m.latency_bucket, count(*), sum(m.parts)::bigint,
    count(*) FILTER (WHERE m.status = ANY (%(delivered)s)), count(*) FILTER (WHERE m.status = ANY (%(failed)s)),
    count(*) FILTER (WHERE m.status = ANY (%(pending)s)), count(*) FILTER (WHERE m.status = ANY (%(unknown)s)),
    coalesce(sum(m.parts) FILTER (WHERE m.status = %(delivered_status)s), 0)::bigint, count(*) FILTER (WHERE m.final)
FROM message m {joins} WHERE {where} GROUP BY {columns}, m.latency_bucket LIMIT %(limit)s
"""
_DAYS = """
SELECT {values}, count(*) FROM message m {joins} WHERE {where} GROUP BY {columns} LIMIT %(limit)s
"""
_RECIPIENTS = """
SELECT {values}, count(DISTINCT m.recipient_key) FROM message m {joins}
WHERE {where} GROUP BY {columns} LIMIT %(limit)s
"""
# Each value's recipients and those that got a message, then (null) those of all values: the messages are read once.
_REACHED = """
WITH recipient AS MATERIALIZED (
    SELECT {values}, m.recipient_key, bool_or(m.status = ANY (%(delivered)s)) AS is_reached
    FROM message m {joins} WHERE {where} GROUP BY {columns}, m.recipient_key
)
(SELECT {columns}, count(recipient_key), count(recipient_key) FILTER (WHERE is_reached) FROM recipient
 GROUP BY {columns} LIMIT %(limit)s)
UNION ALL
SELECT NULL, count(DISTINCT recipient_key), count(DISTINCT recipient_key) FILTER (WHERE is_reached) FROM recipient
"""
# Of each value, and (null) of all. A currency is null in the sum of all, '' for events without a value.
_CONVERTED = f"""
WITH event AS MATERIALIZED (
    SELECT tenant_id, attributed_account_id AS account_id, attributed_message_id AS message_id,
           attributed_message_day AS day, value, currency
    FROM conversion_event WHERE tenant_id = ANY (%(tenants)s) AND attributed_message_id IS NOT NULL
     AND attributed_message_day BETWEEN %(first)s AND %(last)s
     AND (%(campaigns)s::int[] IS NULL OR attributed_campaign_id = ANY (%(campaigns)s))
     AND (%(kind)s = '' OR kind_id IN (
         SELECT k.id FROM conversion_kind k WHERE k.tenant_id = ANY (%(tenants)s) AND k.name = %(kind)s))
)
SELECT {{values}}, e.currency, count(DISTINCT m.recipient_key) FILTER (WHERE m.status = ANY (%(delivered)s)),
       sum(e.value)
FROM event e CROSS JOIN LATERAL (
    SELECT m.* FROM message m WHERE m.tenant_id = e.tenant_id AND m.day = e.day AND {same_message("m", "e")} {EACH}
) m {{joins}} WHERE {{where}}
GROUP BY GROUPING SETS (({{columns}}, e.currency), (e.currency), {{columns}}, ()) LIMIT %(limit)s
"""  # noqa: S608  constants of this module


def may_be_read(query: StatisticsQuery) -> bool:
    """Return whether the query is narrow enough to be read from the messages."""
    return "campaign" in query.filters or (query.last - query.first).days < MAX_DAYS


def groups_of(query: StatisticsQuery, keys: Sequence[str], *, time: str = "") -> dict[tuple, Kpis]:
    """Return the figures by the values of the keys, and by `day` or `month` (its first day). Raises TooManyGroups.

    What is billed is not counted.
    """
    found: defaultdict[tuple, Kpis] = defaultdict(lambda: Kpis(latency={}))
    columns = len(keys) + bool(time)
    for row in _rows(_GROUPS, query, keys, time):
        values, (bucket, messages, parts, *classes, delivered_parts, final) = row[:columns], row[columns:]
        volume = Volume(
            messages=messages,
            parts=parts,
            **dict(zip(_CLASSES, classes, strict=True)),
            delivered_parts=delivered_parts,
            billed_parts=None,
        )
        found[values] += Kpis(volume, final, {} if bucket is None else {bucket: messages})
    return dict(found)


def days_of(query: StatisticsQuery, key: str) -> dict[str, dict[date, int]]:
    """Return the messages of each day by the values of the key. Raises TooManyGroups."""
    found: defaultdict[str, dict[date, int]] = defaultdict(dict)
    for value, day, messages in _rows(_DAYS, query, (key,), "day"):
        found[value][day] = messages
    return dict(found)


def recipients_of(query: StatisticsQuery, keys: Sequence[str]) -> dict[Values, int]:
    """Return the different recipients by the values of the keys. Raises TooManyGroups."""
    return {row[:-1]: row[-1] for row in _rows(_RECIPIENTS, query, keys)}


def recipients_of_values(query: StatisticsQuery, key: str) -> dict[str | None, tuple[int, int]]:
    """Return the different recipients, and those that got a message, by the values of the key; None stands for all."""
    return {value: (recipients, reached) for value, recipients, reached in _rows(_REACHED, query, (key,))}


def converted_of(
    query: StatisticsQuery, key: str, kind: str = ""
) -> tuple[dict[str | None, int], dict[str | None, dict[str, int]]]:
    """Return the recipients that got a message and have an event, and the value of events by currency in millionths.

    Both by the values of the key; None stands for all. `kind` is the name of the only kind of events that counts.
    """
    converted: dict[str | None, int] = {}
    values: defaultdict[str | None, dict[str, int]] = defaultdict(dict)
    for value, currency, recipients, micros in _rows(_CONVERTED, query, (key,), kind=kind):
        if currency is None:
            converted[value] = recipients
        elif currency:
            values[value][currency] = int(micros)
    return converted, values


def _rows(sql: str, query: StatisticsQuery, keys: Sequence[str], time: str = "", kind: str = "") -> list[tuple]:
    where, parameters = _conditions(query)
    parameters["kind"] = kind
    values, joins = [], []
    for number, key in enumerate(keys):
        value, join, of_it = value_of_message(key, number)
        values.append(f"{value} AS value{number}")
        joins.append(join)
        parameters |= of_it
    columns = [f"value{number}" for number in range(len(keys))]
    if time:
        values.append(f"{_TIMES[time]} AS time")
        columns.append("time")
    statement = sql.format(
        values=", ".join(values),
        joins=" ".join(joins),
        where=" AND ".join(where),
        columns=", ".join(columns),
    )
    rows = fetch(Statement(statement, parameters), monotonic() + SECONDS)
    if len(rows) > MAX_GROUPS:
        raise TooManyGroups("by", f"More than {MAX_GROUPS} groups: choose a shorter period.")
    return rows


def _conditions(query: StatisticsQuery) -> tuple[list[str], dict[str, Any]]:
    begin, end = bounds_of(query.tenant_ids)(query.first, query.last)
    where = [
        "m.tenant_id = ANY (%(tenants)s)",
        "m.day BETWEEN %(first)s AND %(last)s",
        "m.sent_at >= %(begin)s AND m.sent_at < %(end)s",
    ]
    parameters: dict[str, Any] = {
        "tenants": sorted(query.tenant_ids),
        "first": query.first,
        "last": query.last,
        "begin": begin,
        "end": end,
        "delivered_status": DELIVERED,
        "limit": MAX_GROUPS + 1,
        "campaigns": None,
    }
    parameters |= {kind: [status for status, counts in COUNTS_AS.items() if counts == kind] for kind in _CLASSES}
    for name, wanted in query.filters.items():
        if name == "campaign":
            where.append("m.campaign_id = ANY (%(campaigns)s)")
            parameters["campaigns"] = campaign_ids(query, wanted)
        else:
            where.append(f"m.{name} = ANY (%({name})s)")
            parameters[name] = list(wanted)
    if query.account_id is not None:
        where.append("m.account_id = %(account)s")
        parameters["account"] = query.account_id
    return where, parameters
