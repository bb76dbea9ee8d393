"""Uploads of events as files: stored until they are read, read by a job, undone."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cryptography.fernet import InvalidToken
from django.db import connection, transaction

from campaigns.models import ConversionEvent, ConversionUpload
from deliveries.conversions import accepting, files
from deliveries.conversions.accepting import Outcome, Removed
from deliveries.conversions.files import Cell, FileProblem, Row
from deliveries.conversions.places import Places
from deliveries.conversions.reading import FIELDS, EventErrors, FieldError, ReadEvent, read
from portal.accounts.models import User, record
from portal.common import jobs
from portal.common.masking import Masking
from portal.common.sealed import fernet
from portal.tenants.models import Tenant

PREVIEW_ROWS = 5
CHUNK = 1000  # rows in one transaction
KEPT = timedelta(days=1)  # an upload that nobody confirms
NOT_CONFIRMED = "not_confirmed"
_PURPOSE = "conversion-upload"
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('portal.conversion_upload'), %s)"


def begin(*, tenant: Tenant, user: User, name: str, content: bytes, now: datetime) -> ConversionUpload:
    """Store a file that can be read; nothing happens until it is confirmed. Raises FileProblem."""
    preview(content)
    sealed = fernet(_PURPOSE).encrypt(zlib.compress(content)).decode()
    return ConversionUpload.objects.create(
        tenant=tenant,
        maker=user,
        made_by=user.email,
        file_name=Masking(in_full=False).text(name)[:200],
        sealed=sealed,
        state=jobs.JobState.CANCELLED,  # until it is confirmed
        problem=NOT_CONFIRMED,
        finished_at=now,
    )


def content_of(upload: ConversionUpload) -> bytes:
    """Return the stored file. Raises FileProblem where it is deleted or cannot be decrypted."""
    try:
        return zlib.decompress(fernet(_PURPOSE).decrypt(upload.sealed.encode()))
    except (InvalidToken, zlib.error) as error:
        raise FileProblem("gone") from error


def preview(content: bytes) -> list[Row]:
    """Return the names of the columns and the first rows. Raises FileProblem."""
    return list(islice(files.rows(content), PREVIEW_ROWS + 1))


def guessed(names: Sequence[str], remembered: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each field: the remembered one where the file has it, else one with the field's name."""
    known = {_plain(name): name for name in names}
    found = {}
    for field in FIELDS:
        if remembered.get(field) in names:
            found[field] = remembered[field]
        elif field not in remembered and field in known:
            found[field] = known[field]
    return found


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def remembered(tenant: Tenant) -> dict[str, str]:
    """Return the column of each field in the tenant's latest confirmed upload."""
    latest = ConversionUpload.objects.filter(tenant=tenant).exclude(mapping={}).order_by("-id").first()
    return latest.mapping if latest else {}


def confirm(upload: ConversionUpload, mapping: Mapping[str, str], *, actor: str) -> bool:
    """Queue an upload with its columns; return False if it is confirmed already or its file is deleted."""
    with transaction.atomic():
        waiting = ConversionUpload.objects.filter(id=upload.id, problem=NOT_CONFIRMED).exclude(sealed="")
        if not waiting.update(
            state=jobs.JobState.QUEUED,
            problem="",
            mapping=dict(mapping),
            finished_at=None,
            created_at=datetime.now(UTC),
        ):
            return False
        record("conversions.uploaded", actor=actor, tenant=upload.tenant, subject=upload.file_name)
        transaction.on_commit(lambda: jobs.wake("deliveries.run_conversion_upload", upload.id, expires=60))
    return True


def cancel(upload: ConversionUpload, *, actor: str) -> bool:
    """Cancel an upload that waits or is being read; events that are stored already stay until it is undone."""
    with transaction.atomic():
        if not jobs.cancel(ConversionUpload, ids=[upload.id]):
            return False
        record("conversions.upload_cancelled", actor=actor, tenant=upload.tenant, subject=upload.file_name)
    return True


