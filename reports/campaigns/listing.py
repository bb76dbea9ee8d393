"""The campaigns of a period in pages, sorted by any of their figures; with the rows for all others it sums up.

A campaign is shown with those merged into it. The figures come from the roll-ups and counts, as everywhere: no total is
kept for a campaign, so an applier writes nothing for this list.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.db import connection
from django.db.models import F, IntegerField, Q, Sum, Value
from django.db.models.functions import Cast

from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID, Campaign
from deliveries.models import CampaignCount, LatencyCount
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import bucket_rows, by_bucket, union_all
from reports.figures.statistics import count_sources, finality, kpis_of, sums

PAGE_SIZE = 50
COLUMNS = ("name", "first", "last", "messages", "delivery_rate", "failed", "median", "maturity", "variants")
DEFAULT_ORDER = "-messages"
ORDERS = tuple(sign + column for column in COLUMNS for sign in ("-", ""))

# What a column is sorted by: of the campaign's sums (c) or its row (s).
_SORTED_BY = {
    "name": "coalesce(nullif(s.title, ''), s.name)",
    "first": "c.value",
    "last": "c.value",
    "messages": "c.n_messages",
    "delivery_rate": "c.n_delivered::float / c.n_messages",
    "failed": "c.n_failed",
    "median": "c.value",
    "maturity": "c.value / c.n_messages",
    "variants": "c.value",
}
# How the value of a column that is no sum is made of the rows. All is grouped, nothing joined: the planner knows too
# little about sums of sums to join them well.
_VALUE = {
    "first": "min(r.value)",
    "last": "max(r.value)",
    "median": "max(r.value)",
    "maturity": "sum(r.value)::float",
    "variants": "count(DISTINCT r.value) FILTER (WHERE r.value <> '' AND r.n_messages > 0)",
}
_SHOWN_ID = "coalesce(m.merged_into_id, r.campaign_id)"
_SHOWN_AS = "LEFT JOIN campaigns_campaign AS m ON m.id = r.campaign_id AND m.merged_into_id IS NOT NULL"
# The sums of each campaign as it is shown; 0 is no campaign, -1 what is over the daily limit.
_PLACED = f"""
WITH counted AS (
    SELECT r.tenant_id, {_SHOWN_ID} AS campaign_id, {{sums}}, {{value}} AS value
    FROM ({{rows}}) AS r {_SHOWN_AS} GROUP BY 1, 2 HAVING sum(n_messages) > 0
), found AS (
    SELECT c.*, {{order}} AS sorted_by, CASE
        WHEN c.campaign_id = {NO_CAMPAIGN_ID} THEN 'none' WHEN c.campaign_id = {OTHER_CAMPAIGNS_ID} THEN 'over'
        WHEN s.id IS NULL OR NOT ({{wanted}}) THEN 'hidden' ELSE 'listed' END AS kind
    FROM counted AS c LEFT JOIN campaigns_campaign AS s ON s.id = c.campaign_id
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY kind ORDER BY sorted_by {{way}} NULLS LAST, campaign_id) AS place
    FROM found
), kinds AS (
    SELECT *, CASE WHEN kind = 'listed' AND place BETWEEN %(first)s AND %(last)s THEN 'shown' ELSE kind END AS part
    FROM placed
)
SELECT part, CASE part WHEN 'shown' THEN place END, min(campaign_id), count(*), {{sums}}
FROM kinds GROUP BY 1, 2 ORDER BY 2
"""  # noqa: S608  constants of this module
# The bucket of each campaign's median: the first one that reaches half of the delivered messages.
_MEDIANS = f"""
SELECT tenant_id, campaign_id, {{zeros}}, min(bucket) AS value FROM (
    SELECT tenant_id, campaign_id, bucket, sum(n) OVER (PARTITION BY campaign_id ORDER BY bucket) AS seen,
           sum(n) OVER (PARTITION BY campaign_id) AS every
    FROM (
        SELECT r.tenant_id, {_SHOWN_ID} AS campaign_id, r.bucket, sum(r.n) AS n
        FROM ({{rows}}) AS r {_SHOWN_AS} WHERE r.campaign_id > 0 GROUP BY 1, 2, 3
    ) AS counted
) AS seen WHERE seen * 2 >= every GROUP BY 1, 2
"""  # noqa: S608  constants of this module


@dataclass(frozen=True, slots=True)
class ListedCampaign:
    """A row of the list: the campaign's figures in the period, and the messages of each day that has some."""

    campaign: Campaign
    kpis: Kpis
    variants: tuple[str, ...]
    days: Mapping[date, int] = field(default_factory=dict)

    @property
    def first(self) -> date | None:
        return min(self.days, default=None)

    @property
    def last(self) -> date | None:
        return max(self.days, default=None)


