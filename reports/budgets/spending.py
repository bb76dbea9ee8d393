"""Spending of budgets: the cost of the messages that each is about, from counts and prices, and its forecast.

Nothing is stored, so a changed price list changes what was spent at once. Budgets of one sort and period are read
together: the number of queries depends on the sorts and periods, not on the number of budgets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from portal.common.periods import local_day
from reports.budgets.periods import Period, period_on
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import spans_read_once
from reports.figures.statistics import finality, statistics
from reports.forecast.cost_forecast import PRICED_DAYS, CostForecast, forecast_costs
from reports.forecast.month_forecast import MAX_DAYS, forecast_rest
from reports.forecast.selectors import share_left
from reports.models import Budget
from reports.pricing.costing import Payer, costs
from reports.pricing.costs import Cost, Costs, Uncharged
from reports.pricing.figures import CostFigures, cost_figures

DAY = timedelta(days=1)
Subject = str  # a partner ID, a campaign's name; '' for all messages
_BY: dict[str, tuple[str, ...]] = {
    Budget.Scope.ALL: (),
    Budget.Scope.PARTNER_ID: ("partner_id",),
    Budget.Scope.CAMPAIGN: ("campaign",),
}


@dataclass(frozen=True, slots=True)
class Spending:
    """State of a budget on a day: what was spent in its period so far, in the minor unit of its currency.

    `unpriced` messages and costs in other currencies (`others`) are not in it. `is_average` says that prices by
    quantity are. `forecast` is that of the period's end; None with less than eight weeks of messages, before the
    period begins, after it ended, and where nobody asked for it.
    """

    period: Period
    spent: int
    unpriced: Uncharged
    others: list[CostFigures]
    is_average: bool
    forecast: CostForecast | None

    def percent_of(self, amount: int) -> int:
        """Return the part of an amount that was spent, in whole percents, rounded down: 100 means that all is."""
        return self.spent * 100 // amount


def subject_of(budget: Budget) -> Subject:
    """Return what the budget's messages are grouped by: a merged campaign counts as the one that it is shown as."""
    if budget.scope == Budget.Scope.CAMPAIGN and budget.campaign is not None:
        return (budget.campaign.merged_into or budget.campaign).name
    return budget.partner_id


@spans_read_once()
def spendings(
    budgets: Iterable[Budget], payer: Payer, *, now: datetime, with_forecast: bool = True
) -> dict[int, Spending]:
    """Return the state of each budget of the payer by its id.

    `budget.campaign` with its `merged_into` is read already.
    """
    timezone = payer.tenant.timezone
    today = local_day(now, timezone)
    periods = {one: period_on(today, first_day=one.first_day, last_day=one.last_day) for one in budgets}
    spent = _spent(periods, payer, today)
    running = [one for one, period in periods.items() if period.is_running(today)]
    forecasts: dict[int, CostForecast] = {}
    if with_forecast:
        day_left, final = share_left(today, timezone, now), finality()
        for scope in Budget.Scope:
            of_scope = {one: periods[one] for one in running if one.scope == scope}
            forecasts |= _forecasts(of_scope, payer, today, day_left, final) if of_scope else {}
    return {
        one.pk: _state(one, period, spent.get(one.pk, Costs()), forecasts.get(one.pk))
        for one, period in periods.items()
    }


def _state(budget: Budget, period: Period, found: Costs, forecast: CostForecast | None) -> Spending:
    own = found.by_currency.get(budget.currency, Cost(budget.currency))
    others = [one for one in cost_figures(found) if one.currency != budget.currency and one.cost]
    return Spending(period, own.minor, found.unpriced, others, own.is_average, forecast)


def _spent(periods: Mapping[Budget, Period], payer: Payer, today: date) -> dict[int, Costs]:
    together: dict[tuple[str, Period], list[Budget]] = defaultdict(list)
    for one, period in periods.items():
        if period.has_begun(today):
            together[one.scope, period].append(one)
    found: dict[int, Costs] = {}
    for (scope, period), of_them in together.items():
        query = _query(scope, of_them, payer, period.first, min(period.last, today), group_by=_BY[scope])
        by_subject = {key[0] if key else "": one for key, one in costs(query, payer).items()}
        found |= {one.pk: by_subject.get(subject_of(one), Costs()) for one in of_them}
    return found


def _query(
    scope: str, budgets: Collection[Budget], payer: Payer, first: date, last: date, *, group_by: tuple[str, ...]
) -> StatisticsQuery:
    """Return the query of the budgets' messages; a campaign is of the tenant itself alone."""
    is_campaign = scope == Budget.Scope.CAMPAIGN
    return StatisticsQuery(
        tenant_ids=[payer.tenant.pk] if is_campaign else sorted(payer.tenant_ids),
        first=first,
        last=last,
        filters={name: sorted({subject_of(one) for one in budgets}) for name in _BY[scope]},
        group_by=group_by,
        with_latency=False,
    )


def _forecasts(
    periods: Mapping[Budget, Period], payer: Payer, today: date, day_left: float, final: Q
) -> dict[int, CostForecast]:  # fmt: skip
    """Return the forecasts of running budgets of one scope."""
    scope = next(iter(periods)).scope
    by_day = ("day", *_BY[scope])
    history = _query(scope, periods, payer, today - MAX_DAYS * DAY, today, group_by=by_day)
    parts: dict[Subject, dict[date, int]] = defaultdict(dict)
    for group in statistics(history, final=final):
        day, subject = group.key["day"], str(group.key[_BY[scope][0]]) if _BY[scope] else ""
        assert isinstance(day, date)
        parts[subject][day] = group.totals.parts
    begin = min(today - PRICED_DAYS * DAY, *(period.first for period in periods.values()))
    priced: dict[Subject, dict[date, Costs]] = defaultdict(dict)
    query = _query(scope, periods, payer, begin, today, group_by=by_day)
    for key, one in costs(query, payer).items():
        priced[key[1] if _BY[scope] else ""][key[0]] = one
    found = {}
    for budget, period in periods.items():
        subject = subject_of(budget)
        forecast = _forecast(period, parts[subject], priced[subject], today, day_left)
        own = next((one for one in forecast if one.currency == budget.currency), None)
        if own is not None:
            found[budget.pk] = own
    return found


def _forecast(
    period: Period, parts: Mapping[date, int], priced: Mapping[date, Costs], today: date, day_left: float
) -> list[CostForecast]:
    past = [day for day in parts if day < today]
    if not past:
        return []
    begins = min(past)
    history = [parts.get(begins + n * DAY, 0) for n in range((today - begins).days)]
    rest = forecast_rest(
        history, first_unknown=today, last_day=period.last, so_far=parts.get(today, 0), day_left=day_left
    )
    if rest is None:
        return []
    return forecast_costs(
        known=sum((one for day, one in priced.items() if period.first <= day < today), Costs()),
        today=priced.get(today, Costs()),
        recent=sum((one for day, one in priced.items() if today - PRICED_DAYS * DAY <= day < today), Costs()),
        parts=sum(history[-PRICED_DAYS:]),
        rest=rest,
    )
