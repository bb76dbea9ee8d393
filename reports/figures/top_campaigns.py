"""The largest campaigns of a period, and what the others are together, so that a table of them sums.

Campaigns of several tenants that have the same name are one row.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import connection

from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID
from deliveries.models import CampaignCount, LatencyCount
from portal.tenants.models import Tenant
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import by_bucket, union_all
from reports.figures.statistics import OTHER_NAME, count_sources, kpis_of, sums

TOP_CAMPAIGNS = 10


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """The campaigns of one name; `name` is `(other)` for what is over the daily limit of new ones.

    `tenants` is how many have one, `tenant` the slug of a single one, '' for several. A row with `is_masked` is found
    by its name nowhere: a number in it is hidden.
    """

    name: str
    tenants: int
    tenant: str
    kpis: Kpis
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class OtherCampaigns:
    """The campaigns that are not shown one by one, and the messages without a campaign."""

    campaigns: int
    kpis: Kpis
    without: Kpis


# The sums of each campaign, then of each name, which is that of the campaign it is merged into; `class` tells names
# from no campaign and from those over the limit. Each name has its place in the order. Those in the page are by
# themselves, the others together.
_PLACED = """
WITH counted AS (
    SELECT tenant_id, campaign_id, {sums} FROM ({rows}) AS r GROUP BY tenant_id, campaign_id HAVING sum(n_messages) > 0
), named AS (
    SELECT least(campaign_id, 1) AS class, coalesce(target.name, c.name, '') AS name,
           count(DISTINCT counted.tenant_id) AS tenants,
           min(counted.tenant_id) AS tenant_id, array_agg(campaign_id) AS ids, {sums}
    FROM counted LEFT JOIN campaigns_campaign AS c ON c.id = campaign_id
    LEFT JOIN campaigns_campaign AS target ON target.id = c.merged_into_id GROUP BY 1, 2
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY class = {none} ORDER BY n_messages DESC, name, class) AS place FROM named
), kinds AS (
    SELECT *, CASE WHEN class = {none} THEN 'none' WHEN place <= %s THEN 'shown' ELSE 'rest' END AS kind
    FROM placed
)
SELECT kind, CASE kind WHEN 'shown' THEN place END, min(class), min(name), min(tenants), min(tenant_id),
       CASE kind WHEN 'shown' THEN ids END, count(*), {sums}
FROM kinds GROUP BY 1, 2, 7 ORDER BY 2
"""


@dataclass(frozen=True, slots=True)
class _Found:
    """A row of the query: one name, or (`kind`) the sum of the rest."""

    kind: str
    name: str
    tenants: int
    tenant_id: int
    ids: tuple[int, ...]
    names: int
    kpis: Kpis


def campaigns(
    query: StatisticsQuery, *, latency: Mapping[int, int], limit: int = TOP_CAMPAIGNS
) -> tuple[list[CampaignRow], OtherCampaigns]:
    """Return the `limit` largest campaigns, and all others, which makes all of the query.

    How many messages are final is not counted by campaign alone: that is None.
    `latency` is that of all messages of the query: the others' is what the shown ones leave of it.
    """
    found = _placed(query, limit)
    shown = [row for row in found if row.kind == "shown"]
    rest = next((row for row in found if row.kind == "rest"), None)
    none = next((row for row in found if row.kind == "none"), None)
    slugs = dict(Tenant.objects.filter(id__in={row.tenant_id for row in shown}).values_list("id", "slug"))
    times = _latency(query, sorted({NO_CAMPAIGN_ID, *(id_ for row in shown for id_ in row.ids)}))
    rows = [
        CampaignRow(
            name=row.name,
            tenants=row.tenants,
            tenant=slugs[row.tenant_id] if row.tenants == 1 else "",
            kpis=replace(row.kpis, latency=dict(sum((times[id_] for id_ in set(row.ids)), Counter()))),
        )
        for row in shown
    ]
    left = Counter(latency) - sum(times.values(), Counter())  # never below 0, should reports have come in meanwhile
    return rows, OtherCampaigns(
        campaigns=rest.names if rest else 0,
        kpis=replace(rest.kpis if rest else Kpis(final=None), latency=dict(left)),
        without=replace(none.kpis if none else Kpis(final=None), latency=dict(times[NO_CAMPAIGN_ID])),
    )


def _placed(query: StatisticsQuery, limit: int) -> list[_Found]:
    found_in = count_sources(replace(query, group_by=("campaign",)), CampaignCount)
    wanted = sums(CampaignCount)
    rows = [source.values("tenant_id", "campaign_id").annotate(**sums(source.model)) for source in found_in]
    sql, parameters = union_all(rows)
    added = ", ".join(f"sum({name})::bigint AS {name}" for name in wanted)
    placed = _PLACED.format(sums=added, rows=sql, none=NO_CAMPAIGN_ID)
    found = []
    with connection.cursor() as cursor:
        cursor.execute(placed, [*parameters, limit])
        for kind, _place, class_, name, tenants, tenant_id, ids, names, *values in cursor.fetchall():
            kpis = kpis_of(dict(zip(wanted, values, strict=True)))
            name = OTHER_NAME if class_ == OTHER_CAMPAIGNS_ID else name
            found.append(_Found(kind, name, tenants, tenant_id, tuple(ids or ()), names, kpis))
    return found


def _latency(query: StatisticsQuery, ids: list[int]) -> defaultdict[int, Counter[int]]:
    """Return campaign → delivered messages by bucket."""
    found: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for source in count_sources(replace(query, group_by=("campaign",)), LatencyCount):
        for row in by_bucket(source.filter(campaign_id__in=ids), ("campaign_id",)):
            found[row["campaign_id"]][row["bucket"]] += row["n"]
    return found
