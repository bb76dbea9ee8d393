"""The tables of a workbook's masked edition, for people who see phone numbers masked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from portal.common.masking import Masking
from reports.monthly.tables import Found, Table

FREE_TEXT = frozenset({"Campaign", "Variant", "Operator"})


def partner_ids_of(tables: Sequence[Table]) -> set[str]:
    """Return all that the tables show as a partner ID."""
    return {
        row[0]
        for table in tables
        if table.columns[0].key == "Partner ID"
        for row in (*table.rows, *table.subtotals)
        if row[0]
    }


def masked_tables(tables: Sequence[Table], telling: Collection[str]) -> list[Table]:
    """Return the tables with numbers masked, row by row: rows that are called the same then stay apart.

    `telling` are the partner IDs that hold the number of a message.
    """
    masking = Masking(in_full=False)

    def cell(name: str, value: object) -> object:
        if name in FREE_TEXT or (name == "Partner ID" and value in telling):
            return masking.text(value)
        return value

    def rows(table: Table, found: Sequence[tuple]) -> list[tuple]:
        names = [column.key for column in table.columns]
        return [tuple(map(cell, names, row)) for row in found]

    def masked(table: Table) -> Table:
        own, of_several = rows(table, table.rows), rows(table, table.subtotals)
        return replace(
            table,
            rows=own,
            subtotals=of_several,
            found=_of_same(table.found, table.rows, own),
            found_subtotals=_of_same(table.found_subtotals, table.subtotals, of_several),
        )

    return [masked(table) for table in tables]


def _of_same(found: Sequence[Found], before: Sequence[tuple], after: Sequence[tuple]) -> Sequence[Found]:
    """Return the filters of rows without a masked text; those of others would tell it."""
    return [one if a == b else None for one, a, b in zip(found, before, after, strict=True)] if found else found
