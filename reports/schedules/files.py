"""Stored files of runs: their names, opening and deleting them."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils.text import slugify

from deliveries.exports.days import is_past_retention, retention_marks
from portal.accounts.models import record
from portal.common.file_response import XLSX
from portal.common.jobs import MAX_ATTEMPTS
from portal.common.masking import Masking
from reports.models import DefinitionFile, DefinitionRun
from reports.runs.editions import open_edition

FOLDER = "saved_reports"
KEPT = timedelta(days=400)  # a file, from when it was made: a year's reports, and the time to compare the next ones
ACTOR = "portal"
_MAX_STEM = 80  # characters of a file's name

MEDIA_TYPES = {
    ".xlsx": XLSX,
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".zip": "application/zip",
}


def store(run: DefinitionRun, path: Path, *, format: str, edition: str) -> DefinitionFile:
    """Store a written file and return its row, which is not saved."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        # A name of its own for each attempt: a worker that lost its lease cannot overwrite the winner's file.
        name = default_storage.save(_name(run, run.attempts, format, edition, path.suffix), File(file))
    return DefinitionFile(
        tenant_id=run.tenant_id, run=run, format=format, edition=edition, file=name, bytes=path.stat().st_size,
        sha256=digest,
    )  # fmt: skip


def delete_attempt(run: DefinitionRun) -> None:
    """Delete what this attempt of the run has stored: it was not finished."""
    _delete_stored(run, [run.attempts])


def delete_other_attempts(run: DefinitionRun) -> None:
    """Delete what killed attempts of a finished run left."""
    _delete_stored(run, [attempt for attempt in range(1, MAX_ATTEMPTS + 1) if attempt != run.attempts])


def _delete_stored(run: DefinitionRun, attempts: Iterable[int]) -> None:
    for attempt, format, edition in product(attempts, run.definition.formats, DefinitionFile.Edition.values):
        for suffix in {f".{format}", ".zip"}:
            default_storage.delete(_name(run, attempt, format, edition, suffix))


def edition_of(run: DefinitionRun, format: str, masking: Masking, *, sees_costs: bool = False) -> DefinitionFile | None:
    """Return a run's file for a reader, in full where the reader may and there is one. None if there is none."""
    return edition_for(run.files.filter(format=format), masking, sees_costs=sees_costs)


def edition_for(files: Iterable[DefinitionFile], masking: Masking, *, sees_costs: bool) -> DefinitionFile | None:
    """Return the fullest of a format's files that a reader may have."""
    Edition = DefinitionFile.Edition
    editions = {file.edition: file for file in files}
    allowed = [Edition.COSTS.value] if sees_costs else []
    if masking.in_full and (sees_costs or Edition.COSTS not in editions):  # beside an edition of costs it has them, too
        allowed.insert(0, Edition.FULL.value)
    return next((editions[name] for name in (*allowed, Edition.MASKED.value) if name in editions), None)


def open_file(file: DefinitionFile) -> File:
    """Open a run's file. Raises FileNotFoundError if it is gone."""
    if file.gone or file.run.erased_at is not None:
        raise FileNotFoundError(file.file)
    if file.file:
        return default_storage.open(file.file, "rb")
    assert file.run.report_run is not None  # which has the workbook of monthly volumes
    return open_edition(file.run.report_run, Masking(in_full=file.edition == DefinitionFile.Edition.FULL))


def suffix_of(file: DefinitionFile) -> str:
    """Return the ending of a file's name: tables as CSV and Parquet are in an archive."""
    return Path(file.file).suffix or f".{file.format}"


def download_name(file: DefinitionFile) -> str:
    """Return the name under which a file is handed out; it holds no phone number."""
    run = file.run
    stem = slugify(Masking(in_full=False).text(run.definition.name))[:_MAX_STEM] or run.definition.kind
    is_full = file.edition == DefinitionFile.Edition.FULL
    has_numbers = is_full or run.files.filter(format=file.format, edition=DefinitionFile.Edition.FULL).exclude(
        sha256=file.sha256
    ).exists()  # fmt: skip
    masked = "_masked" if has_numbers and not is_full else ""
    days = f"{run.first}" if run.first == run.last else f"{run.first}_{run.last}"
    return f"{run.tenant.slug}_{stem}_{days}{masked}{suffix_of(file)}"


def delete_old(*, now: datetime) -> int:
    """Delete the files that are expired, or may hold what was erased or is past its retention; return how many."""
    files = DefinitionFile.objects.select_related("run__tenant", "run__definition").filter(gone="")
    done = files.filter(run__state=DefinitionRun.State.DONE)
    deleted = 0
    for why, condition in (
        (DefinitionFile.Gone.ERASED, Q(run__erased_at__isnull=False)),
        (DefinitionFile.Gone.RETENTION, Q(run__in=_past_retention())),
        (DefinitionFile.Gone.EXPIRED, Q(run__finished_at__lte=now - KEPT)),
    ):
        for file in done.filter(condition).order_by("id"):
            deleted += delete_file(file, why=why, now=now)
    return deleted


def delete_file(file: DefinitionFile, *, why: str, now: datetime) -> bool:
    """Delete a file and note why. The file first: a deletion that is interrupted in between is repeated.

    The workbook of a month's report is not the run's own and stays.
    """
    if file.file:
        default_storage.delete(file.file)
    if not DefinitionFile.objects.filter(id=file.id, gone="").update(gone=why, gone_at=now):
        return False
    details = {"run": file.run_id, "format": file.format, "edition": file.edition, "why": why}
    record(
        "definition_run.file_deleted",
        actor=ACTOR,
        tenant=file.run.tenant,
        subject=file.run.definition.name,
        details=details,
    )
    return True


def _past_retention() -> list[int]:
    """Return the runs with messages of days that retention has sealed, or with numbers that it has erased."""
    marks = retention_marks()
    runs = DefinitionRun.objects.filter(state=DefinitionRun.State.DONE, files__gone="").exclude(oldest={}).distinct()
    return [run.id for run in runs if is_past_retention(run.oldest, marks)]


def _name(run: DefinitionRun, attempt: int, format: str, edition: str, suffix: str) -> str:
    return f"{FOLDER}/{run.tenant_id}/{run.id}_{attempt}_{format}_{edition}{suffix}"
