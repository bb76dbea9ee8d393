"""Forecast of a tenant's running month, with what earlier months would have been forecast on the same day."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum

from deliveries.models import DailyCount
from portal.common.periods import Month, local_day, start_of_day
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import count_sources
from reports.forecast.month_forecast import MAX_DAYS, MonthForecast, forecast_month

PAST_MONTHS = 6


@dataclass(frozen=True, slots=True)
class PastForecast:
    """An ended month: its forecast on the same day of the month, and its actual messages."""

    month: Month
    forecast: MonthForecast
    actual: int

    @property
    def error(self) -> float | None:
        """Forecast minus actual, as a share of the actual messages."""
        return (self.forecast.expected - self.actual) / self.actual if self.actual else None

    @property
    def is_within(self) -> bool:
        """Return whether the month ended within the interval."""
        return self.forecast.low <= self.actual <= self.forecast.high


@dataclass(frozen=True, slots=True)
class RunningMonth:
    """The running month on one day: forecasts of messages and SMS parts, and past forecasts of messages.

    `so_far` are messages by day before `today`, on which the forecasts begin. `parts_by_day` are the SMS parts of each
    day from `begins` to the one before `today`.
    """

    month: Month
    today: date
    so_far: Sequence[int]
    messages: MonthForecast
    parts: MonthForecast
    past: Sequence[PastForecast]
    begins: date
    parts_by_day: Sequence[int]


def running_month(
    *, tenant_ids: Collection[int], timezone: str, now: datetime, account_id: int | None = None
) -> RunningMonth | None:
    """Return the forecast of the month that runs in the zone; None below eight weeks of history."""
    today = local_day(now, timezone)
    month = Month.of(today)
    oldest = month
    for _ in range(PAST_MONTHS):
        oldest = oldest.previous()
    first = oldest.first_day - timedelta(days=MAX_DAYS)
    by_day = _by_day(tenant_ids, first, today, account_id)
    messages_today, parts_today = by_day.pop(today, (0, 0))
    if not by_day:
        return None
    begins = min(by_day)
    length = (today - begins).days
    every = [by_day.get(begins + timedelta(days=n), (0, 0)) for n in range(length)]
    messages, parts = [m for m, _p in every], [p for _m, p in every]
    days = {"first_unknown": today, "last_day": month.last_day}
    day_left = share_left(today, timezone, now)
    of_messages = forecast_month(messages, **days, so_far=messages_today, day_left=day_left)
    of_parts = forecast_month(parts, **days, so_far=parts_today, day_left=day_left)
    if of_messages is None or of_parts is None:
        return None
    return RunningMonth(
        month=month,
        today=today,
        so_far=messages[length - (today.day - 1) :] if today.day > 1 else [],
        messages=of_messages,
        parts=of_parts,
        past=_past(messages, begins, month, today.day),
        begins=begins,
        parts_by_day=parts,
    )


def _by_day(
    tenant_ids: Collection[int], first: date, last: date, account_id: int | None
) -> dict[date, tuple[int, int]]:
    """Return the messages and SMS parts of each day that has any."""
    query = StatisticsQuery(
        tenant_ids=tenant_ids, first=first, last=last, group_by=("day",), account_id=account_id, with_latency=False
    )
    counted = [
        row
        for rows in count_sources(query, DailyCount)
        for row in rows.values("day").annotate(m=Sum("messages"), p=Sum("parts")).values_list("day", "m", "p")
    ]
    return {day: (messages, parts) for day, messages, parts in counted if messages > 0}


def share_left(day: date, timezone: str, now: datetime) -> float:
    """Return the share of a local day that is to come."""
    begin, end = (start_of_day(one, timezone) for one in (day, day + timedelta(days=1)))
    return max(0.0, (end - now) / (end - begin)) if end > begin else 0.0


def _past(messages: Sequence[int], begins: date, month: Month, day: int) -> list[PastForecast]:
    """Return the forecasts of the months before, as they would have been made on the same day; newest first."""
    found = []
    for _ in range(PAST_MONTHS):
        month = month.previous()
        cut = cut_of(month, day)
        if cut <= begins:
            break
        forecast = forecast_month(messages[: (cut - begins).days], first_unknown=cut, last_day=month.last_day)
        if forecast is None:
            break
        start = max(0, (month.first_day - begins).days)
        found.append(PastForecast(month, forecast, sum(messages[start : (month.last_day - begins).days + 1])))
    return found


def cut_of(month: Month, day: int) -> date:
    """Return the day of an ended month on which it is forecast: the same day of the month, or its last one."""
    return month.last_day.replace(day=min(day, month.last_day.day))
