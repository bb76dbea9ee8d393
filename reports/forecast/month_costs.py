"""Forecast of what a tenant's running month will cost, with those that earlier months would have had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.common.periods import Month
from reports.figures.query import StatisticsQuery
from reports.forecast.cost_forecast import PRICED_DAYS, CostForecast, forecast_costs
from reports.forecast.month_forecast import RestForecast, forecast_rest
from reports.forecast.selectors import RunningMonth, cut_of
from reports.pricing.costing import Payer, costs_of_stretches
from reports.pricing.costs import Costs

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PastCost:
    """An ended month in one currency: its forecast on the same day of the month, and its cost by today's prices."""

    month: Month
    forecast: CostForecast
    actual: int

    @property
    def error(self) -> float | None:
        """Forecast minus actual, as a share of the actual cost."""
        return (self.forecast.expected - self.actual) / self.actual if self.actual else None

    @property
    def is_within(self) -> bool:
        """Return whether the month ended within the interval."""
        return self.forecast.low <= self.actual <= self.forecast.high


@dataclass(frozen=True, slots=True)
class MonthCosts:
    """The running month's forecast in each currency, and past ones, newest first."""

    forecasts: Sequence[CostForecast]
    past: Sequence[PastCost]

    @property
    def is_average(self) -> bool:
        """Tells whether prices by quantity are in any of them."""
        return any(one.is_average for one in self.forecasts)


def month_costs(found: RunningMonth, payer: Payer) -> MonthCosts:
    """Return the forecast of the running month's cost, from the forecast of its SMS parts; one read of the counts."""
    months = [past.month for past in found.past]
    cuts = {month: cut_of(month, found.today.day) for month in months} | {found.month: found.today}
    # The first days of all spans that are summed below, and the days after their last ones.
    begins = {day for month, cut in cuts.items() for day in (month.first_day, cut - PRICED_DAYS * DAY, cut)}
    query = StatisticsQuery(
        tenant_ids=sorted(payer.tenant_ids), first=min(begins), last=found.today, with_latency=False
    )
    stretches = costs_of_stretches(query, payer, begins)
    forecasts = _at(found, stretches, found.month, found.today, found.parts.rest)
    past = []
    for month in months:
        cut = cuts[month]
        history = found.parts_by_day[: (cut - found.begins).days]
        rest = forecast_rest(history, first_unknown=cut, last_day=month.last_day)
        actual = _sum(stretches, month.first_day, month.last_day)
        for forecast in _at(found, stretches, month, cut, rest, is_past=True) if rest else ():
            cost = actual.by_currency.get(forecast.currency)
            past.append(PastCost(month, forecast, cost.minor if cost else 0))
    return MonthCosts(forecasts, past)


def _at(
    found: RunningMonth,
    stretches: Mapping[date, Costs],
    month: Month,
    cut: date,
    rest: RestForecast,
    *,
    is_past: bool = False,
) -> list[CostForecast]:
    """Return a month's forecasts as they are made on the day `cut`."""
    recent = max(0, (cut - found.begins).days - PRICED_DAYS)
    return forecast_costs(
        known=_sum(stretches, month.first_day, cut - DAY),
        today=Costs() if is_past else stretches.get(cut, Costs()),
        recent=_sum(stretches, cut - PRICED_DAYS * DAY, cut - DAY),
        parts=sum(found.parts_by_day[recent : (cut - found.begins).days]),
        rest=rest,
    )


def _sum(stretches: Mapping[date, Costs], first: date, last: date) -> Costs:
    return sum((one for begin, one in stretches.items() if first <= begin <= last), Costs())
