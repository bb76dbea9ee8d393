"""CSV in the form of the page's file (deliveries/message_pages/csv_file.py)."""

from pathlib import Path

from deliveries.exports.writers.table import Pages, Table, Written
from deliveries.message_pages.columns import headings, lines
from portal.common.csv_file import ENCODING, write_rows
from portal.common.periods import zone


def write(table: Table, pages: Pages, path: Path) -> Written:
    """Write all pages in the active language."""
    columns, local, rows = table.columns, zone(table.timezone), 0
    with path.open("w", newline="", encoding=ENCODING) as file:
        write_rows(file, table.csv_form, [headings(columns, table.timezone)])
        for page in pages:
            write_rows(file, table.csv_form, lines(columns, page, local))
            rows += len(page)
    return Written(rows)
