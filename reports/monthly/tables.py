"""A table as every writer takes it: named, typed columns, rows of plain values and a total."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["text", "term", "code", "int", "ratio", "percent", "seconds", "date", "month", "datetime", "mixed"]
"""Kind of a column's cells; None is an empty cell in every kind.

- text: str as it came, possibly hostile. term: one of our own English words, translated where people read it.
- code: int that names something. int. ratio: float. percent: float, 1.0 is 100%. seconds: whole seconds.
- date. month: str `YYYY-MM`. datetime: aware, already in the zone to show.
- mixed: `Table.row_kinds` or `Table.cell_kinds` says the kind row by row.
"""


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
    """

    key: str
    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    total: tuple[Any, ...] | None = None
    row_kinds: tuple[Kind, ...] | None = None
    subtotals: list[tuple[Any, ...]] = field(default_factory=list)
    cell_kinds: tuple[Kind, ...] | None = None

    def typed_rows(self) -> Iterator[tuple[tuple[Any, ...], tuple[Kind, ...]]]:
        """Yield each row with the kinds of its cells."""
        kinds = tuple(column.kind for column in self.columns)
        own_kinds = self.row_kinds or self.cell_kinds
        if own_kinds is None:
            yield from ((row, kinds) for row in self.rows)
            return
        for row, own in zip(self.rows, own_kinds, strict=True):
            yield row, tuple(own if kind == "mixed" else kind for kind in kinds)
