"""The largest campaigns of a period, and what the others are together, so that a table of them sums.

Campaigns of several tenants that have the same name are one row.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import connection
from django.db.models import F

from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID
from deliveries.models import CampaignCount, CondensedCampaign, LatencyCount
from portal.tenants.models import Tenant
from reports.figures.bucket_arrays import by_bucket
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import as_float, named, summed, union_all
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


# Campaigns are shown as what they are merged into. The rows are summed once, by campaign; the table's rows are sums of
# these. Rows of one name have one `place`; `(other)`, campaign -1, is one of the names.
_SORTED = f"""
WITH merged AS MATERIALIZED (
    SELECT id, merged_into_id FROM campaigns_campaign
    WHERE tenant_id = ANY (%(tenants)s) AND merged_into_id IS NOT NULL
), sorted AS MATERIALIZED (
    SELECT r.tenant_id, coalesce(m.merged_into_id, r.campaign_id) AS shown_id, {{sums}}
    FROM ({{rows}}) AS r LEFT JOIN merged AS m ON m.id = r.campaign_id
    GROUP BY 1, 2 HAVING {summed("n_messages")} > 0
)"""  # noqa: S608  constants of this module
# Of one tenant each campaign is a name: names are looked up for the largest alone.
_OF_ONE_TENANT = f"""
, largest AS (
    SELECT tenant_id, shown_id, n_messages AS n FROM sorted WHERE shown_id <> {NO_CAMPAIGN_ID}
    ORDER BY n DESC FETCH FIRST (%(limit)s) ROWS WITH TIES
), placed AS MATERIALIZED (
    SELECT l.tenant_id AS own_tenant, l.shown_id, coalesce(c.name, '') AS name, 1 AS tenants, l.tenant_id,
        row_number() OVER (ORDER BY l.n DESC, coalesce(c.name, ''), l.shown_id) AS place
    FROM largest AS l LEFT JOIN campaigns_campaign AS c ON c.id = l.shown_id
), every AS (SELECT count(*) AS names FROM sorted WHERE shown_id <> {NO_CAMPAIGN_ID})"""  # noqa: S608  constants of this module
_OF_SEVERAL_TENANTS = f"""
, named AS MATERIALIZED (
    SELECT s.tenant_id, s.shown_id, least(s.shown_id, 1) AS class, coalesce(c.name, '') AS name, s.n_messages AS n
    FROM sorted AS s LEFT JOIN campaigns_campaign AS c ON c.id = s.shown_id WHERE s.shown_id <> {NO_CAMPAIGN_ID}
), names AS MATERIALIZED (
    SELECT class, name, count(DISTINCT tenant_id) AS tenants, min(tenant_id) AS tenant_id,
        row_number() OVER (ORDER BY sum(n) DESC, name, class) AS place
    FROM named GROUP BY class, name
), placed AS MATERIALIZED (
    SELECT n.tenant_id AS own_tenant, n.shown_id, name, names.tenants, names.tenant_id, names.place
    FROM names JOIN named AS n USING (class, name) WHERE names.place <= %(limit)s
), every AS (SELECT count(*) AS names FROM names)"""  # noqa: S608  constants of this module
_SUMMED = f"""
SELECT CASE WHEN p.place IS NOT NULL THEN 'shown' WHEN s.shown_id = {NO_CAMPAIGN_ID} THEN 'none' ELSE 'rest' END,
    p.place, min(s.shown_id), min(p.name), min(p.tenants), min(p.tenant_id),
    array_agg(s.shown_id) FILTER (WHERE p.place IS NOT NULL) || ARRAY(
        SELECT m.id FROM merged AS m JOIN placed AS q ON q.shown_id = m.merged_into_id WHERE q.place = p.place
    ), (SELECT names FROM every), {{sums}}
FROM sorted AS s
LEFT JOIN placed AS p ON p.own_tenant = s.tenant_id AND p.shown_id = s.shown_id AND p.place <= %(limit)s
GROUP BY 1, 2 ORDER BY 2
"""  # noqa: S608  constants of this module


@dataclass(frozen=True, slots=True)
class _Found:
    """A row of the query: one name, or (`kind`) the sum of the rest; `names` is how many names there are in all."""

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
        campaigns=rest.names - len(rows) if rest else 0,
        kpis=replace(rest.kpis if rest else Kpis(final=None), latency=dict(left)),
        without=replace(none.kpis if none else Kpis(final=None), latency=dict(times[NO_CAMPAIGN_ID])),
    )


def _placed(query: StatisticsQuery, limit: int) -> list[_Found]:
    names = list(sums(CampaignCount))
    rows = []
    for source in count_sources(replace(query, group_by=("campaign",)), CampaignCount):
        if source.model is CondensedCampaign:  # a row is a sum already
            of_source = source.annotate(**{name: F(name.removeprefix("n_")) for name in names})
        else:
            of_source = source.values("tenant_id", "campaign_id").annotate(**sums(source.model, as_float))
        rows.append(of_source.values_list("tenant_id", "campaign_id", *names))
    parameters: dict = {"limit": limit, "tenants": list(query.tenant_ids)}
    sql = _SORTED.format(
        sums=", ".join(f"{summed(name)} AS {name}" for name in names), rows=named(union_all(rows), parameters)
    )
    sql += _OF_ONE_TENANT if len(query.tenant_ids) == 1 else _OF_SEVERAL_TENANTS
    sql += _SUMMED.format(sums=", ".join(f"{summed(name)}::bigint" for name in names))
    found = []
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for kind, _place, shown_id, name, tenants, tenant_id, ids, every, *values in cursor.fetchall():
            kpis = kpis_of(dict(zip(names, values, strict=True)))
            name = OTHER_NAME if shown_id == OTHER_CAMPAIGNS_ID else name
            found.append(_Found(kind, name, tenants, tenant_id, tuple(ids), every, kpis))
    return found


def _latency(query: StatisticsQuery, ids: list[int]) -> defaultdict[int, Counter[int]]:
    """Return campaign → delivered messages by bucket."""
    sources = count_sources(replace(query, group_by=("campaign",)), LatencyCount)
    counted = by_bucket([source.filter(campaign_id__in=ids) for source in sources], ("campaign_id",))
    return defaultdict(Counter, {id_: Counter(messages) for (id_,), messages in counted.items()})