@dataclass(frozen=True, slots=True)
class Rest:
    """Campaigns that are not shown one by one: how many, and their figures together."""

    campaigns: int
    kpis: Kpis


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """A page of the list. With its rows and the four sums, each message of the period counts once.

    `other_pages` match but are on other pages, `hidden` do not match the search or the state, `over` is what is over
    the daily limit of new campaigns, and `none` the messages without a campaign.
    """

    rows: list[ListedCampaign]
    other_pages: Rest
    hidden: Rest
    over: Rest
    none: Rest

    @property
    def listed(self) -> int:
        """The campaigns on all pages."""
        return len(self.rows) + self.other_pages.campaigns


def campaign_page(
    query: StatisticsQuery,
    *,
    archived: bool | None = None,
    found: Collection[int] | None = None,
    order: str = DEFAULT_ORDER,
    limit: int = PAGE_SIZE,
    offset: int = 0,
    final: Q | None = None,
) -> CampaignPage:
    """Return `limit` campaigns of the query after the first `offset` ones, in one of ORDERS, and the sums of the rest.

    `archived` keeps to campaigns that are archived or to those that are not, `found` to these ids. `final` is
    `finality()`, for callers with several questions.
    """
    final = finality() if final is None else final
    rows, shown = _placed(query, archived, found, order, limit, offset, final)
    return CampaignPage(
        rows=listed_campaigns(query, shown, final=final),
        **{name: rows.get(part, Rest(0, Kpis(final=None))) for name, part in _PARTS.items()},
    )


_PARTS = {"other_pages": "listed", "hidden": "hidden", "over": "over", "none": "none"}


def _placed(
    query: StatisticsQuery,
    archived: bool | None,
    found: Collection[int] | None,
    order: str,
    limit: int,
    offset: int,
    final: Q,
) -> tuple[dict[str, Rest], list[int]]:
    column, way = order.removeprefix("-"), "DESC" if order.startswith("-") else "ASC"
    sql, values = _rows(query, column, final)
    parameters: dict = {"first": offset + 1, "last": offset + limit}
    wanted = {None: "true", True: "s.archived_at IS NOT NULL", False: "s.archived_at IS NULL"}[archived]
    if found is not None:
        wanted += " AND s.id = ANY (%(found)s)"
        parameters["found"] = sorted(found)
    placed = _PLACED.format(
        sums=", ".join(f"sum({name})::bigint AS {name}" for name in sums(CampaignCount)),
        value=_VALUE.get(column, "NULL::int"),
        rows=_named(sql, values, parameters),
        order=_SORTED_BY[column],
        wanted=wanted,
        way=way,
    )
    rests: dict[str, Rest] = {}
    shown: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute(placed, parameters)
        for part, _place, campaign_id, campaigns, *counts in cursor.fetchall():
            if part == "shown":
                shown.append(campaign_id)
            else:
                kpis = kpis_of(dict(zip(sums(CampaignCount), counts, strict=True)))
                rests[part] = Rest(campaigns, replace(kpis, final=None))
    return rests, shown


def _rows(query: StatisticsQuery, column: str, final: Q) -> tuple[str, tuple]:
    """Return the SQL of the period's rows by campaign, with the `value` that the column is sorted by, if any."""
    groups, columns = ("campaign",), ()
    value: dict = {}
    if column in ("first", "last"):
        groups, value = ("campaign", "day"), {"value": F("day")}
    elif column == "variants":
        groups, value = ("campaign", "variant"), {"value": F("variant")}
    elif column == "maturity":
        columns, value = ("status", "result_code"), {"value": Sum("messages", filter=final, default=0)}
    elif column == "median":
        value = {"value": Cast(Value(None), IntegerField())}
    rows = []
    for source in count_sources(replace(query, group_by=groups), CampaignCount, columns=columns):
        if column in ("first", "last"):
            source = source.filter(messages__gt=0)
        by = ("tenant_id", "campaign_id", *groups[1:])
        counted = source.values(*by).annotate(**sums(source.model), **value)
        rows.append(counted.values_list("tenant_id", "campaign_id", *sums(source.model), *value))
    sql, values = union_all(rows)
    if column != "median":
        return sql, values
    medians, own = _medians(query)
    return f"{sql} UNION ALL ({medians})", (*values, *own)


