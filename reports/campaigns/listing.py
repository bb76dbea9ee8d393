"""The campaigns of a period in pages, sorted by any of their figures; with the rows for all others it sums up.

A campaign is shown with those merged into it. The figures come from the roll-ups and counts, as everywhere: no total is
kept for a campaign, so an applier writes nothing for this list.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.db import connection
from django.db.models import Q, QuerySet, Sum

from campaigns.models import Campaign
from deliveries.models import CampaignCount, LatencyCount
from reports.campaigns.listing_rows import rows_to_sort
from reports.campaigns.listing_sql import PARTS, bounds_at, placed
from reports.figures.arrays import by_day
from reports.figures.bucket_arrays import by_bucket
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import Ready, ready_spans
from reports.figures.statistics import count_sources, finality, kpis_of, sums

PAGE_SIZE = 50
COLUMNS = (
    "name",
    "first",
    "last",
    "messages",
    "delivery_rate",
    "failed",
    "median",
    "maturity",
    "variants",
    "conversions",
)
DEFAULT_ORDER = "-messages"
ORDERS = tuple(sign + column for column in COLUMNS for sign in ("-", ""))


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
    ready = ready_spans(query.tenant_ids, query.first, query.last)
    rows, shown = _placed(query, archived, found, order, limit, offset, final, ready)
    return CampaignPage(
        rows=listed_campaigns(query, shown, final=final, ready=ready),
        **{name: rows.get(part, Rest(0, Kpis(final=None))) for name, part in _SUMMED_PARTS.items()},
    )


_SUMMED_PARTS = {"other_pages": "listed", "hidden": "hidden", "over": "over", "none": "none"}


def _placed(
    query: StatisticsQuery,
    archived: bool | None,
    found: Collection[int] | None,
    order: str,
    limit: int,
    offset: int,
    final: Q,
    ready: Ready,
) -> tuple[dict[str, Rest], list[int]]:
    column, way = order.removeprefix("-"), "DESC" if order.startswith("-") else "ASC"
    parameters: dict = {"limit": limit, "offset": offset, "tenants": list(query.tenant_ids)}
    parameters |= bounds_at(way=way, offset=offset, limit=limit)
    archived_at = "(CASE WHEN m.id IS NULL THEN c.archived_at ELSE m.archived_at END)"
    wanted = {None: "true", True: f"{archived_at} IS NOT NULL", False: f"{archived_at} IS NULL"}[archived]
    if found is not None:
        wanted += " AND coalesce(m.id, c.id) = ANY (%(found)s)"
        parameters["found"] = sorted(found)
    names = list(sums(CampaignCount))
    rows, exact, before = rows_to_sort(query, column, final=final, ready=ready, parameters=parameters)
    sql = placed(
        column=column,
        way=way,
        exact=exact,
        before=before,
        wanted=wanted,
        others="false" if found is None else "c.id = ANY (%(found)s)",
        is_usual="false" if archived or found is not None else "true",
        names=names,
        rows=rows,
    )
    rests: dict[str, Rest] = {}
    shown: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for kind, ids, campaigns, *counts in cursor.fetchall():
            if kind is None:
                shown = ids
                continue
            part = PARTS[kind]
            kpis = kpis_of(dict(zip(names, counts, strict=True)))
            rests[part] = Rest(campaigns, replace(kpis, final=None))
    return rests, shown


def listed_campaigns(
    query: StatisticsQuery, campaign_ids: Sequence[int], *, final: Q, ready: Ready
) -> list[ListedCampaign]:
    """Return these campaigns in their order, each with its figures and those of what is merged into it."""
    if not campaign_ids:
        return []
    known = {c.id: c for c in Campaign.objects.filter(id__in=campaign_ids).select_related("tenant")}
    merged = Campaign.objects.filter(merged_into_id__in=campaign_ids).values_list("id", "merged_into_id")
    shown_as = {id_: id_ for id_ in known} | dict(merged)
    kpis, variants = _volumes(query, shown_as, final, ready)
    latency, days = _latency(query, shown_as, ready), days_of(query, shown_as)
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
    query: StatisticsQuery, shown_as: Mapping[int, int], final: Q, ready: Ready
) -> tuple[dict[int, Kpis], dict[int, set[str]]]:
    kpis: defaultdict[int, Kpis] = defaultdict(Kpis)
    variants: defaultdict[int, set[str]] = defaultdict(set)
    by = replace(query, group_by=("campaign", "variant"))
    wanted = sums(CampaignCount) | {"n_final": Sum("messages", filter=final, default=0)}
    for source in count_sources(by, CampaignCount, columns=("status", "result_code"), ready=ready):
        rows = source.filter(campaign_id__in=list(shown_as)).values("campaign_id", "variant").annotate(**wanted)
        for row in rows.filter(n_messages__gt=0):
            shown = shown_as[row["campaign_id"]]
            kpis[shown] += kpis_of(row)
            variants[shown] |= {row["variant"]} - {""}
    return kpis, variants


def _latency(query: StatisticsQuery, shown_as: Mapping[int, int], ready: Ready) -> defaultdict[int, Counter[int]]:
    found: defaultdict[int, Counter[int]] = defaultdict(Counter)
    sources = count_sources(replace(query, group_by=("campaign",)), LatencyCount, ready=ready)
    for (id_,), messages in by_bucket(_of(sources, shown_as), ("campaign_id",)).items():
        found[shown_as[id_]] += Counter(messages)
    return found


def days_of(query: StatisticsQuery, shown_as: Mapping[int, int]) -> defaultdict[int, dict[date, int]]:
    """Return campaign → day → messages of these campaigns; `shown_as` maps each to the one that it is shown as."""
    found: defaultdict[int, dict[date, int]] = defaultdict(dict)
    sources = count_sources(replace(query, group_by=("campaign", "day")), CampaignCount)
    for (id_,), messages in by_day(_of(sources, shown_as), ("campaign_id",)).items():
        days = found[shown_as[id_]]
        for day, n in messages.items():
            days[day] = days.get(day, 0) + n
    return found


def _of(sources: list[QuerySet], shown_as: Mapping[int, int]) -> list[QuerySet]:
    return [source.filter(campaign_id__in=list(shown_as)) for source in sources]
