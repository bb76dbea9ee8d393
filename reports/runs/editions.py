"""The two editions of a run's workbook: in full, and with phone numbers masked for those who see them masked.

A month without a number to mask has one file, which is both.
"""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage

from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.common.jobs import MAX_ATTEMPTS
from portal.common.masking import Masking
from reports.models import ReportRun
from reports.monthly.figures import ReportHeader
from reports.monthly.masked_tables import masked_tables, partner_ids_of
from reports.monthly.selector import MonthScope
from reports.monthly.tables import Table
from reports.runs import kept_tables
from reports.runs.revisions import Revision

OF_A_FILE = ("file", "bytes", "sha256")

Beat = Callable[[int, int], None]  # rows done, of all


class NoMaskedEdition(Exception):
    """The run was made before reports had a masked edition."""


def open_edition(run: ReportRun, masking: Masking) -> File:
    """Open a finished run's workbook. Raises FileNotFoundError where it is gone, and NoMaskedEdition."""
    if not run.has_file:
        raise FileNotFoundError(run.file)
    edition = run.edition(masking)
    if edition is None:
        raise NoMaskedEdition
    return default_storage.open(edition.file, "rb")


def store_editions(
    run: ReportRun, tables: Sequence[Table], header: ReportHeader, beat: Beat, revision: Revision | None = None
) -> dict:
    """Write and store both editions, a `revision` with its sheet of changes; return their fields of the run."""
    changes = [revision.table()] if revision is not None else []
    full, rows = _store(run, [*tables, *changes], header, beat)
    fields = dict(zip(OF_A_FILE, full, strict=True)) | {"rows": rows}
    try:
        return fields | store_masked_edition(run, tables, header, full, beat, revision)
    except BaseException:
        delete_files(fields)
        raise


def store_masked_edition(
    run: ReportRun,
    tables: Sequence[Table],
    header: ReportHeader,
    full: tuple,
    beat: Beat,
    revision: Revision | None = None,
) -> dict:
    """Write and store the masked edition; it is the file in full (name, bytes, digest) where nothing is masked."""
    scope = MonthScope(run.tenant, run.account)
    telling = telling_partner_ids(partner_ids_of(tables), tenant_ids=scope.tenant_ids())
    masked, in_full = masked_tables(tables, telling), list(tables)
    if revision is not None:
        masked, in_full = [*masked, revision.masked(scope)], [*in_full, revision.table()]
    if masked != in_full:
        full, _rows = _store(run, masked, header, beat, edition="_masked")
    return {f"masked_{name}": value for name, value in zip(OF_A_FILE, full, strict=True)}


def delete_files(fields: dict) -> None:
    """Delete the files of these fields of a run that was not finished."""
    for name in {fields[key] for key in ("file", "masked_file", "kept_file") if fields.get(key)}:
        default_storage.delete(name)


def delete_attempts(run: ReportRun, *, revision: int | None) -> None:
    """Delete the files that killed attempts of the run left, which were to be this revision."""
    for attempt in set(range(1, MAX_ATTEMPTS + 1)) - {run.attempts}:
        for edition in ("", "_masked"):
            default_storage.delete(_file_name(run, revision, attempt, edition))
        default_storage.delete(kept_tables.file_name(run, revision, attempt))


def _store(
    run: ReportRun, tables: Sequence[Table], header: ReportHeader, beat: Beat, *, edition: str = ""
) -> tuple[tuple[str, int, str], int]:
    # here: no other process than one that makes reports loads openpyxl
    from reports.workbook_templates.write import write_workbook

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xlsx"
        rows = write_workbook(tables, header, path, beat)
        content = path.read_bytes()
        with path.open("rb") as file:
            # A name of its own for each attempt: a worker that lost its lease cannot overwrite the winner's file.
            name = default_storage.save(_file_name(run, run.revision, run.attempts, edition), File(file))
    return (name, len(content), hashlib.sha256(content).hexdigest()), rows


def _file_name(run: ReportRun, revision: int | None, attempt: int, edition: str) -> str:
    return f"reports/{run.tenant_id}/{run.month:%Y-%m}_r{revision}_{attempt}{edition}.xlsx"
