"""Costs of a key's values, from the counts of segments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reports.figures.query import SEGMENT, StatisticsQuery
from reports.pricing.costing import Payer, costs
from reports.pricing.costs import Costs
from reports.segments.figures import ValueRow


def costs_of_rows(found: Mapping[str, Costs], rows: Sequence[ValueRow]) -> list[Costs]:
    """Return the costs of each row. A row of several values has the sum of theirs."""
    return [sum((found.get(value, Costs()) for value in row.values), Costs()) for row in rows]


def costs_of_values(query: StatisticsQuery, key: str, payer: Payer) -> dict[str, Costs]:
    """Return the costs of each value of the key.

    The query has no campaign: messages of a campaign by value are not counted but read.
    """
    return {value: found for (value,), found in costs(replace(query, group_by=(SEGMENT + key,)), payer).items()}
