"""The kind of statements: what was issued to the customer for the run's months, as files.

A statement has no edition for readers without the right `billing`: its amounts are all that it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import monotonic
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import translation

from portal.common.database import snapshot, snapshot_time
from portal.common.masking import Masking
from portal.tenants.scope import web_scope
from reports.billing.document import Document
from reports.billing.files.making import make_file
from reports.billing.masked import document_for
from reports.billing.reading import received_by
from reports.models import DefinitionFile, DefinitionRun, Statement
from reports.monthly.tables import Column, Table
from reports.monthly.writers.pdf import PdfTooLong
from reports.pricing.money import minor_decimal
from reports.schedules import files
from reports.schedules.reading import Made, Reading, TooLarge

FORMATS = ("pdf", "xlsx")
Edition = DefinitionFile.Edition


def make_statements(
    reading: Reading, folder: Path, *, is_wanted: Callable[[Made], bool]
) -> tuple[Made, list[DefinitionFile]]:
    """Write the statements of the run's months in each format, several of them as a zip. Raises TooLarge.

    A run without statements has no files, whatever its condition.
    """
    with snapshot(), web_scope(reading.tenant_ids), translation.override(reading.language):
        found = statements_of(reading)
        made = Made(
            data_as_of=snapshot_time(), kind=DefinitionRun.Kind.FINAL, rows=len(found), content_hash=_digest(found)
        )
        if not found:
            made.skipped = DefinitionRun.Skipped.NO_ROWS
        if not found or not is_wanted(made):
            return made, []
        in_full = reading.access.masking.in_full
        stored = [
            _write(reading, folder, found, format=format, edition=edition)
            for format in reading.run.definition.formats
            for edition in [Edition.FULL.value] * in_full + [Edition.COSTS.value]
        ]
    return made, stored


def statements_of(reading: Reading) -> list[Statement]:
    """Return what was issued to the run's customer for its months, credit notes among them, by number."""
    months = (reading.run.first.replace(day=1), reading.run.last)
    return list(received_by(reading.run.tenant).filter(month__range=months).order_by("issued_at", "id"))


def statements_table(reading: Reading) -> Table:
    """Return the statements as a table, for the preview."""
    columns = (
        Column("Number", "text"),
        Column("Month", "month"),
        Column("Currency", "text"),
        Column("Without VAT", "money"),
        Column("To pay", "money"),
    )
    rows = [
        (
            one.number,
            f"{one.month:%Y-%m}",
            one.currency,
            *(minor_decimal(amount, one.currency) for amount in (one.net, one.total)),
        )
        for one in statements_of(reading)
    ]
    return Table(key="Statements", columns=columns, rows=rows)


def _digest(found: Sequence[Statement]) -> str:
    return sha256(repr([(one.pk, one.number) for one in found]).encode()).hexdigest()


def _write(reading: Reading, folder: Path, found: Sequence[Statement], *, format: str, edition: str) -> DefinitionFile:
    begun, masking = monotonic(), Masking(in_full=edition == Edition.FULL)
    documents = [replace(document_for(masking, one), language=reading.language) for one in found]
    try:
        path = _one(documents[0], folder, format) if len(documents) == 1 else _several(documents, folder, format)
    except PdfTooLong as error:
        raise TooLarge(str(error)) from error
    stored = files.store(reading.run, path, format=format, edition=edition)
    stored.seconds = round(monotonic() - begun, 2)
    return stored


def _one(document: Document, folder: Path, format: str) -> Path:
    path = folder / f"statement.{format}"
    path.write_bytes(make_file(document, format).content)
    return path


def _several(documents: Sequence[Document], folder: Path, format: str) -> Path:
    path = folder / f"statements_{format}.zip"
    with ZipFile(path, "w", compression=ZIP_DEFLATED) as archive:
        for document in documents:
            made = make_file(document, format)
            archive.writestr(made.name, made.content)
    return path
