"""Figures that no count holds, read from the messages one by one: of two segment keys, and of different recipients.

Counts hold one key at a time and no campaign, and no count knows recipients. So tables of two keys, segments of a
campaign and different recipients are read from the messages: of one campaign, or of at most MAX_DAYS days. Messages
that retention has deleted are not in them. Every function raises SearchTooSlow where it takes longer than SECONDS.
`names` are what a StatisticsQuery can group by; its own groups are not looked at.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from time import monotonic
from typing import Any

from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID
from deliveries.dialects.codes import COUNTS_AS, DELIVERED
from deliveries.messages.fold import PARTNER_OVER_LIMIT
from deliveries.messages.row import OTHER_LABEL
from deliveries.messages.store import same_message
from deliveries.search.day_bounds import bounds_of
from deliveries.search.find import fetch
from deliveries.search.sql import Statement
from portal.common.bulk import EACH
from reports.figures.kpis import Kpis
from reports.figures.query import SEGMENT, StatisticsQuery, TooManyGroups, segment_key_of
from reports.figures.statistics import MAX_GROUPS, campaign_ids
from reports.figures.volume import Volume
from reports.segments.values import value_of_message

MAX_DAYS = 31  # that are read from the messages, unless it is one campaign
SECONDS = 8.0  # of one statement

Values = tuple  # of the names, in their order

_CLASSES = ("delivered", "failed", "pending", "unknown")
# What a message is counted by (deliveries/counts/changes.py), named as in reports/figures/statistics.py.
_COLUMNS = {
    "day": "m.day",
    "week": """to_char(m.day, 'IYYY-"W"IW')""",
    "month": "to_char(m.day, 'YYYY-MM')",
    "tenant": "(SELECT t.slug FROM tenants_tenant t WHERE t.id = m.tenant_id)",
    "partner_id": f"CASE WHEN m.flags & {PARTNER_OVER_LIMIT} > 0 THEN '{OTHER_LABEL}' ELSE m.partner_id END",
    "campaign": (
        f"CASE m.campaign_id WHEN {NO_CAMPAIGN_ID} THEN '' WHEN {OTHER_CAMPAIGNS_ID} THEN '{OTHER_LABEL}'"
        " ELSE coalesce(shown.name, campaign.name, '') END"
    ),
    **{name: f"m.{name}" for name in ("variant", "country", "operator", "sender_type", "status", "result_code")},
}
READ_BY = frozenset(_COLUMNS)  # and by segment keys
_CAMPAIGN = """
LEFT JOIN campaigns_campaign campaign ON campaign.id = m.campaign_id AND campaign.tenant_id = m.tenant_id
LEFT JOIN campaigns_campaign shown ON shown.id = campaign.merged_into_id AND shown.tenant_id = m.tenant_id
"""
_GROUPS = """
SELECT {values} m.latency_bucket, count(*), sum(m.parts)::bigint,
    count(*) FILTER (WHERE m.status = ANY (%(delivered)s)), count(*) FILTER (WHERE m.status = ANY (%(failed)s)),
    count(*) FILTER (WHERE m.status = ANY (%(pending)s)), count(*) FILTER (WHERE m.status = ANY (%(unknown)s)),
    coalesce(sum(m.parts) FILTER (WHERE m.status = %(delivered_status)s), 0)::bigint, count(*) FILTER (WHERE m.final)
FROM message m {joins} WHERE {where} GROUP BY {columns}, m.latency_bucket LIMIT %(limit)s
"""
_DAYS = """
SELECT {values} count(*) FROM message m {joins} WHERE {where} GROUP BY {columns} LIMIT %(limit)s
"""
_RECIPIENTS = """
SELECT {values} count(DISTINCT m.recipient_key) FROM message m {joins}
WHERE {where} GROUP BY {columns} LIMIT %(limit)s
"""
# Of each group, and (nulls) of all. A currency is null in the sum of all, '' for events without a value.
_REACHED = """
SELECT {values} count(DISTINCT m.recipient_key) FROM message m {joins}
WHERE {where} AND m.status = ANY (%(delivered)s) GROUP BY {sets} LIMIT %(limit)s
"""
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
SELECT {{values}} e.currency, count(DISTINCT m.recipient_key) FILTER (WHERE m.status = ANY (%(delivered)s)),
       sum(e.value)
FROM event e CROSS JOIN LATERAL (
    SELECT m.* FROM message m WHERE m.tenant_id = e.tenant_id AND m.day = e.day AND {same_message("m", "e")} {EACH}
) m {{joins}} WHERE {{where}}
GROUP BY {{sets_of_currency}} LIMIT %(limit)s
"""  # noqa: S608  constants of this module
_TOTAL = "SELECT count(DISTINCT m.recipient_key) FROM message m WHERE {where}"


