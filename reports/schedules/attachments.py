"""Files of a run as one reader gets them: which edition, under which name, attached or by a link."""

from collections.abc import Sequence

from django.core.files import File
from django.core.files.storage import default_storage
from django.utils.text import slugify

from portal.common.file_response import XLSX
from portal.common.masking import Masking
from reports.models import DefinitionFile, DefinitionRun
from reports.runs.editions import NoMaskedEdition, open_edition

MAX_ATTACHED = 7 * 1024 * 1024  # bytes of all files of a mail; larger ones are linked

CONTENT_TYPES = {
    "xlsx": XLSX,
    "csv": "text/csv",
    "pdf": "application/pdf",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json",
}


class FileGone(Exception):
    """The file was deleted."""


def files_for(run: DefinitionRun, masking: Masking) -> list[DefinitionFile]:
    """Return the run's files for a reader, one a format, in the definition's order; those that are gone left out."""
    edition = DefinitionFile.Edition.FULL if masking.in_full else DefinitionFile.Edition.MASKED
    found = {file.format: file for file in run.files.filter(tenant_id=run.tenant_id, edition=edition, gone="")}
    return [found[name] for name in run.definition.formats if name in found]


def are_attached(files: Sequence[DefinitionFile]) -> bool:
    """Return whether these files are sent in the mail itself."""
    return sum(file.bytes for file in files) <= MAX_ATTACHED


def open_file(file: DefinitionFile, masking: Masking) -> File:
    """Open a file of `files_for`. Raises FileGone."""
    try:
        if file.file:
            return default_storage.open(file.file, "rb")
        if file.run.report_run is None:
            raise FileGone
        return open_edition(file.run.report_run, masking)  # the month's workbook, which is kept there
    except (FileNotFoundError, NoMaskedEdition) as error:
        raise FileGone from error


def file_name(file: DefinitionFile) -> str:
    """Return the name under which a file is handed out."""
    run = file.run
    days = f"{run.first}" if run.first == run.last else f"{run.first}_{run.last}"
    edition = "" if file.edition == DefinitionFile.Edition.FULL else "_masked"
    return f"{slugify(run.definition.name) or 'report'}_{days}{edition}.{file.format}"
