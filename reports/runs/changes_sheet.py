"""The sheet Changes: each cell that a revision changed, with its old and new value and the causes of the difference."""

from collections.abc import Collection, Sequence
from typing import Any

from django.utils import translation

from portal.common.masking import Masking
from reports.monthly.masked_tables import FREE_TEXT
from reports.monthly.tables import Column, Table
from reports.monthly.texts import translate
from reports.runs.cause_texts import CAUSES, REGROUPED
from reports.runs.cell_causes import CellCauses
from reports.runs.cell_changes import CellChange
from reports.runs.changed_texts import signed

KEY = "Changes"
_COLUMNS = (
    Column("Sheet", "term"),
    Column("Row", "text"),
    Column("Column", "term"),
    Column("Old", "mixed"),
    Column("New", "mixed"),
    Column("Difference", "difference"),
    Column("Causes", "text"),
)


def changes_table(changes: Sequence[CellChange], causes: CellCauses, language: str) -> Table:
    """Return the sheet with names in full."""
    return _table(changes, causes, language, lambda column, name: name)


def masked_changes(changes: Sequence[CellChange], causes: CellCauses, language: str, telling: Collection[str]) -> Table:
    """Return the sheet with phone numbers masked; `telling` are the partner IDs that hold a number."""
    masking = Masking(in_full=False)

    def name_of(column: Column, name: Any) -> Any:
        is_hidden = column.key in FREE_TEXT or (column.key == "Partner ID" and name in telling)
        return masking.text(name) if is_hidden else name

    return _table(changes, causes, language, name_of)


def partner_ids_of(changes: Sequence[CellChange]) -> set[str]:
    """Return all that the changes show as a partner ID."""
    return {name for change in changes for column, name in change.names if column.key == "Partner ID" and name}


def _table(changes: Sequence[CellChange], causes: CellCauses, language: str, name_of: Any) -> Table:
    with translation.override(language):
        rows = [
            (
                change.sheet,
                _row_text(change, language, name_of),
                change.column.key,
                change.old,
                change.new,
                _difference(change),
                _causes_text(change, causes),
            )
            for change in changes
        ]
    return Table(key=KEY, columns=_COLUMNS, rows=rows, cell_kinds=tuple(change.kind for change in changes))


def _row_text(change: CellChange, language: str, name_of: Any) -> str:
    place = {"total": translate("Total", language), "subtotal": translate("Subtotal", language)}.get(change.key[0])
    named = {column.key: (column, value) for column, value in change.names if value is not None}
    if "Country" in named:
        named.pop("Country code", None)
    words = [
        translate(str(value), language) if column.kind == "term" else str(name_of(column, value))
        for column, value in named.values()
    ]
    return " · ".join([place, *words] if place else words)


def _difference(change: CellChange) -> int | float | None:
    if change.kind == "int":
        return (change.new or 0) - (change.old or 0)
    return None if change.new is None or change.old is None else change.new - change.old


def _causes_text(change: CellChange, causes: CellCauses) -> str:
    """Return the causes of a cell in words, with their parts; what they do not explain has a name of its own."""
    found = causes.of(change)
    if change.kind == "int":
        left = (_difference(change) or 0) - sum(part or 0 for _cause, part in found)
        if left:
            found.append((REGROUPED, int(left)))
    elif not found:
        found = [(REGROUPED, None)]
    return "; ".join(str(CAUSES[cause]) if part is None else f"{CAUSES[cause]} {signed(part)}" for cause, part in found)
