"""Costs of the Overview's messages, by country, and the messages that have no price."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from portal.common.masking import Masking
from reports.figures.query import StatisticsQuery
from reports.pricing.costing import Payer, costs, total_cost
from reports.pricing.costs import Costs, Uncharged
from reports.pricing.figures import CostFigures, cost_figures

_BY = ("country", "operator", "sender_type")


@dataclass(frozen=True, slots=True)
class CostRow:
    """Tells what messages to a country cost, in one currency."""

    country: str
    figures: CostFigures


@dataclass(frozen=True, slots=True)
class UnpricedRow:
    """Messages without a price. A masked operator has no link."""

    country: str
    operator: str
    sender_type: str
    uncharged: Uncharged
    is_masked: bool


@dataclass(frozen=True, slots=True)
class OverviewCosts:
    """Costs of a period; `before` are those of the comparison period, None without one.

    `rows` are by country, the most expensive first; `unpriced` the messages without a price, the most first.
    """

    whole: Costs
    before: Costs | None
    rows: list[CostRow]
    unpriced: list[UnpricedRow]

    @property
    def is_average(self) -> bool:
        """Tells whether prices by quantity are in any of the costs."""
        return any(one.is_average for one in self.totals)

    @property
    def totals(self) -> list[CostFigures]:
        """The costs of all messages, by currency."""
        return cost_figures(self.whole)


def overview_costs(
    query: StatisticsQuery, payer: Payer, *, compare: tuple[date, date] | None, masking: Masking
) -> OverviewCosts:
    """Return what the query's messages cost the payer, and those of the comparison period."""
    found = costs(replace(query, group_by=("country",)), payer)
    earlier = total_cost(replace(query, first=compare[0], last=compare[1]), payer) if compare else None
    unpriced = [country for (country,), group in found.items() if group.unpriced.messages]
    return OverviewCosts(
        sum(found.values(), Costs()),
        earlier,
        _rows(found),
        _unpriced(query, payer, unpriced, masking) if unpriced else [],
    )


def _rows(found: Mapping[tuple, Costs]) -> list[CostRow]:
    rows = [CostRow(country, figures) for (country,), group in found.items() for figures in cost_figures(group)]
    return sorted(rows, key=lambda row: (row.figures.currency, -row.figures.cost, row.country))


def _unpriced(query: StatisticsQuery, payer: Payer, countries: list[str], masking: Masking) -> list[UnpricedRow]:
    """Return the messages without a price to these countries, which have some."""
    of_these = replace(query, group_by=_BY, filters=dict(query.filters) | {"country": countries})
    found = costs(of_these, payer)
    rows = [
        UnpricedRow(country, masking.text(operator), sender_type, group.unpriced, masking.hides(operator))
        for (country, operator, sender_type), group in found.items()
        if group.unpriced.messages
    ]
    return sorted(rows, key=lambda row: (-row.uncharged.messages, row.country, row.operator, row.sender_type))