def _medians(query: StatisticsQuery) -> tuple[str, tuple]:
    rows, values = [], ()
    for source in count_sources(replace(query, group_by=("campaign",)), LatencyCount):
        sql, found = bucket_rows(source, ("tenant_id", "campaign_id"))
        rows.append(f"({sql})")
        values += tuple(found)
    zeros = ", ".join("0" for _name in sums(CampaignCount))
    return _MEDIANS.format(zeros=zeros, rows=" UNION ALL ".join(rows)), values


def _named(sql: str, values: Sequence, parameters: dict) -> str:
    """Return a statement of Django's with named parameters, which are added to `parameters`."""
    for number, value in enumerate(values):
        parameters[f"row{number}"] = value
    return sql % tuple(f"%(row{number})s" for number in range(len(values)))


def listed_campaigns(query: StatisticsQuery, campaign_ids: Sequence[int], *, final: Q) -> list[ListedCampaign]:
    """Return these campaigns in their order, each with its figures and those of what is merged into it."""
    if not campaign_ids:
        return []
    known = {c.id: c for c in Campaign.objects.filter(id__in=campaign_ids).select_related("tenant")}
    merged = Campaign.objects.filter(merged_into_id__in=campaign_ids).values_list("id", "merged_into_id")
    shown_as = {id_: id_ for id_ in known} | dict(merged)
    kpis, variants = _volumes(query, shown_as, final)
    latency, days = _latency(query, shown_as), days_of(query, shown_as)
    return [
        ListedCampaign(
            campaign=known[id_],
            kpis=replace(kpis[id_], latency=dict(latency[id_])),
            variants=tuple(sorted(variants[id_])),
            days=days[id_],
        )
        for id_ in campaign_ids
        if id_ in known
    ]


def _volumes(
    query: StatisticsQuery, shown_as: Mapping[int, int], final: Q
) -> tuple[dict[int, Kpis], dict[int, set[str]]]:
    kpis: defaultdict[int, Kpis] = defaultdict(Kpis)
    variants: defaultdict[int, set[str]] = defaultdict(set)
    by = replace(query, group_by=("campaign", "variant"))
    wanted = sums(CampaignCount) | {"n_final": Sum("messages", filter=final, default=0)}
    for source in count_sources(by, CampaignCount, columns=("status", "result_code")):
        rows = source.filter(campaign_id__in=list(shown_as)).values("campaign_id", "variant").annotate(**wanted)
        for row in rows.filter(n_messages__gt=0):
            shown = shown_as[row["campaign_id"]]
            kpis[shown] += kpis_of(row)
            variants[shown] |= {row["variant"]} - {""}
    return kpis, variants


def _latency(query: StatisticsQuery, shown_as: Mapping[int, int]) -> defaultdict[int, Counter[int]]:
    found: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for source in count_sources(replace(query, group_by=("campaign",)), LatencyCount):
        for row in by_bucket(source.filter(campaign_id__in=list(shown_as)), ("campaign_id",)):
            found[shown_as[row["campaign_id"]]][row["bucket"]] += row["n"]
    return found


def days_of(query: StatisticsQuery, shown_as: Mapping[int, int]) -> defaultdict[int, dict[date, int]]:
    """Return campaign → day → messages of these campaigns; `shown_as` maps each to the one that it is shown as."""
    found: defaultdict[int, dict[date, int]] = defaultdict(dict)
    for source in count_sources(replace(query, group_by=("campaign", "day")), CampaignCount):
        rows = source.filter(campaign_id__in=list(shown_as)).values("campaign_id", "day")
        for row in rows.annotate(n=Sum("messages")).filter(n__gt=0):
            days = found[shown_as[row["campaign_id"]]]
            days[row["day"]] = days.get(row["day"], 0) + row["n"]
    return found
