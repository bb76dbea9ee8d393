"""Figures by the values of one key from the counts, and whether a value has enough recipients to be shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import connection

from campaigns.segments import NO_SEGMENTS
from deliveries.messages.parameter_rows import COLUMNS
from deliveries.models import LatencyCount, SegmentCount, SegmentLatencyCount
from deliveries.search.day_bounds import bounds_of
from portal.common.bulk import EACH
from reports.figures.arrays import by_day
from reports.figures.bucket_arrays import by_bucket
from reports.figures.kpis import Kpis
from reports.figures.query import SEGMENT, StatisticsQuery
from reports.figures.statistics import count_sources, statistics
from reports.segments.small_groups import LEAST_RECIPIENTS
from reports.segments.values import value_of_message

# So many of the newest messages of a value are read for its recipients, then more while these are not enough.
READ_OF_VALUE = (12, 100, 1_000)
READ_OF_ALL = (400, 20_000)  # of a tenant, for the recipients of "(none)" and "(other)"

Group = tuple  # the value, and the day or month where that is grouped by

_OF_VALUES = """
SELECT r.value, count(DISTINCT r.recipient_key)
FROM unnest(%(tenants)s::int[]) AS t (id) CROSS JOIN unnest(%(values)s::text[]) AS v (value) CROSS JOIN LATERAL (
    SELECT p.value, m.recipient_key FROM message_parameter p
    CROSS JOIN LATERAL (SELECT m.recipient_key FROM message m WHERE {same} {each}) AS m
    WHERE p.tenant_id = t.id AND p.key = %(key)s AND p.value = v.value
      AND (%(account)s::int IS NULL OR p.account_id = %(account)s)
      AND p.sent_at >= %(begin)s AND p.sent_at < %(end)s AND p.day BETWEEN %(first)s AND %(last)s
    ORDER BY p.sent_at DESC LIMIT %(most)s
) AS r GROUP BY r.value
"""
_OF_OTHERS = """
SELECT found.value, count(DISTINCT found.recipient_key) FROM (
    SELECT {value} AS value, m.recipient_key FROM unnest(%(tenants)s::int[]) AS t (id) CROSS JOIN LATERAL (
        SELECT * FROM message m WHERE m.tenant_id = t.id AND m.sent_at >= %(begin)s AND m.sent_at < %(end)s
          AND (%(account)s::int IS NULL OR m.account_id = %(account)s)
          AND m.day BETWEEN %(first)s AND %(last)s ORDER BY m.sent_at DESC LIMIT %(most)s
    ) AS m {joins}
) AS found WHERE found.value = ANY (%(values)s) GROUP BY found.value
"""


def groups_of(query: StatisticsQuery, key: str, *, time: str = "") -> dict[Group, Kpis]:
    """Return the figures by the values of the key, and by `day` or `month`. Raises TooManyGroups."""
    groups = statistics(replace(query, group_by=(SEGMENT + key, *([time] if time else []))))
    return {tuple(group.key.values()): group.kpis for group in groups}


def times_of(query: StatisticsQuery, key: str, values: Collection[str]) -> dict[str, dict[int, int]]:
    """Return the delivered messages by latency bucket of these values."""
    sources = count_sources(replace(query, group_by=(SEGMENT + key,)), SegmentLatencyCount)
    counted = by_bucket([rows.filter(value__in=list(values)) for rows in sources], ("value",))
    return {value: messages for (value,), messages in counted.items()}


def all_times(query: StatisticsQuery, key: str, *, is_whole: bool) -> dict[int, int]:
    """Return the delivered messages by latency bucket of all values of the key.

    If the whole period is counted by the key (`is_whole`), these are all messages, which are counted in fewer rows.
    """
    if is_whole:
        sources = count_sources(replace(query, group_by=()), LatencyCount)
    else:
        sources = count_sources(replace(query, group_by=(SEGMENT + key,)), SegmentLatencyCount)
    return by_bucket(sources, ()).get((), {})


def days_of(query: StatisticsQuery, key: str, values: Collection[str]) -> dict[str, dict[date, int]]:
    """Return the messages of each day of these values."""
    sources = count_sources(replace(query, group_by=(SEGMENT + key, "day")), SegmentCount)
    counted = by_day([rows.filter(value__in=list(values)) for rows in sources], ("value",))
    return {value: days for (value,), days in counted.items()}


def enough_recipients(query: StatisticsQuery, key: str, messages: Mapping[str, int]) -> dict[str, int]:
    """Return the recipients of each value, at most LEAST_RECIPIENTS, which are enough for a group of their own.

    At most the newest messages of READ_OF_VALUE are read, so the result is a lower bound. A value whose messages are
    deleted has none. `messages` are those of each value.
    """
    candidates = [value for value, n in messages.items() if n >= LEAST_RECIPIENTS]
    begin, end = bounds_of(query.tenant_ids)(query.first, query.last)
    parameters: dict[str, Any] = {
        "tenants": sorted(query.tenant_ids),
        "key": key,
        "account": query.account_id,
        "begin": begin,
        "end": end,
        "first": query.first,
        "last": query.last,
    }
    value, joins, of_value = value_of_message(key, 0)
    same = " AND ".join(f"m.{name} = p.{name}" for name in COLUMNS if name not in ("key", "value"))
    named = {value: messages[value] for value in candidates if value not in NO_SEGMENTS}
    special = dict.fromkeys(set(candidates) & set(NO_SEGMENTS), sum(messages.values()))
    found = dict.fromkeys(messages, 0)
    found |= _counted(_OF_VALUES.format(same=same, each=EACH), parameters, named, READ_OF_VALUE)
    found |= _counted(_OF_OTHERS.format(value=value, joins=joins), parameters | of_value, special, READ_OF_ALL)
    return found


def _counted(
    statement: str, parameters: Mapping[str, Any], messages: Mapping[str, int], steps: Sequence[int]
) -> dict[str, int]:
    """Return the recipients of the values, reading in `steps` those that may have more; `messages` is the most."""
    found: dict[str, int] = {}
    read = 0
    for most in steps:
        values = [value for value, n in messages.items() if n > read and found.get(value, 0) < LEAST_RECIPIENTS]
        if not values:
            break
        with connection.cursor() as cursor:
            cursor.execute(statement, {**parameters, "values": values, "most": most})
            found |= {value: min(recipients, LEAST_RECIPIENTS) for value, recipients in cursor.fetchall()}
        read = most
    return found
