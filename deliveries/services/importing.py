"""Archives of delivery reports (NDJSON, also gzipped) into the inbox: in order, resumable, in constant memory."""

import gzip
import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from deliveries.inbox import INSERT, NewRow, packed_columns
from deliveries.models import ImportRun
from deliveries.split import split_line
from portal.common.bulk import bulk_cursor
from portal.tenants.models import Feed

CHUNK_LINES = 5000
_FINGERPRINT_BYTES = 1024 * 1024

Progress = Callable[[int, int], None]  # bytes of the file read so far, lines taken in so far


class ArchiveError(Exception):
    """The archive cannot be taken in; the message names the line and the limit."""


def fingerprint(path: Path) -> str:
    """Return what tells one archive from another: the hash of its beginning and its size."""
    with path.open("rb") as file:
        head = file.read(_FINGERPRINT_BYTES)
    return hashlib.sha256(head + str(path.stat().st_size).encode()).hexdigest()


def finished_run(*, path: Path, feed: Feed) -> ImportRun | None:
    """Return the latest run that took this whole archive in by this feed."""
    return (
        ImportRun.objects.filter(feed=feed, fingerprint=fingerprint(path))
        .exclude(finished_at=None)
        .order_by("-finished_at")
        .first()
    )


def import_archive(
    *, path: Path, feed: Feed, accept_days: int | None = None, progress: Progress | None = None
) -> ImportRun:
    """Put each line of the archive into the inbox, from where an earlier run of it ended; return the run.

    `lines` moves in the transaction of the rows, so a killed import neither loses nor repeats a line. A line over the
    body limit raises ArchiveError (nothing is cut); empty lines are counted and passed over.
    """
    run, _new = ImportRun.objects.get_or_create(
        feed=feed, fingerprint=fingerprint(path), finished_at=None, defaults={"file_name": path.name[:300]}
    )
    with _open(path) as (lines, position):
        for number, chunk in _chunks(lines, skip=run.lines):
            rows = [
                NewRow(feed.id, *split_line(line, account_id=feed.account_id), None, accept_days)
                for line in chunk
                if line
            ]
            with transaction.atomic(), bulk_cursor() as cursor:
                if rows:
                    cursor.execute(INSERT, packed_columns(rows))
                run.lines = number
                run.save(update_fields=["lines"])
            if progress is not None:
                progress(position(), run.lines)
    run.finished_at = datetime.now(UTC)
    run.save(update_fields=["finished_at"])
    return run


@contextmanager
def _open(path: Path) -> Iterator[tuple[BinaryIO, Callable[[], int]]]:
    """Yield the lines of a plain or gzipped file, and what tells the place in the file on disk."""
    with path.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if is_gzip:
            with gzip.open(raw) as unpacked:
                yield io.BufferedReader(unpacked, 1 << 20), raw.tell
        else:
            yield raw, raw.tell


def _chunks(file: BinaryIO, *, skip: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield (number of the last line, stripped lines) for every CHUNK_LINES lines after the first `skip`."""
    number, chunk = 0, []
    while line := file.readline(settings.INGEST_MAX_BODY + 2):
        number += 1
        if len(line) > settings.INGEST_MAX_BODY + 1:
            raise ArchiveError(f"line {number} is longer than {settings.INGEST_MAX_BODY} bytes")
        if number <= skip:
            continue
        chunk.append(line.strip())
        if len(chunk) == CHUNK_LINES:
            yield number, chunk
            chunk = []
    if chunk:
        yield number, chunk
