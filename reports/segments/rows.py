"""Rows of the page of segments: sorted, in pages, with their links and lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from campaigns.segments import NO_SEGMENTS
from portal.common.masking import Masking
from portal.common.sparkline import Sparkline
from reports.pricing.figures import CostFigures
from reports.segments.figures import ValueRow
from reports.segments.links import ValueLinks
from reports.segments.texts import label_of

PAGE_SIZE = 50

_FIGURES: dict[str, Callable[[ValueRow], float | None]] = {
    "messages": lambda row: row.kpis.volume.messages,
    "recipients": lambda row: row.recipients,
    "delivery_rate": lambda row: row.kpis.delivery_rate,
    "conversion_rate": lambda row: row.conversions.rate if row.conversions else None,
    "revenue": lambda row: _revenue(row),
    "difference": lambda row: row.standout.difference if row.standout else None,
    "median": lambda row: row.kpis.median,
    "p95": lambda row: row.kpis.p95,
}


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row as the page shows it; links are '' where Message Search does not find the messages."""

    row: ValueRow
    label: str
    line: Sparkline
    messages: str
    delivered: str
    failed: str
    costs: list[CostFigures] = field(default_factory=list)

    @property
    def is_special(self) -> bool:
        return is_special(self.row)


def _revenue(row: ValueRow) -> float | None:
    """Return the revenue per recipient in the first currency: several currencies have no common order."""
    return row.conversions.revenue[0].per_recipient if row.conversions and row.conversions.revenue else None


def is_special(row: ValueRow) -> bool:
    """Return whether the row is no single value."""
    return row.is_small or row.value in NO_SEGMENTS


def in_order(rows: Sequence[ValueRow], order: str) -> list[ValueRow]:
    """Return the rows in one of ORDERS; those that are no single value are last, then those without the figure."""
    column = order.removeprefix("-")
    by_name = sorted(rows, key=lambda row: row.value.casefold())
    if column == "name":
        found = by_name[::-1] if order.startswith("-") else by_name
    else:
        figure = _FIGURES[column]
        sign = -1 if order.startswith("-") else 1
        found = sorted(by_name, key=lambda row: (figure(row) is None, sign * (figure(row) or 0)))
    return sorted(found, key=is_special)


def shown_row(row: ValueRow, line: Sparkline, links: ValueLinks, masking: Masking) -> ShownRow:
    """Return the row with its line by day and its links."""
    values = () if row.is_small else (row.value,)
    return ShownRow(
        row=row,
        label=label_of(masking.text(row.value)),
        line=line,
        messages=links.messages(*values) if values else "",
        delivered=links.messages(*values, counts_as="delivered") if values else "",
        failed=links.messages(*values, counts_as="failed") if values else "",
    )
