"""The files of a statement by format, as pages, the API and the admin hand them out."""

from collections.abc import Callable
from dataclasses import dataclass

from reports.billing.document import Document, has_einvoice
from reports.billing.files import finvoice, pdf, ubl, xlsx
from reports.billing.files.sheets import file_stem
from reports.billing.files.ubl import NoFile

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Format:
    """Tells how a file of a statement is made and named."""

    write: Callable[[Document], bytes]
    ending: str
    media_type: str


FORMATS = {
    "pdf": Format(pdf.write, "pdf", "application/pdf"),
    "xlsx": Format(xlsx.write, "xlsx", XLSX),
    "peppol": Format(ubl.write, "peppol.xml", "application/xml"),
    "finvoice": Format(finvoice.write, "finvoice.xml", "application/xml"),
}
E_INVOICES = ("peppol", "finvoice")


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A file with its name and type."""

    name: str
    media_type: str
    content: bytes


def make_file(document: Document, format_name: str) -> StatementFile:
    """Return a statement's file. Raises NoFile where it has none of the format, PdfTooLong and PdfFailed."""
    if format_name in E_INVOICES and not has_einvoice(document):
        raise NoFile("E-invoices are made of issued statements in currencies with two decimals.")
    chosen = FORMATS[format_name]
    return StatementFile(f"{file_stem(document)}.{chosen.ending}", chosen.media_type, chosen.write(document))


def formats_of(document: Document) -> list[str]:
    """Return the formats that a statement has files of."""
    return [name for name in FORMATS if name not in E_INVOICES or has_einvoice(document)]
