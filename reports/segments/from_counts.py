"""Figures by the values of one key from the counts, and whether a value has enough recipients to be shown."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import F, Model, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth

from campaigns.segments import NO_SEGMENTS
from deliveries.messages.parameter_rows import COLUMNS
from deliveries.models import SegmentCount, SegmentLatencyCount
from deliveries.search.day_bounds import bounds_of
from portal.common.bulk import EACH
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery, TooManyGroups
from reports.figures.rollups import as_float, sources
from reports.figures.statistics import MAX_GROUPS, finality, kpis_of, part_sums, sums
from reports.segments.small_groups import LEAST_RECIPIENTS
from reports.segments.values import value_of_message

READ_OF_VALUE = 1_000  # newest messages of a value that are read for its recipients
READ_OF_ALL = 20_000  # newest messages of a tenant that are read for those of "(none)" and "(other)"

Group = tuple  # the value, and the day or month where that is grouped by

_TIMES: dict[str, Any] = {"day": F("day"), "month": TruncMonth("day")}
_ARRAYS = """
SELECT {shown}, array_agg(bucket), array_agg(n::bigint) FROM ({rows}) AS r GROUP BY {names}
"""
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
    """Return the figures by the values of the key, and by `day` or `month` (its first day). Raises TooManyGroups."""
    columns = ["value", *([time] if time else [])]
    final = finality()
    found: dict[Group, Kpis] = {}
    wanted = sums(SegmentCount) | part_sums(SegmentCount) | {"n_final": Sum("messages", filter=final, default=0)}
    for rows in _sources(SegmentCount, query, key, time, ("status", "result_code")):
        for row in rows.values(*columns).annotate(**wanted).filter(n_messages__gt=0)[: MAX_GROUPS + 1]:
            group = tuple(row[column] for column in columns)
            found[group] = found.get(group, Kpis()) + kpis_of(row)
        if len(found) > MAX_GROUPS:
            raise TooManyGroups("group_by", f"More than {MAX_GROUPS} groups: choose a shorter period.")
    found = {group: replace(kpis, latency={}) for group, kpis in found.items()}
    for rows in _sources(SegmentLatencyCount, query, key, time):
        for *group, buckets, messages in _by_group(rows, columns):
            if (kpis := found.get(tuple(group))) is not None:  # not what came between the two queries
                times: Any = kpis.latency
                for bucket, n in zip(buckets, messages, strict=True):
                    times[bucket] = times.get(bucket, 0) + n
    return found


def _by_group(rows: QuerySet, columns: Sequence[str]) -> list[tuple]:
    """Return each group's buckets and their messages as two arrays: a value has hundreds, and a row of each is slow."""
    counted = rows.values(*columns, "bucket").annotate(n=Sum(as_float("messages"))).filter(n__gt=0)
    sql, parameters = counted.query.sql_with_params()
    shown = ", ".join(f"{name}::date" if name in _TIMES else name for name in columns)  # a month is an instant in SQL
    with connection.cursor() as cursor:
        cursor.execute(_ARRAYS.format(shown=shown, names=", ".join(columns), rows=sql), parameters)
        return cursor.fetchall()


def segment_rows(query: StatisticsQuery, key: str) -> QuerySet:
    """Return the count rows of the key, which hold country, operator and type of sender, unlike their roll-ups."""
    (rows,) = _sources(SegmentCount, query, key, "", ("country", "operator", "sender_type", "status", "result_code"))
    return rows


def days_of(query: StatisticsQuery, key: str, values: Collection[str]) -> dict[str, dict[date, int]]:
    """Return the messages of each day of these values."""
    found: defaultdict[str, dict[date, int]] = defaultdict(dict)
    for rows in _sources(SegmentCount, query, key, "day"):
        of_values = rows.filter(value__in=list(values)).values("value", "day")
        for row in of_values.annotate(n=Sum("messages")).filter(n__gt=0):
            found[row["value"]][row["day"]] = row["n"]
    return dict(found)


def enough_recipients(query: StatisticsQuery, key: str, messages: Mapping[str, int]) -> dict[str, int]:
    """Return the recipients of each value, counted only until they are surely enough for a group of their own.

    At most the newest READ_OF_VALUE messages of a value are read, so the result is a lower bound. A value whose
    messages are deleted has none. `messages` are those of each value.
    """
    candidates = [value for value, n in messages.items() if n >= LEAST_RECIPIENTS]
    found = dict.fromkeys(messages, 0)
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
    special = [value for value in candidates if value in NO_SEGMENTS]
    named = [value for value in candidates if value not in special]
    with connection.cursor() as cursor:
        if named:
            cursor.execute(
                _OF_VALUES.format(same=same, each=EACH), parameters | {"values": named, "most": READ_OF_VALUE}
            )
            found |= cursor.fetchall()
        if special:
            statement = _OF_OTHERS.format(value=value, joins=joins)
            cursor.execute(statement, parameters | of_value | {"values": special, "most": READ_OF_ALL})
            found |= cursor.fetchall()
    return found


def _sources(
    model: type[Model], query: StatisticsQuery, key: str, time: str, columns: Iterable[str] = ()
) -> list[QuerySet]:
    """Return the rows of the key that together count each message of the query once."""
    found = sources(
        model,
        tenant_ids=query.tenant_ids,
        first=query.first,
        last=query.last,
        columns={"key", "value", *columns},
        by_day=time == "day",
    )
    of_account = Q() if query.account_id is None else Q(account_id=query.account_id)
    rows = [source.filter(of_account, key=key) for source in found]
    return [source.annotate(month=_TIMES["month"]) if time == "month" else source for source in rows]
