"""The counts that the rules of the Overview's highlights need (reports/overview/highlights.py)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from campaigns.latency import MAX_BUCKET, percentile, value_of
from deliveries.models import CondensedLatency, LatencyCount
from reports.figures.arrays import unnested
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import as_float, summed
from reports.figures.statistics import OTHER_NAME, Group, count_sources, counts_for, statistics, sums
from reports.overview.highlights import (
    SLOW_MESSAGES,
    SLOW_SECONDS,
    SlowDay,
    Winner,
    WorseCountry,
    slow_days,
    winners,
    worse_countries,
)

MAX_DAYS = 100  # a longer period is not looked through day by day

_DAYS = ("country", "operator", "day")
# The least bucket that is the median of a slow day; of other days no buckets are returned.
_SLOW_BUCKET = next(bucket for bucket in range(MAX_BUCKET) if value_of(bucket) >= SLOW_SECONDS)
_N, _FASTER = summed("n"), f"coalesce({summed('n')} FILTER (WHERE bucket < {_SLOW_BUCKET}), 0)"
_SLOW_DAYS = f"""
SELECT country, operator, day, {_N}::bigint, {_FASTER}::bigint,
    array_agg(bucket) FILTER (WHERE bucket >= {_SLOW_BUCKET}),
    array_agg(n::bigint) FILTER (WHERE bucket >= {_SLOW_BUCKET})
FROM ({{rows}}) AS counted (country, operator, day, bucket, n) GROUP BY country, operator, day
HAVING {_N} >= {SLOW_MESSAGES} AND 2 * {_FASTER} < {_N}
"""  # noqa: S608  numbers of these modules


@dataclass(frozen=True, slots=True)
class Highlights:
    """Highlights found, the strongest of each kind first."""

    slow_days: list[SlowDay]
    worse_countries: list[WorseCountry]
    winners: list[Winner]

    def __bool__(self) -> bool:
        return bool(self.slow_days or self.worse_countries or self.winners)


def find_highlights(
    query: StatisticsQuery, *, operators: Sequence[Group], campaigns: Sequence[str], final: Q
) -> Highlights:
    """Look through a period of at most MAX_DAYS days, and the variants of these campaigns.

    `operators` are the period's groups by country and operator, which say what is usual.
    """
    usual = {tuple(group.key.values()): group.kpis.median for group in operators if group.kpis.median is not None}
    is_short = (query.last - query.first).days < MAX_DAYS
    return Highlights(
        slow_days=slow_days(_medians(query), usual) if is_short else [],
        worse_countries=worse_countries(_country_days(query)) if is_short else [],
        winners=winners(_variants(query, campaigns, final)),
    )


def _medians(query: StatisticsQuery) -> Iterator[tuple[str, str, date, float, int]]:
    """Yield country, operator, day, median and delivered messages of the days that are slow by the least of limits."""
    statements = [_by_bucket(rows) for rows in count_sources(replace(query, group_by=_DAYS), LatencyCount)]
    rows = " UNION ALL ".join(f"({sql})" for sql, _parameters in statements)
    with connection.cursor() as cursor:
        cursor.execute(_SLOW_DAYS.format(rows=rows), [value for _sql, values in statements for value in values])
        found = cursor.fetchall()
    for country, operator, day, delivered, faster, buckets, messages in found:
        counts = Counter({_SLOW_BUCKET - 1: faster})
        for bucket, n in zip(buckets, messages, strict=True):  # a bucket comes once for each account
            counts[bucket] += n
        if (median := percentile(counts, 0.5)) is not None:
            yield country, operator, day, median, delivered


def _by_bucket(rows: QuerySet) -> tuple[str, Sequence]:
    """Return the SQL of the columns `_DAYS`, bucket and messages of a source of LatencyCount, and its parameters.

    Of roll-ups only the days with a slow row: the median of several rows is at most the largest of theirs.
    """
    if rows.model is CondensedLatency:
        same = {name: OuterRef(name) for name in _DAYS}
        return unnested(rows.filter(Exists(rows.filter(**same, median__gte=_SLOW_BUCKET))), _DAYS)
    counted = rows.values(*_DAYS, "bucket").annotate(n=Sum(as_float("messages"))).filter(n__gt=0)
    return counted.values_list(*_DAYS, "bucket", "n").query.sql_with_params()


def _country_days(query: StatisticsQuery) -> dict[str, list[tuple[date, int, int]]]:
    """Return by country the days that have messages, in order, with those delivered and failed."""
    by = replace(query, group_by=("country", "day"))
    model = counts_for(by)
    wanted = {name: sums(model)[name] for name in ("n_messages", "n_delivered", "n_failed")}
    found = defaultdict(list)
    for source in count_sources(by, model, columns=("status",)):
        rows = source.values_list("country", "day").annotate(**wanted).filter(n_messages__gt=0)
        for country, day, _messages, delivered, failed in rows:
            found[country].append((day, delivered, failed))
    return {country: sorted(rows) for country, rows in found.items()}


def _variants(query: StatisticsQuery, campaigns: Sequence[str], final: Q) -> dict[str, dict[str, tuple[int, int]]]:
    names = [name for name in campaigns if name != OTHER_NAME]
    filters = {"campaign": names} | dict(query.filters)  # a page of one campaign stays with it
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    wanted = replace(query, group_by=("campaign", "variant"), filters=filters, with_latency=False)
    for group in statistics(wanted, final=final):
        found[group.key["campaign"]][group.key["variant"]] = (group.totals.delivered, group.totals.messages)
    return found