def undo(upload: ConversionUpload, *, actor: str, now: datetime) -> Removed | None:
    """Delete the events of an upload that has ended; None if it has not, or is undone already."""
    with transaction.atomic():
        stored = ConversionUpload.objects.select_for_update(of=("self",)).get(id=upload.id)
        if stored.is_open or stored.undone_at is not None or stored.problem == NOT_CONFIRMED:
            return None
        removed = accepting.remove_upload(stored)
        ConversionUpload.objects.filter(id=stored.id).update(
            undone_at=now, undone_by=actor, removed=removed.deleted, sealed=""
        )
        record(
            "conversions.upload_undone",
            actor=actor,
            tenant=upload.tenant,
            subject=upload.file_name,
            details={"deleted": removed.deleted, "kept": removed.kept},
        )
    return removed


def run_uploads(*, upload_id: int | None = None) -> int:
    """Read the uploads that are due (or this one); return how many were done."""
    return jobs.run_all(ConversionUpload, _work, job_id=upload_id)


def delete_old_files(*, now: datetime) -> int:
    """Delete the stored files of uploads that have ended, or that nobody has confirmed for a day."""
    ended = ConversionUpload.objects.exclude(state__in=[jobs.JobState.QUEUED, jobs.JobState.RUNNING]).exclude(sealed="")
    return ended.filter(finished_at__lt=now - KEPT).update(sealed="")


def _work(upload: ConversionUpload) -> None:
    """Read the file from where an earlier attempt stopped: its progress is written with the events."""
    try:
        content = content_of(upload)
        lines = files.rows(content)
        names = files.names_of(next(lines))
        upload.total = sum(1 for _row in lines)
        jobs.renew(upload)
        body = islice(files.rows(content), 1 + upload.done, None)
        places, zone = Places(upload.tenant), ZoneInfo(upload.tenant.timezone)
        while chunk := list(islice(body, CHUNK)):
            _store(upload, chunk, names, places, zone)
            jobs.renew(upload)
    except FileProblem as problem:
        jobs.finish(upload, state=jobs.JobState.FAILED, problem=str(problem), sealed="")
        return
    jobs.finish(upload, sealed="")


def _store(upload: ConversionUpload, chunk: list[Row], names: list[str], places: Places, zone: ZoneInfo) -> None:
    """Store the events of some rows, with the counts and the errors, in one transaction."""
    errors: list[list] = []
    events: list[ReadEvent] = []
    lines: list[int] = []
    now = datetime.now(UTC)
    for row in chunk:
        try:
            events.append(read_row(row, names, upload.mapping, places, zone, now=now))
            lines.append(row.line)
        except EventErrors as error:
            errors += [[row.line, one.field, one.code, one.detail] for one in error.errors]
    refused = len(chunk) - len(events)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [upload.tenant_id])
        jobs.hold(upload)
        outcomes = accepting.accept(upload.tenant, events, source=ConversionEvent.Source.UPLOAD, upload=upload)
        for line, outcome in zip(lines, outcomes, strict=True):
            if outcome is Outcome.CONFLICT:
                errors.append([line, "event_id", "conflict", ""])
                refused += 1
        upload.done += len(chunk)
        upload.added += outcomes.count(Outcome.ADDED)
        upload.known += outcomes.count(Outcome.KNOWN)
        upload.refused += refused
        upload.errors = [*upload.errors, *sorted(errors, key=lambda error: error[0])]
        upload.save(update_fields=["done", "added", "known", "refused", "errors"])


def read_row(
    row: Row, names: Sequence[str], mapping: Mapping[str, str], places: Places, zone: ZoneInfo, *, now: datetime
) -> ReadEvent:
    """Read one row of a file. Raises EventErrors."""
    if len(row.cells) > len(names) and any(cell != "" for cell in row.cells[len(names) :]):
        raise EventErrors([FieldError("", "columns")])
    cells = dict(zip(names, row.cells, strict=False))
    item: dict[str, object] = {}
    errors = []
    for field, column in mapping.items():
        cell: Cell = cells.get(column, "")
        if cell == "":
            continue
        if field == "value":
            item[field] = files.amount(cell)
            if item[field] is None:
                errors.append(FieldError(field, "decimals"))
        elif field == "occurred_at":
            item[field] = files.moment(cell, zone)
            if item[field] is None:
                errors.append(FieldError(field, "day"))
        else:
            item[field] = files.text_of_cell(cell)
    if errors:
        raise EventErrors(errors)
    return read(item, places, now=now)
