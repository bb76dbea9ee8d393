"""All that a tenant's Overview page shows, from the counts alone, in a fixed number of queries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q

from deliveries.models import DailyCount
from portal.common.periods import day_bounds
from portal.tenants.models import Tenant
from reports.kpis import Changes, Kpis, changes
from reports.selectors.failures import FailureRow, failures
from reports.selectors.hours import local_hours
from reports.selectors.statistics import Group, finality, statistics
from reports.selectors.top_campaigns import TOP_CAMPAIGNS, CampaignRow, OtherCampaigns, campaigns
from reports.statistics_query import NotByHour, StatisticsQuery

HOURS_APART = 3  # for up to so many days hours are told


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of the period; days without messages are there, with zeros."""

    day: date
    kpis: Kpis


@dataclass(frozen=True, slots=True)
class HourRow:
    """One hour of the period, its local time with the offset from UTC; hours without messages are there, with zeros."""

    hour: datetime
    kpis: Kpis


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
    """Return the figures of the tenants from `first` to `last`, both included; `compare` is the period before.

    `filters` are those of StatisticsQuery that times to delivery can be told by; hours are shown in `timezone`. Raises
    StatisticsError.
    """
    query = StatisticsQuery(tenant_ids=tenant_ids, first=first, last=last, filters=filters or {}, timezone=timezone)
    final = finality()
    operators = statistics(replace(query, group_by=("country", "operator")), final=final)
    kpis = sum((group.kpis for group in operators), Kpis(latency={}))
    earlier = replace(query, first=compare[0], last=compare[1]) if compare else None
    before = statistics(earlier, final=final)[0].kpis if earlier else None
    largest, others = campaigns(query, latency=kpis.latency, limit=top)
    return Overview(
        query=query,
        kpis=kpis,
        before=before,
        before_days=days(earlier, final=final) if earlier else None,
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


def _tenants(query: StatisticsQuery, kpis: Kpis, final: Q) -> list[Group]:
    """Return the tenants that have messages; `kpis` are all of them, which is what a single one has."""
    if len(set(query.tenant_ids)) > 1 or not kpis.volume.messages:
        return statistics(replace(query, group_by=("tenant",)), final=final)
    return [Group({"tenant": Tenant.objects.get(id__in=query.tenant_ids).slug}, kpis)]


def _countries(operators: list[Group]) -> list[Group]:
    """Sum operators up to their countries, the largest first."""
    found: dict[str, Kpis] = {}
    for group in operators:
        found[group.key["country"]] = found.get(group.key["country"], Kpis(latency={})) + group.kpis
    groups = [Group({"country": country}, kpis) for country, kpis in found.items()]
    return sorted(groups, key=lambda group: (-group.totals.messages, group.key["country"]))


def newest_day(tenant_ids: Collection[int]) -> date | None:
    """Return the last day with messages of these tenants, None where there never were any."""
    counted = DailyCount.objects.filter(tenant_id__in=tenant_ids, messages__gt=0)
    return counted.aggregate(day=Max("day"))["day"]


def provisional_from(*, tenant_ids: Collection[int], first: date, last: date, now: datetime) -> date | None:
    """Return the first day of the period whose grace is not over in every tenant's zone, None where it is for all."""
    zones = Tenant.objects.filter(id__in=tenant_ids).values_list("timezone", flat=True).distinct()
    grace = timedelta(hours=settings.REPORT_GRACE_HOURS)
    found = None
    for zone in zones:
        # Backwards from the newest day: a long period is mostly over.
        day = last
        while day >= first and now < day_bounds(day, zone)[1] + grace:
            found = day if found is None else min(found, day)
            day -= timedelta(days=1)
    return found


def days(query: StatisticsQuery, *, final: Q | None = None) -> list[DayRow]:
    """Return every day of the period in order, without times to delivery."""
    groups = statistics(replace(query, group_by=("day",), with_latency=False), final=final)
    found = {group.key["day"]: group.kpis for group in groups}
    count = (query.last - query.first).days + 1
    every = [query.first + timedelta(days=n) for n in range(count)]
    return [DayRow(day, found.get(day, Kpis())) for day in every]


def hours(query: StatisticsQuery, *, final: Q | None = None) -> list[HourRow] | None:
    """Return every hour of the period in order; None where hours are not counted by the filters, or no longer."""
    if not query.may_be_by_hour:
        return None
    try:
        groups = statistics(replace(query, group_by=("hour",), with_latency=False), final=final)
    except NotByHour:
        return None
    found = {group.key["hour"]: group.kpis for group in groups}
    zones = Tenant.objects.filter(id__in=query.tenant_ids).values_list("timezone", flat=True).distinct()
    every = local_hours(query.first, query.last, zones, shown_in=query.timezone)
    return [HourRow(hour, found.get(hour, Kpis())) for hour in every]
