"""Forecast of a period's cost: what is known, and the SMS parts that are left at the average price of late (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from reports.forecast.month_forecast import RestForecast
from reports.pricing.costs import Cost, Costs
from reports.pricing.money import Micro, to_minor

PRICED_DAYS = 28  # whose average price the parts that are left get


@dataclass(frozen=True, slots=True)
class CostForecast:
    """A period's cost in one currency as it is expected, in its minor unit, each figure rounded by itself.

    `known` are the days before those that are forecast. The cost lies between `low` and `high` in about 80 of 100
    periods. `is_average` says that prices by quantity are in it, so that the average price can still change.
    """

    currency: str
    known: int
    expected: int
    low: int
    high: int
    is_average: bool


def forecast_costs(*, known: Costs, today: Costs, recent: Costs, parts: int, rest: RestForecast) -> list[CostForecast]:
    """Return the forecast of each currency, by its code.

    `known` are the costs of the period's days before those of `rest`, `today` those that the first day of `rest` has
    already. `recent` are the costs of the PRICED_DAYS before it, with their `parts`: all of them, those without a price
    too, so that their share of the parts that are left is in no amount either.
    """
    currencies = sorted({*known.by_currency, *today.by_currency, *recent.by_currency})
    return [_forecast(currency, known, today, recent, parts, rest) for currency in currencies]


def _forecast(
    currency: str, known: Costs, today: Costs, recent: Costs, parts: int, rest: RestForecast
) -> CostForecast:  # fmt: skip
    before, already, lately = (one.by_currency.get(currency, Cost(currency)) for one in (known, today, recent))
    price = Fraction(lately.micro) / parts if parts else Fraction(0)

    def at_the_end(number: int) -> int:
        whole: Micro = before.micro + max(price * number, Fraction(already.micro))
        return to_minor(whole, currency)

    return CostForecast(
        currency,
        known=to_minor(before.micro, currency),
        expected=at_the_end(rest.expected),
        low=at_the_end(rest.low),
        high=at_the_end(rest.high),
        is_average=before.is_average or already.is_average or lately.is_average,
    )
