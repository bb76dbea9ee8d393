"""An uploaded invoice as a table: CSV, XLSX, UBL or Finvoice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import islice

from deliveries.conversions import files as tables
from deliveries.conversions.files import FileProblem, Row
from reports.billing.invoices.columns import MAX_LINES
from reports.billing.invoices.einvoices import is_xml, read_einvoice

MAX_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    """A file's columns and lines; an e-invoice states its currency and its day too."""

    names: list[str]
    rows: list[Row]
    currency: str = ""
    issued_on: date | None = None


def read_file(content: bytes) -> InvoiceFile:
    """Return the table of a file. Raises FileProblem."""
    if len(content) > MAX_BYTES:
        raise FileProblem("too_large")
    if is_xml(content):
        einvoice = read_einvoice(content)
        return InvoiceFile(
            [str(name) for name in einvoice.head.cells], einvoice.rows, einvoice.currency, einvoice.issued_on
        )
    head, *rows = islice(tables.rows(content), MAX_LINES + 2)
    names = tables.names_of(head)
    for place, name in enumerate(names, 1):
        if name == "" or name in names[: place - 1]:
            raise FileProblem("names", place)
    if not rows:
        raise FileProblem("no_lines")
    return InvoiceFile(names, rows)
