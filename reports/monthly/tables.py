"""A table as every writer takes it: named, typed columns, rows of plain values and a total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from deliveries.dialects.codes import COUNTS_AS

Kind = Literal[
    "text", "term", "code", "int", "money", "ratio", "percent", "points", "seconds", "date", "week", "month",
    "datetime", "mixed", "difference",
]  # fmt: skip
"""Kind of a column's cells; None is an empty cell in every kind.

- text: str as it came, possibly hostile. term: one of our own English words, translated where people read it.
- code: int that names something. int. ratio: float. percent: float, 1.0 is 100%. seconds: whole seconds.
- money: Decimal with as many decimals as are shown.
- points: float, the difference of two percents; 0.01 is one percentage point.
- date. week: str `YYYY-Www` (ISO 8601). month: str `YYYY-MM`. datetime: aware, already in the zone to show.
- mixed: `Table.row_kinds` or `Table.cell_kinds` says the kind row by row. difference: of two cells of that kind.
"""

Found = Mapping[str, str | Sequence[str]] | None


def decimals_of(amount: Decimal) -> int:
    """Return how many decimals an amount of money is shown with."""
    return max(0, -int(amount.as_tuple().exponent))


COUNTED: Mapping[str, Mapping[str, str]] = {
    "Messages": {},
    "Delivered": {"counts_as": "delivered"},
    "Failed": {"counts_as": "failed"},
    "Pending": {"counts_as": "pending"},
    "Unknown": {"counts_as": "unknown"},
}
"""Columns that count messages, with what they count of their row's; parts and shares are no number of messages."""


def narrowed(found: Mapping[str, str | Sequence[str]], counted: Mapping[str, str]) -> dict[str, str | Sequence[str]]:
    """Return a row's filters for what one of COUNTED counts of its messages.

    Message Search finds messages of any of its statuses and of the ones that it counts as, so that statuses are
    narrowed here.
    """
    if "status" not in found or not counted:
        return {**found, **counted}
    given = found["status"]
    statuses = [given] if isinstance(given, str) else given
    return {**found, "status": [status for status in statuses if COUNTS_AS[status] == counted["counts_as"]]}


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its English name."""

    key: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `total` has a cell per column, None in the first, which is where a writer puts its label.

    `subtotals` sum some of the rows each, by what their first cells name. They are no rows: who sums up the rows counts
    nothing twice. Rows with `row_kinds` are items with a value each; `cell_kinds` are those of other tables.

    `found` has for each row the filters of Message Search that find the row's messages, days included; None where it
    cannot find them alone. A table without links has none of these. `found_total` and `found_subtotals` do the same.
    """

    key: str
    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    total: tuple[Any, ...] | None = None
    row_kinds: tuple[Kind, ...] | None = None
    subtotals: list[tuple[Any, ...]] = field(default_factory=list)
    cell_kinds: tuple[Kind, ...] | None = None
    found: Sequence[Found] = ()
    found_subtotals: Sequence[Found] = ()
    found_total: Found = None

    def typed_rows(self) -> Iterator[tuple[tuple[Any, ...], tuple[Kind, ...]]]:
        """Yield each row with the kinds of its cells."""
        kinds = tuple(column.kind for column in self.columns)
        own_kinds = self.row_kinds or self.cell_kinds
        if own_kinds is None:
            yield from ((row, kinds) for row in self.rows)
            return
        for row, own in zip(self.rows, own_kinds, strict=True):
            of_difference: Kind = "points" if own == "percent" else own
            by_row: dict[Kind, Kind] = {"mixed": own, "difference": of_difference}
            yield row, tuple(by_row.get(kind, kind) for kind in kinds)
