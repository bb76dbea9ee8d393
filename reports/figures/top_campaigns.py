"""The largest campaigns of a period, and what the others are together, so that a table of them sums."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import connection

from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID, Campaign
from deliveries.models import CampaignCount, LatencyCount
from portal.tenants.models import Tenant
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import by_bucket, union_all
from reports.figures.statistics import OTHER_NAME, count_sources, kpis_of, sums

TOP_CAMPAIGNS = 10


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A tenant's campaign; `name` is `(other)` for what is over the daily limit of new ones.

    One with `is_masked` is found by its name nowhere: a number in it is hidden.
    """

    campaign_id: int
    name: str
    tenant: str  # its slug
    tenant_id: int
    kpis: Kpis
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class OtherCampaigns:
    """The campaigns that are not shown one by one, and the messages without a campaign."""

    campaigns: int
    kpis: Kpis
    without: Kpis


# Each campaign's place by size, then the first ones by themselves and the others together; `none` is no campaign.
_PLACED = """
WITH counted AS (
    SELECT tenant_id, campaign_id, {sums} FROM ({rows}) AS r GROUP BY tenant_id, campaign_id HAVING sum(n_messages) > 0
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY campaign_id = %s ORDER BY n_messages DESC, tenant_id, campaign_id) AS n
    FROM counted
), named AS (
    SELECT *, CASE WHEN campaign_id = %s THEN 'none' WHEN n <= %s THEN 'top' ELSE 'rest' END AS kind FROM placed
)
SELECT kind, CASE kind WHEN 'top' THEN tenant_id END, CASE kind WHEN 'top' THEN campaign_id END, count(*), {sums}
FROM named GROUP BY 1, 2, 3 ORDER BY max(n_messages) DESC, 2, 3
"""


def campaigns(
    query: StatisticsQuery, *, latency: Mapping[int, int], limit: int = TOP_CAMPAIGNS
) -> tuple[list[CampaignRow], OtherCampaigns]:
    """Return the campaigns with the most messages, the largest first, and the others, which makes all of the query.

    How many of them are final is not counted by campaign alone: that is None.
    `latency` is that of all messages of the query: the others' is what the shown ones leave of it.
    """
    kinds = _by_size(query, limit)
    top = kinds.get("top", {})
    ids = sorted({campaign_id for _, campaign_id in top})
    names = dict(Campaign.objects.filter(id__in=ids).values_list("id", "name")) | {OTHER_CAMPAIGNS_ID: OTHER_NAME}
    slugs = dict(Tenant.objects.filter(id__in={tenant_id for tenant_id, _ in top}).values_list("id", "slug"))
    times = _latency(query, [*ids, NO_CAMPAIGN_ID])
    rows = [
        CampaignRow(
            campaign_id=campaign_id,
            name=names[campaign_id],
            tenant=slugs[tenant_id],
            tenant_id=tenant_id,
            kpis=replace(kpis, latency=dict(times[tenant_id, campaign_id])),
        )
        for (tenant_id, campaign_id), (kpis, _) in top.items()
    ]
    without = sum((found for (_, campaign_id), found in times.items() if campaign_id == NO_CAMPAIGN_ID), Counter())
    shown = sum((times[key] for key in top), Counter())
    rest, number = kinds.get("rest", {}).get((None, None), (Kpis(final=None), 0))
    none, _ = kinds.get("none", {}).get((None, None), (Kpis(final=None), 0))
    left = Counter(latency) - shown - without  # never below 0, should reports have come in between the queries
    return rows, OtherCampaigns(
        campaigns=number, kpis=replace(rest, latency=dict(left)), without=replace(none, latency=dict(without))
    )


def _by_size(query: StatisticsQuery, limit: int) -> dict[str, dict[tuple, tuple[Kpis, int]]]:
    """Return kind → (tenant, campaign) → figures and number of campaigns, the largest first."""
    found_in = count_sources(replace(query, group_by=("campaign",)), CampaignCount)
    wanted = sums(CampaignCount)
    rows = [source.values("tenant_id", "campaign_id").annotate(**sums(source.model)) for source in found_in]
    sql, parameters = union_all(rows)
    added = ", ".join(f"sum({name})::bigint AS {name}" for name in wanted)
    found: dict[str, dict[tuple, tuple[Kpis, int]]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_PLACED.format(sums=added, rows=sql), [*parameters, NO_CAMPAIGN_ID, NO_CAMPAIGN_ID, limit])
        for kind, tenant_id, campaign_id, number, *values in cursor.fetchall():
            kpis = kpis_of(dict(zip(wanted, values, strict=True)))
            found[kind][tenant_id, campaign_id] = (kpis, number)
    return found


def _latency(query: StatisticsQuery, ids: list[int]) -> defaultdict[tuple, Counter[int]]:
    """Return (tenant, campaign) → delivered messages by bucket."""
    found: defaultdict[tuple, Counter[int]] = defaultdict(Counter)
    for source in count_sources(replace(query, group_by=("campaign",)), LatencyCount):
        for row in by_bucket(source.filter(campaign_id__in=ids), ("tenant_id", "campaign_id")):
            found[row["tenant_id"], row["campaign_id"]][row["bucket"]] += row["n"]
    return found
