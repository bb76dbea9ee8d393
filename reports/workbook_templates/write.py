"""A report's workbook: the tenant's template filled, or the portal's own."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from reports.monthly.figures import ReportHeader
from reports.monthly.tables import Table
from reports.monthly.writers import xlsx
from reports.workbook_templates.fill import fill
from reports.workbook_templates.package import Unusable

logger = logging.getLogger(__name__)


def write_workbook(
    tables: Sequence[Table], header: ReportHeader, path: Path, beat: Callable[[int, int], None] | None = None
) -> int:
    """Write the workbook and return the number of data rows.

    A template that cannot be filled after all is told in the log, and the portal's own workbook is written: a report
    with its figures is better than none.
    """
    if header.template:
        try:
            path.write_bytes(fill(header.template, tables, header))
        except Unusable as error:
            logger.warning("The template of %s cannot be filled: %s", header.title_subject, error)
        else:
            return sum(len(table.rows) for table in tables)
    return xlsx.write(tables, header, path, beat)
