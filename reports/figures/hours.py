"""Hourly figures in one time zone, summed from counts by quarter of an hour.

Each tenant's own days select the messages; hours are in the query's time zone. Quarters add up to the hours and days of
every zone. Days sealed before there were quarters are counted by whole UTC hours and without accounts, which suits only
zones at whole hours from UTC.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone

from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    Expression,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import TruncHour

from deliveries.models import HourCount, RetentionMark
from portal.common.periods import day_bounds, local_day, offset_changes, start_of_day, with_offset, zone
from portal.tenants.models import Tenant
from reports.figures.query import NotByHour, StatisticsQuery

HOUR_COLUMNS = ("hour", "offset")  # the hour on the clock (as if it were UTC), and how far the clock is from UTC

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


def hour_rows(query: StatisticsQuery) -> QuerySet:
    """Return the counts of the query's days, with HOUR_COLUMNS. Raises NotByHour if sealed days have no hours.

    The caller applies all filters except the account.
    """
    zones = _zones(query)
    _refuse_days_without_hours(query, zones)
    within, begin, end = Q(tenant_id__in=[]), None, None
    for name in sorted(set(zones.values())):
        first, last = day_bounds(query.first, name)[0], day_bounds(query.last, name)[1]
        tenant_ids = [tenant_id for tenant_id, of_tenant in zones.items() if of_tenant == name]
        within |= Q(tenant_id__in=tenant_ids, quarter__gte=first, quarter__lt=last)
        begin, end = min(begin or first, first), max(end or last, last)
    rows = HourCount.objects.filter(within)
    if query.account_id is not None:
        rows = rows.filter(account_id=query.account_id)
    offset = _offset(begin, end, query.timezone) if zones else Value(timedelta(), output_field=DurationField())
    rows = rows.annotate(offset=offset)
    local = ExpressionWrapper(F("quarter") + F("offset"), output_field=DateTimeField())
    return rows.annotate(hour=TruncHour(local, tzinfo=UTC))


def hour_of(row: Mapping) -> datetime:
    """Return the hour of a row with HOUR_COLUMNS: its local time, with a fixed offset from UTC.

    Of the two hours that have the same name where clocks go back each has its own offset.
    """
    return row["hour"].replace(tzinfo=timezone(row["offset"]))


def local_hours(first: date, last: date, zones: Iterable[str], *, shown_in: str) -> list[datetime]:
    """Return the hours, as `hour_of` does, that these days have in any of the zones, in order."""
    found = set()
    for name in zones:
        instant, end = day_bounds(first, name)[0], day_bounds(last, name)[1]
        while instant < end:
            found.add(with_offset(instant.astimezone(zone(shown_in))).replace(minute=0))
            instant += timedelta(minutes=15)
    return sorted(found)


def _zones(query: StatisticsQuery) -> dict[int, str]:
    tenants = Tenant.objects.filter(id__in=query.tenant_ids)
    if "tenant" in query.filters:
        tenants = tenants.filter(slug__in=query.filters["tenant"])
    return dict(tenants.values_list("id", "timezone"))


def _offset(begin: datetime, end: datetime, name: str) -> Expression:
    """Return how far the zone's clocks are from UTC at a quarter between two instants."""
    (_first, offset), *changes = offset_changes(begin, end, name)
    cases = []
    for instant, then in changes:
        cases.append(When(quarter__lt=instant, then=Value(offset)))
        offset = then
    return Case(*cases, default=Value(offset), output_field=DurationField())


def _refuse_days_without_hours(query: StatisticsQuery, zones: Mapping[int, str]) -> None:
    first = None
    marks = RetentionMark.objects.filter(tenant_id__in=zones, hours_before__isnull=False)
    for mark in marks:
        name = zones[mark.tenant_id]
        since = [mark.hours_from]
        if mark.sealed_in not in ("", name):  # retention has not seen the new zone yet
            since.append(mark.hours_before)
        if mark.quarters_from and not _hours_suffice(query, name, mark.quarters_from):
            since.append(mark.quarters_from)
        begin = max(filter(None, since), default=None)
        if begin is None or start_of_day(query.first, name) >= begin:
            continue
        day = local_day(begin, name)
        possible = day if start_of_day(day, name) >= begin else day + _DAY
        first = max(first or possible, possible)
    if first is not None:
        raise NotByHour(first)


def _hours_suffice(query: StatisticsQuery, of_tenant: str, before: datetime) -> bool:
    """Return whether counts by whole UTC hours answer the query's days that began before an instant."""
    if query.account_id is not None:
        return False
    begin, end = day_bounds(query.first, of_tenant)[0], min(before, day_bounds(query.last, of_tenant)[1])
    if begin >= end:
        return True
    return all(
        offset % _HOUR == timedelta() and instant.minute == 0
        for name in {of_tenant, query.timezone}
        for instant, offset in offset_changes(begin, end, name)
    )
