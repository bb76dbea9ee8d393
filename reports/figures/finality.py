"""Days and hours of a period, and the first day that late reports may still change."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q

from portal.common.periods import day_bounds
from portal.tenants.models import Tenant
from reports.figures.hours import local_hours
from reports.figures.kpis import Kpis
from reports.figures.query import NotByHour, StatisticsQuery
from reports.figures.statistics import statistics


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
    return _every_day(query, {group.key["day"]: group.kpis for group in groups})


def days_of_none(query: StatisticsQuery) -> list[DayRow]:
    """Return every day of a period without messages."""
    return _every_day(query, {})


def _every_day(query: StatisticsQuery, found: Mapping[object, Kpis]) -> list[DayRow]:
    count, nothing = (query.last - query.first).days + 1, Kpis()
    every = [query.first + timedelta(days=n) for n in range(count)]
    return [DayRow(day, found.get(day, nothing)) for day in every]


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
