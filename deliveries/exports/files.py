"""Stored files of exports: their names, opening and deleting them."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.db.models import Q

from deliveries.exports.days import is_past_retention, retention_marks
from deliveries.models import Export
from portal.accounts.models import record
from portal.common.jobs import MAX_ATTEMPTS, JobState, open_jobs

FOLDER = "exports"  # backups leave it out (portal/operations/backup.py)
KEPT = timedelta(days=7)  # a file, from when it was made
ROW_KEPT = timedelta(days=30)  # a row, from when it was asked for
ACTOR = "portal"

MEDIA_TYPES: dict[str, str] = {
    Export.Format.CSV: "text/csv; charset=utf-8",
    Export.Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Export.Format.PARQUET: "application/vnd.apache.parquet",
}


def store(export: Export, path: Path) -> dict[str, str | int]:
    """Store a written file and return its fields of the row."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        # A name of its own for each attempt: a worker that lost its lease cannot overwrite the winner's file.
        name = default_storage.save(_name(export, export.attempts), File(file))
    return {"file": name, "bytes": path.stat().st_size, "sha256": digest}


def delete_attempts(export: Export, *, but: int | None = None) -> None:
    """Delete what killed attempts left, except for the attempt `but`."""
    for attempt in range(1, MAX_ATTEMPTS + 1):
        if attempt != but:
            default_storage.delete(_name(export, attempt))


def open_file(export: Export, *, now: datetime) -> File:
    """Open a finished export's file. Raises FileNotFoundError if it is gone."""
    if not export.has_file or export.expires_at is None or export.expires_at <= now:
        raise FileNotFoundError(export.file)
    return default_storage.open(export.file, "rb")


def delete(export: Export, *, why: str, actor: str, now: datetime) -> bool:
    """Delete an export's file and search, and note why. Return False if that was done before.

    The file first: a deletion that is interrupted in between is repeated by `delete_old`.
    """
    if export.file:
        default_storage.delete(export.file)
    delete_attempts(export)
    rows = Export.objects.filter(id=export.id, gone="").exclude(state=JobState.RUNNING)
    if not rows.update(gone=why, gone_at=now, sealed=""):
        return False
    details = {"export": export.id, "why": why}
    record("export.file_deleted", actor=actor, tenant=export.tenant, subject=export.file_name, details=details)
    return True


def delete_old(*, now: datetime) -> int:
    """Delete the files that are expired, or may hold what was erased or is past its retention; then old rows."""
    deleted = 0
    for why, condition in (
        (
            Export.Gone.ERASED,
            Q(erased_at__isnull=False, state__in=[JobState.DONE, JobState.FAILED, JobState.CANCELLED]),
        ),
        (Export.Gone.RETENTION, Q(id__in=_past_retention(), state=JobState.DONE)),
        (Export.Gone.EXPIRED, Q(expires_at__lte=now)),
        (Export.Gone.EXPIRED, Q(state__in=[JobState.FAILED, JobState.CANCELLED], finished_at__lte=now - KEPT)),
    ):
        for export in Export.objects.select_related("tenant").filter(condition, gone="").order_by("id"):
            deleted += delete(export, why=why, actor=ACTOR, now=now)
    Export.objects.filter(created_at__lte=now - ROW_KEPT).exclude(id__in=open_jobs(Export).values("id")).exclude(
        gone=""
    ).delete()
    return deleted


def _past_retention() -> list[int]:
    """Return the exports with messages of days that retention has sealed, or with numbers that it has erased."""
    marks = retention_marks()
    exports = Export.objects.filter(gone="", state=JobState.DONE)
    return [export.id for export in exports if is_past_retention(export.oldest, marks)]


def _name(export: Export, attempt: int) -> str:
    return f"{FOLDER}/{export.tenant_id}/{export.id}_{attempt}.{export.format}"
