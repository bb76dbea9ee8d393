"""Costs of a key's values, from the counts of segments."""

from collections.abc import Mapping, Sequence

from reports.figures.query import StatisticsQuery
from reports.pricing.costing import Payer, priced_by
from reports.pricing.costs import Costs
from reports.pricing.counted import usages_of
from reports.segments.figures import ValueRow
from reports.segments.from_counts import segment_rows


def costs_of_rows(found: Mapping[str, Costs], rows: Sequence[ValueRow]) -> list[Costs]:
    """Return the costs of each row. A row of several values has the sum of theirs."""
    return [sum((found.get(value, Costs()) for value in row.values), Costs()) for row in rows]


def costs_of_values(query: StatisticsQuery, key: str, payer: Payer) -> dict[str, Costs]:
    """Return the costs of each value of the key.

    The query has no campaign: messages of a campaign by value are not counted but read.
    """
    rows = usages_of([segment_rows(query, key)], query, payer.tariffs, ["value"])
    return priced_by(((row["value"], usage) for row, usage in rows), query, payer)
