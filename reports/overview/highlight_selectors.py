"""The counts that the rules of the Overview's highlights need (reports/overview/highlights.py)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import connection
from django.db.models import Q, Sum

from deliveries.models import LatencyCount
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import as_float, union_all
from reports.figures.statistics import OTHER_NAME, Group, count_sources, statistics
from reports.overview.highlights import SlowDay, Winner, WorseCountry, slow_days, winners, worse_countries

MAX_DAYS = 100  # a longer period is not looked through day by day

# The bucket in which a day's median lies: the first at which half of the messages are reached.
MEDIANS = """
WITH counted AS ({counted}),
     reached AS (SELECT country, operator, day, bucket,
                        sum(n) OVER (PARTITION BY country, operator, day ORDER BY bucket) AS n,
                        sum(n) OVER (PARTITION BY country, operator, day) AS of
                 FROM counted)
SELECT country, operator, day, min(bucket) FILTER (WHERE 2 * n >= of), max(of)::bigint
FROM reached GROUP BY country, operator, day HAVING max(of) >= 1
"""


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
        worse_countries=worse_countries(_country_days(query, final)) if is_short else [],
        winners=winners(_variants(query, campaigns, final)),
    )


def _medians(query: StatisticsQuery) -> list[tuple]:
    by_day = replace(query, group_by=("country", "operator", "day"))
    counted = [
        rows.values("country", "operator", "day", "bucket").annotate(n=Sum(as_float("messages"))).filter(n__gt=0)
        for rows in count_sources(by_day, LatencyCount)
    ]
    sql, parameters = union_all(counted)
    with connection.cursor() as cursor:
        cursor.execute(MEDIANS.format(counted=sql), parameters)
        return cursor.fetchall()


def _country_days(query: StatisticsQuery, final: Q) -> dict[str, list[tuple]]:
    found = defaultdict(list)
    groups = statistics(replace(query, group_by=("day", "country"), with_latency=False), final=final)
    for group in groups:  # in the order of the days
        found[group.key["country"]].append((group.key["day"], group.totals.delivered, group.totals.failed))
    return found


def _variants(query: StatisticsQuery, campaigns: Sequence[str], final: Q) -> dict[str, dict[str, tuple[int, int]]]:
    names = [name for name in campaigns if name != OTHER_NAME]
    filters = {"campaign": names} | dict(query.filters)  # a page of one campaign stays with it
    found: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    wanted = replace(query, group_by=("campaign", "variant"), filters=filters, with_latency=False)
    for group in statistics(wanted, final=final):
        found[group.key["campaign"]][group.key["variant"]] = (group.totals.delivered, group.totals.messages)
    return found
