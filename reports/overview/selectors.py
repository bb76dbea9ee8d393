"""All that a tenant's Overview page shows, from the counts alone, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db.models import Max, Q

from deliveries.models import DailyCount
from portal.tenants.models import Tenant
from reports.figures.failures import FailureRow, failures
from reports.figures.finality import DayRow, HourRow, days, days_of_none, hours, provisional_from
from reports.figures.kpis import Changes, Kpis, changes
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import spans_read_once
from reports.figures.statistics import Group, finality, statistics
from reports.figures.top_campaigns import TOP_CAMPAIGNS, CampaignRow, OtherCampaigns, campaigns

HOURS_APART = 3  # periods up to this number of days show hours


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of a period. `before`, its days and `changes` are None where it is not compared.

    From `provisional_from` on, late reports are still expected (None: all is over). Countries, operators (keys
    `country` and `operator`) and tenants are all of them, the largest first; `campaigns` are the largest ones and
    `other_campaigns` the rest. `hours` is None for more than HOURS_APART days, and where hours are not counted by what
    the filters look at, or no longer.
    """

    query: StatisticsQuery
    kpis: Kpis
    before: Kpis | None
    before_days: list[DayRow] | None
    changes: Changes | None
    provisional_from: date | None
    days: list[DayRow]
    hours: list[HourRow] | None
    tenants: list[Group]
    countries: list[Group]
    operators: list[Group]
    campaigns: list[CampaignRow]
    other_campaigns: OtherCampaigns
    failures: list[FailureRow]
    final: Q = field(repr=False, default_factory=Q)


@spans_read_once()
def overview(
    *,
    tenant_ids: Collection[int],
    first: date,
    last: date,
    now: datetime,
    language: str = "en",
    compare: tuple[date, date] | None = None,
    filters: Mapping[str, Collection] | None = None,
    top: int = TOP_CAMPAIGNS,
    timezone: str = "UTC",
) -> Overview:
    """Return the figures of the tenants from `first` to `last`, both included; `compare` is the comparison period.

    `filters` are those of StatisticsQuery for which times to delivery exist; hours are shown in `timezone`. Raises
    StatisticsError.
    """
    query = StatisticsQuery(tenant_ids=tenant_ids, first=first, last=last, filters=filters or {}, timezone=timezone)
    final = finality()
    operators = statistics(replace(query, group_by=("country", "operator")), final=final)
    kpis = Kpis.total([Kpis(latency={}), *(group.kpis for group in operators)])
    earlier = replace(query, first=compare[0], last=compare[1]) if compare else None
    before = statistics(earlier, final=final)[0].kpis if earlier else None
    largest, others = campaigns(query, latency=kpis.latency, limit=top)
    return Overview(
        query=query,
        kpis=kpis,
        before=before,
        before_days=_days_before(earlier, before, final),
        changes=changes(kpis, before) if before else None,
        provisional_from=provisional_from(tenant_ids=tenant_ids, first=first, last=last, now=now),
        days=days(query, final=final),
        hours=hours(query, final=final) if (last - first).days < HOURS_APART else None,
        tenants=_tenants(query, kpis, final),
        countries=_countries(operators),
        operators=operators,
        campaigns=largest,
        other_campaigns=others,
        failures=failures(query, language=language),
        final=final,
    )


def _days_before(earlier: StatisticsQuery | None, before: Kpis | None, final: Q) -> list[DayRow] | None:
    """Return the days of the comparison period; those of one without messages are not read."""
    if earlier is None or before is None:
        return None
    return days(earlier, final=final) if before.volume.messages else days_of_none(earlier)


def _tenants(query: StatisticsQuery, kpis: Kpis, final: Q) -> list[Group]:
    """Return the tenants that have messages; `kpis` are all of them, which is what a single one has."""
    if len(set(query.tenant_ids)) > 1 or not kpis.volume.messages:
        return statistics(replace(query, group_by=("tenant",)), final=final)
    return [Group({"tenant": Tenant.objects.get(id__in=query.tenant_ids).slug}, kpis)]


def _countries(operators: list[Group]) -> list[Group]:
    """Sum operators up to their countries, the largest first."""
    found: dict[str, list[Kpis]] = defaultdict(list)
    for group in operators:
        found[group.key["country"]].append(group.kpis)
    groups = [Group({"country": country}, Kpis.total(every)) for country, every in found.items()]
    return sorted(groups, key=lambda group: (-group.totals.messages, group.key["country"]))


def newest_day(tenant_ids: Collection[int]) -> date | None:
    """Return the last day with messages of these tenants, None where there never were any."""
    counted = DailyCount.objects.filter(tenant_id__in=tenant_ids, messages__gt=0)
    return counted.aggregate(day=Max("day"))["day"]