def may_be_read(query: StatisticsQuery) -> bool:
    """Return whether the query is narrow enough to be read from the messages."""
    return "campaign" in query.filters or (query.last - query.first).days < MAX_DAYS


def groups_of(query: StatisticsQuery, names: Sequence[str]) -> dict[Values, Kpis]:
    """Return the figures by these names. Raises TooManyGroups.

    What is billed is not counted.
    """
    found: defaultdict[tuple, Kpis] = defaultdict(lambda: Kpis(latency={}))
    columns = len(names)
    for row in _rows(_GROUPS, query, names):
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
    for value, day, messages in _rows(_DAYS, query, (SEGMENT + key, "day")):
        found[value][day] = messages
    return dict(found)


def recipients_of(query: StatisticsQuery, names: Sequence[str]) -> dict[Values, int]:
    """Return the different recipients by these names. Raises TooManyGroups."""
    return {row[:-1]: row[-1] for row in _rows(_RECIPIENTS, query, names)}


def all_recipients(query: StatisticsQuery) -> int:
    """Return the different recipients of all messages of the query."""
    ((recipients,),) = _rows(_TOTAL, query, ())
    return recipients


def reached_recipients(query: StatisticsQuery, names: Sequence[str]) -> dict[Values | None, int]:
    """Return the different recipients that got a message by these names; None stands for all."""
    return {_or_all(row[:-1]): row[-1] for row in _rows(_REACHED, query, names)}


def converted_of(
    query: StatisticsQuery, names: Sequence[str], kind: str = ""
) -> tuple[dict[Values | None, int], dict[Values | None, dict[str, int]]]:
    """Return the recipients that got a message and have an event, and the value of events by currency in millionths.

    Both by these names; None stands for all. `kind` is the name of the only kind of events that counts.
    """
    converted: dict[Values | None, int] = {}
    values: defaultdict[Values | None, dict[str, int]] = defaultdict(dict)
    for *group, currency, recipients, micros in _rows(_CONVERTED, query, names, kind=kind):
        key = _or_all(tuple(group))
        if currency is None:
            converted[key] = recipients
        elif currency:
            values[key][currency] = int(micros)
    return converted, values


def _or_all(values: Values) -> Values | None:
    return None if all(value is None for value in values) else values


def _rows(sql: str, query: StatisticsQuery, names: Sequence[str], kind: str = "") -> list[tuple]:
    where, parameters = _conditions(query)
    parameters["kind"] = kind
    values, joins = [], []
    for number, name in enumerate(names):
        value, join, of_it = _column(name, number)
        values.append(f"{value} AS value{number}")
        joins.append(join)
        parameters |= of_it
    columns = ", ".join(f"value{number}" for number in range(len(names)))
    sets, of_currency = ["()"], ["(e.currency)", "()"]
    if names:
        sets.append(f"({columns})")
        of_currency += [f"({columns}, e.currency)", f"({columns})"]
    statement = sql.format(
        values=", ".join(values) + ("," if values else ""),
        joins=" ".join(joins),
        where=" AND ".join(where),
        columns=columns,
        sets=f"GROUPING SETS ({', '.join(sets)})",
        sets_of_currency=f"GROUPING SETS ({', '.join(of_currency)})",
    )
    rows = fetch(Statement(statement, parameters), monotonic() + SECONDS)
    if len(rows) > MAX_GROUPS:
        raise TooManyGroups("group_by", f"More than {MAX_GROUPS} groups: choose a shorter period.")
    return rows


def _column(name: str, number: int) -> tuple[str, str, dict[str, Any]]:
    """Return the SQL of what a name groups by, the joins that it needs, and the parameters."""
    if key := segment_key_of(name):
        return value_of_message(key, number)
    return _COLUMNS[name], _CAMPAIGN if name == "campaign" else "", {}


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
            where.append(f"{_COLUMNS[name]} = ANY (%({name})s)")
            parameters[name] = list(wanted)
    if query.account_id is not None:
        where.append("m.account_id = %(account)s")
        parameters["account"] = query.account_id
    return where, parameters
