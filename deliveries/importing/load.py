"""Archives of delivery reports into the inbox: in order, resumable, in constant memory."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice

from django.conf import settings
from django.db import connection, transaction

from deliveries.applying import import_counts
from deliveries.applying.apply import apply_slices
from deliveries.applying.import_counts import ImportOutcome
from deliveries.applying.loop import LISTENER
from deliveries.applying.quarantine import put_in_quarantine
from deliveries.counts import feed_counts
from deliveries.importing.archives.errors import ArchiveError, BrokenArchiveError, ChangedFileError
from deliveries.importing.archives.pieces import Piece
from deliveries.importing.archives.reading import Archive
from deliveries.importing.sorting import Aside, SortOut, sort_out_reports
from deliveries.ingest.inbox import INSERT, packed_columns
from deliveries.messages import event_log
from deliveries.messages.raw_row import BrokenRow, RawRow
from deliveries.messages.slices import SLICES, UNREADABLE_SLICE
from deliveries.models import ImportRun
from portal.common.bulk import add_to_counts, bulk_cursor
from portal.tenants.models import Feed

CHUNK_ROWS = 5000
CHUNK_BYTES = 16 * 1024 * 1024
LOOK_EVERY = 0.5  # seconds
_LOCK = "portal.import"

Progress = Callable[[int, int], None]  # bytes of the file read so far, rows stored so far


class ImportStoppedError(Exception):
    """The file could not be read on; the same command takes the import up where it stopped."""


def finished_run(*, archive: Archive, feed: Feed, accept_days: int | None) -> ImportRun | None:
    """Return the latest import of these very bytes by this feed with these days."""
    return (
        ImportRun.objects.filter(feed=feed, sha256=archive.sha256, accept_days=accept_days)
        .exclude(finished_at=None)
        .order_by("-finished_at")
        .first()
    )


def import_archive(
    *,
    archive: Archive,
    feed: Feed,
    accept_days: int | None = None,
    progress: Progress | None = None,
    sort_out: SortOut = sort_out_reports,
) -> ImportRun:
    """Put each report of the archive into the inbox, from where an earlier import of it stopped; return the run.

    `sort_out` makes rows of what is in it (deliveries/importing/sorting.py).
    `rows` moves in the transaction of the rows, so a killed import neither loses nor repeats one. What ends the import
    before the archive's end is the run's `problem`; what was read until there is in. Raises ArchiveError where another
    process imports the same file, and ImportStoppedError where the file cannot be read on.
    """
    run, _is_new = ImportRun.objects.get_or_create(
        feed=feed,
        sha256=archive.sha256,
        accept_days=accept_days,
        finished_at=None,
        defaults={"file_name": archive.path.name[:300], "file_size": archive.size},
    )
    with _alone(run):
        place = 0

        def reached(read: int) -> None:
            nonlocal place
            place = read

        pieces = archive.pieces(limit=settings.INGEST_MAX_BODY, progress=reached)
        try:
            for chunk in _chunks(islice(pieces, run.rows, None)):
                _store(run, feed, chunk, place, sort_out)
                if progress is not None:
                    progress(place, run.rows)
        except ChangedFileError as error:
            run.problem, run.sha256 = str(error), ""  # what was read is not that file
        except BrokenArchiveError as error:
            run.problem = str(error)
        except OSError as error:
            raise ImportStoppedError(f"{error.strerror or error}; {run.rows:,} rows of it are in the inbox") from error
        run.position, run.finished_at = place, datetime.now(UTC)
        run.save(update_fields=["problem", "sha256", "position", "finished_at"])
    return run


@contextmanager
def _alone(run: ImportRun) -> Iterator[None]:
    """Hold the run against other processes, with its newest state. Raises ArchiveError where one holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), %s)", [_LOCK, run.id])
        if not cursor.fetchone()[0]:
            raise ArchiveError("another process is importing this file")
    try:
        run.refresh_from_db()
        if run.finished_at is not None:
            raise ArchiveError("another process has just imported this file")
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), %s)", [_LOCK, run.id])


def _chunks(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Yield as many pieces as are stored in one transaction; those before an error too."""
    chunk: list[Piece] = []
    size = 0
    try:
        for piece in pieces:
            chunk.append(piece)
            size += len(piece.body)
            if len(chunk) >= CHUNK_ROWS or size >= CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
    except (BrokenArchiveError, OSError):
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _store(run: ImportRun, feed: Feed, chunk: list[Piece], place: int, sort_out: SortOut) -> None:
    """Insert a chunk's rows and move the run by them, in one transaction."""
    rows, aside = sort_out(run, feed, chunk)
    end = run.rows + len(chunk)
    with transaction.atomic():
        # Last resort beside the lock, which goes with the connection: nobody else has moved the run.
        if not ImportRun.objects.filter(id=run.id, rows=run.rows, finished_at=None).update(rows=end, position=place):
            raise ArchiveError("another process is importing this file")
        if rows:
            with bulk_cursor() as cursor:
                cursor.execute(INSERT, packed_columns(rows))
        if aside:
            _put_aside(run, feed, aside)
    run.rows, run.position = end, place


def _put_aside(run: ImportRun, feed: Feed, aside: list[Aside]) -> None:
    """Put rows that cannot be read into the inbox and into quarantine, counted as the applier does."""
    broken = []
    with connection.cursor() as cursor:
        for one in aside:
            cursor.execute(
                "INSERT INTO inbox (feed_id, slice, body, accept_days, import_run_id) VALUES (%s, %s, %s, %s, %s)"
                " RETURNING id, received_at",
                [feed.id, UNREADABLE_SLICE, one.body, run.accept_days, run.id],
            )
            id_, received_at = cursor.fetchone()
            row = RawRow(id_, feed.id, received_at, run.accept_days, run.id, one.body)
            broken.append(BrokenRow(row, one.reason, one.detail))
    rows = [item.row for item in broken]
    put_in_quarantine(broken, now=rows[0].received_at)
    ids = {row.id for row in rows}
    add_to_counts(
        feed_counts.sums(rows, reports=set(), quarantined=ids, oddities=set(), submissions=set(), erased={}),
        import_counts.sums(rows, reports=set(), broken=broken),
    )


def applier_runs() -> bool:
    """Return whether any applier process is running."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND application_name = %s)",
            [LISTENER],
        )
        return cursor.fetchone()[0]


def wait_until_applied(run: ImportRun, *, progress: Callable[[ImportOutcome], None] | None = None) -> ImportOutcome:
    """Return what became of the run's rows once all of them are applied; where no applier runs, apply them here."""
    event_log.prepare()
    while (outcome := import_counts.outcome_of(run)).waiting > 0:
        if progress is not None:
            progress(outcome)
        if applier_runs() or not apply_slices(slices=range(SLICES)).claimed:
            time.sleep(LOOK_EVERY)
    return outcome
