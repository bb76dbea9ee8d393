"""Figures of costs as pages, the API and files show them: each is computed here alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from reports.pricing.costs import Cost, Costs
from reports.pricing.money import divide_half_away, to_minor


@dataclass(frozen=True, slots=True)
class CostFigures:
    """Tells what the messages of a group cost in one currency, in its minor unit, each figure rounded by itself.

    `per_delivered` is the cost divided by delivered messages that have a price, in millionths of the unit; None without
    any. `of_billed_undelivered` is a part of `of_failed`. `is_average` says that prices by quantity are in it, at
    the average of their month.
    """

    currency: str
    cost: int
    of_failed: int
    of_billed_undelivered: int
    of_unknown: int
    per_delivered: int | None
    is_average: bool


def cost_figures(costs: Costs) -> list[CostFigures]:
    """Return the figures of each currency, by its code."""
    return [_figures(cost) for _currency, cost in sorted(costs.by_currency.items())]


def _figures(cost: Cost) -> CostFigures:
    return CostFigures(
        cost.currency,
        to_minor(cost.micro, cost.currency),
        to_minor(cost.of_failed, cost.currency),
        to_minor(cost.of_billed_undelivered, cost.currency),
        to_minor(cost.of_unknown, cost.currency),
        per(cost, cost.delivered),
        cost.is_average,
    )


def per(cost: Cost, count: int) -> int | None:
    """Return the cost for each of `count` things, such as conversions, in millionths of the unit; None of none."""
    if not count:
        return None
    exact = Fraction(cost.micro) / count
    return divide_half_away(exact.numerator, exact.denominator)


def return_on_cost(revenue_micro: int, cost: Cost) -> float | None:
    """Return (revenue - cost) / cost, of a revenue in the cost's currency in millionths; None if it cost nothing."""
    return float((revenue_micro - Fraction(cost.micro)) / Fraction(cost.micro)) if cost.micro else None


def growth(now: Cost, before: Cost | None) -> float | None:
    """Return the change of a cost as a share of the one before; None if that is nothing."""
    return float(Fraction(now.micro) / Fraction(before.micro) - 1) if before is not None and before.micro else None
