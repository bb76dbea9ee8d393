"""Dimensions that tables of figures are grouped by: their columns, and the cells that name a group."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deliveries.messages.fold import NO_CODE
from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.common.masking import Masking
from reports.figures.masked_names import masked_key, partner_ids_of
from reports.figures.query import TIMES, StatisticsQuery
from reports.figures.statistics import statistics, total
from reports.monthly.tables import Column, Table
from reports.schedules.figure_tables import COUNTRY, country_cells, figure_table, named
from reports.schedules.found import filters_of
from reports.schedules.reading import Reading

_Cells = Callable[[Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Dimension:
    """Columns of a dimension; `empty` is our English word for the value "none"."""

    columns: tuple[Column, ...]
    empty: str = ""

    def cells(self, language: str) -> _Cells:
        """Return what turns a value into cells."""
        if self.columns == COUNTRY:
            return lambda code: country_cells(code, language)
        name = named({"": self.empty} if self.empty else {}, language)
        return lambda value: (name(value) if isinstance(value, str) else value,)


DIMENSIONS: dict[str, Dimension] = {
    "hour": Dimension((Column("Hour", "datetime"),)),
    "day": Dimension((Column("Day", "date"),)),
    "week": Dimension((Column("Week", "week"),)),
    "month": Dimension((Column("Month", "month"),)),
    "tenant": Dimension((Column("Tenant", "text"),)),
    "partner_id": Dimension((Column("Partner ID", "text"),), "(none)"),
    "campaign": Dimension((Column("Campaign", "text"),), "(no campaign)"),
    "variant": Dimension((Column("Variant", "text"),), "(no variant)"),
    "country": Dimension(COUNTRY),
    "operator": Dimension((Column("Operator", "text"),), "(unknown)"),
    "sender_type": Dimension((Column("Sender type", "text"),), "(unknown)"),
    "status": Dimension((Column("Status", "term"),)),
    "result_code": Dimension((Column("Result code", "code"),)),
    "reason": Dimension((Column("Reason", "term"),), "(no reason)"),
}


def grouped_table(
    key: str,
    reading: Reading,
    query: StatisticsQuery,
    names: Sequence[str],
    *,
    masking: Masking,
    measures: Sequence[str],
) -> Table:
    """Return the table of the query by these dimensions: by time, then the largest first. Raises TooManyGroups."""
    groups = statistics(replace(query, group_by=tuple(names)))
    telling: Collection[str] = frozenset()
    if not masking.in_full:
        telling = telling_partner_ids(partner_ids_of(group.key for group in groups), tenant_ids=query.tenant_ids)
    cells = {name: DIMENSIONS[name].cells(reading.language) for name in names}
    rows, found = [], []
    filters = filters_of(reading, query)
    for group, wanted in zip(groups, filters.of_groups([group.key for group in groups]), strict=True):
        shown = masked_key(group.key, masking, telling)
        rows.append((tuple(cell for name in names for cell in cells[name](shown_value(name, shown[name]))), group.kpis))
        found.append(wanted if shown == group.key else None)  # the address would tell a masked name
    columns = [column for name in names for column in DIMENSIONS[name].columns]
    return figure_table(
        key,
        columns,
        rows,
        measures=measures,
        language=reading.language,
        total=total(query),
        found=found,
        found_total=filters.of({}),
    )


def shown_value(name: str, value: Any) -> Any:
    """Return a value as a cell takes it: no code is an empty cell, a text that is missing is ''."""
    if name == "result_code":
        return None if value == NO_CODE else value
    return "" if value is None and name not in TIMES else value
