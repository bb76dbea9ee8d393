"""Costs beside the figures of saved reports: tables by the report's divisions, a row for each currency.

They are for readers who may see costs (docs/reports.md). Conversions are not in them: accountants do not see those.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.common.masking import Masking
from reports.figures.masked_names import masked_key, partner_ids_of
from reports.figures.query import TIMES, StatisticsQuery
from reports.monthly.tables import Column, Table
from reports.pricing.costing import Payer, costs, total_cost
from reports.pricing.costs import Costs
from reports.pricing.figures import CostFigures, cost_figures
from reports.pricing.money import micro_decimal, minor_decimal
from reports.pricing.rights import may_see_costs, seen_payer
from reports.schedules.dimensions import DIMENSIONS, shown_value
from reports.schedules.figure_tables import cut
from reports.schedules.reading import Reading

COSTS = "costs"  # the parameter of a definition
CostTables = Callable[[Reading, Masking, Payer], list[Table]]
"""Build the tables for a reader, as the role of pages and in the language of the report."""

AMOUNTS = (
    Column("Currency", "text"),
    Column("Cost", "money"),
    Column("Cost of a delivered message", "money"),
    Column("Cost of failed messages", "money"),
    Column("Cost of billed, not delivered", "money"),
    Column("Cost of an unknown outcome", "money"),
    Column("At average prices", "term"),
    Column("Messages without a price", "int"),
)
_KEYS = {
    ("country",): "Costs by country",
    ("partner_id",): "Costs by partner ID",
    ("campaign",): "Costs by campaign",
    ("country", "operator"): "Costs by operator",
    ("variant",): "Costs by variant",
    ("day",): "Costs by day",
}


def payer_now(reading: Reading) -> Payer | None:
    """Return whose costs the run shows, by its owner's rights at this moment.

    None where the definition wants no costs, the owner may not see any, or no price list charges the customer. For the
    role of pages, whose wall decides which lists there are.
    """
    if not reading.parameters.get(COSTS) or not may_see_costs(reading.access):
        return None
    payer = seen_payer(reading.access)
    # An account's report has the messages of its pool as well, which count for prices by quantity.
    return replace(payer, tenant_ids=reading.tenant_ids) if payer and reading.account else payer


def costs_by(
    reading: Reading, query: StatisticsQuery, names: Sequence[str], *, masking: Masking, payer: Payer, key: str = ""
) -> Table:
    """Return the costs of the query by these dimensions: by time, then the largest first."""
    found = [
        (dict(zip(names, group, strict=True)), one)
        for group, one in costs(replace(query, group_by=tuple(names)), payer).items()
    ]
    telling: Collection[str] = frozenset()
    if not masking.in_full:
        telling = telling_partner_ids(partner_ids_of(group for group, _costs in found), tenant_ids=query.tenant_ids)
    cells = {name: DIMENSIONS[name].cells(reading.language) for name in names}
    rows = []
    for group, one in sorted(found, key=lambda row: _in_order(*row)):
        shown = masked_key(group, masking, telling)
        rows.append((tuple(cell for name in names for cell in cells[name](shown_value(name, shown[name]))), one))
    columns = [column for name in names for column in DIMENSIONS[name].columns]
    return cost_table(
        key or _KEYS[tuple(names)], columns, rows, total=total_cost(query, payer), language=reading.language
    )


def cost_table(
    key: str, columns: Sequence[Column], rows: Sequence[tuple[tuple[Any, ...], Costs]], *, total: Costs, language: str
) -> Table:
    """Return a table of costs with their total; of several currencies each has a subtotal."""
    lines = [(*names, *amounts) for names, one in rows for amounts in _amounts(one)]
    sums = [(*(None for _ in columns), *_of_total(amounts)) for amounts in _amounts(total)]
    table = cut(key, [*columns, *AMOUNTS], lines, language=language)
    if len(sums) > 1:
        return replace(table, subtotals=sums)
    return replace(table, total=sums[0] if sums else None)


def _in_order(group: dict[str, object], one: Costs) -> tuple[Any, ...]:
    times = tuple(group[name] for name in TIMES if name in group)
    largest = max((cost.micro for cost in one.by_currency.values()), default=0)
    return (*times, -largest, tuple(str(value) for value in group.values()))


def _amounts(one: Costs) -> list[tuple[Any, ...]]:
    """Return the cells of a group: a row for each currency, or one for messages without a price alone."""
    rows: list[tuple[Any, ...]] = [_cells(figures) for figures in cost_figures(one)]
    unpriced = one.unpriced.messages
    if not rows:
        return [(*(None for _ in AMOUNTS[:-1]), unpriced)] if unpriced else []
    return [(*row, 0 if position else unpriced) for position, row in enumerate(rows)]


def _cells(figures: CostFigures) -> tuple[Any, ...]:
    def amount(minor: int) -> Decimal:
        return minor_decimal(minor, figures.currency)

    return (
        figures.currency,
        amount(figures.cost),
        None if figures.per_delivered is None else micro_decimal(figures.per_delivered),
        amount(figures.of_failed),
        amount(figures.of_billed_undelivered),
        amount(figures.of_unknown),
        "yes" if figures.is_average else "no",
    )


def _of_total(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the cells without the word that says whether prices are averages: rows say that."""
    place = [column.key for column in AMOUNTS].index("At average prices")
    return (*cells[:place], None, *cells[place + 1 :])
