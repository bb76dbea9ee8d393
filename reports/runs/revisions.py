"""Changes of a revision against the one before it: cells with their causes, and what the run stores of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deliveries.partner_ids.with_numbers import telling_partner_ids
from reports.models import ReportRun
from reports.monthly.figures import MonthFigures
from reports.monthly.ledger import reasons, rows_since
from reports.monthly.selector import MonthScope
from reports.monthly.tables import Table
from reports.runs import changes_sheet, kept_tables
from reports.runs.cell_causes import CellCauses, cell_causes
from reports.runs.cell_changes import CellChange, changed_cells


@dataclass(frozen=True, slots=True)
class Revision:
    """The changes of a run since the revision before it."""

    since: ReportRun
    cells: list[CellChange]
    causes: CellCauses
    language: str

    def table(self) -> Table:
        """Return the sheet of changes with names in full."""
        return changes_sheet.changes_table(self.cells, self.causes, self.language)

    def masked(self, scope: MonthScope) -> Table:
        """Return the sheet of changes with numbers masked."""
        held = changes_sheet.partner_ids_of(self.cells)
        telling = telling_partner_ids(held, tenant_ids=scope.tenant_ids())
        return changes_sheet.masked_changes(self.cells, self.causes, self.language, telling)


def revision_of(
    newest: ReportRun | None, scope: MonthScope, figures: MonthFigures, tables: Sequence[Table]
) -> Revision | None:
    """Return what new figures change in the newest final report of their month.

    None if no cell differs, or nothing can be compared: the newest is provisional, in another language or without kept
    tables.
    """
    if newest is None or newest.kind != ReportRun.Kind.FINAL or figures.header.state != ReportRun.Kind.FINAL:
        return None
    kept = kept_tables.load(newest)
    if kept is None or kept.language != figures.header.language:
        return None
    cells, language = changed_cells(kept.tables, tables), figures.header.language
    if not cells:
        return None
    causes = cell_causes(scope, rows_since(kept.ledger, figures.ledger), language)
    return Revision(newest, cells, causes, language)


def changes_of(newest: ReportRun, outcome: dict[str, Any]) -> dict[str, Any]:
    """Return what a run stores of its changes: the revision before it, the differences, and those of each cause."""
    then = newest.totals or {}
    return {
        "since": newest.number,
        "differences": {name: number - then.get(name, 0) for name, number in outcome["totals"].items()},
        "causes": {reason.cause: dict(reason.differences) for reason in reasons(newest.causes, outcome["causes"])},
    }
