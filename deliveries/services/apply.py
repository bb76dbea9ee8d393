"""From waiting inbox rows to messages, delivery reports and counts: one batch is one transaction."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Min

from deliveries import fold, slices
from deliveries.dialects import registry as dialects
from deliveries.dialects.codes import CodeTable
from deliveries.dialects.report import Report, Unreadable
from deliveries.models import WaitingRow
from deliveries.services import attribution, ingest_counts
from deliveries.services.codes import code_tables
from deliveries.services.counts import add_changes
from deliveries.services.quarantine import BrokenRow, put_in_quarantine
from deliveries.services.reports import NewReport, write_reports
from deliveries.services.sealed import PAST_RETENTION, hold_to_retention
from deliveries.services.stored import Change, Key, StoredMessage, read_messages, write_messages
from portal.common.bulk import bulk_cursor
from portal.tenants.models import Feed

logger = logging.getLogger(__name__)

BATCH = 10_000
DATABASE_AWAY = (OperationalError, InterfaceError)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a batch (or a sum of batches) did, in rows and in messages."""

    claimed: int = 0
    reports: int = 0
    duplicates: int = 0
    quarantined: int = 0
    new_messages: int = 0
    changed_messages: int = 0

    def __add__(self, other: "BatchResult") -> "BatchResult":
        return BatchResult(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


class Row(NamedTuple):
    """One claimed inbox row."""

    id: int
    slice: int
    feed_id: int
    received_at: datetime
    accept_days: int | None
    body: bytes
    todo: str  # where its to-do entry lies, as PostgreSQL's ctid; it stays there until the transaction ends


@dataclass(frozen=True, slots=True)
class _Door:
    """What a row's feed says of it."""

    account_id: int
    dialect: str
    default_partner_id: str


def apply_waiting(*, now: datetime | None = None, limit: int = BATCH) -> BatchResult:
    """Apply all that waits and is not in another applier's hands, and return what was done."""
    total = BatchResult()
    while True:
        result = apply_slices(slices=range(slices.SLICES), now=now, limit=limit)
        total += result
        if not result.claimed:
            return total


def apply_slices(*, slices: Iterable[int], now: datetime | None = None, limit: int = BATCH) -> BatchResult:
    """Apply one batch of the waiting rows of `slices`; a row that cannot be applied goes to quarantine alone.

    Raises one of DATABASE_AWAY when the database is: then nothing was done and everything still waits.
    """
    now = now or datetime.now(UTC)
    try:
        return _apply(list(slices), now=now, limit=limit)
    except DATABASE_AWAY:
        raise
    except Exception:
        logger.exception("a batch failed: looking for the row that it is about")
        return _bisect(list(slices), now=now, limit=limit)


def oldest_waiting() -> datetime | None:
    """Return when the oldest waiting row came in, None where none waits; it reads the whole to-do list."""
    return WaitingRow.objects.aggregate(oldest=Min("received_at"))["oldest"]


def _bisect(numbers: list[int], *, now: datetime, limit: int) -> BatchResult:
    """Claim a batch again and apply it in ever smaller pieces, until the poison row stands alone."""
    with transaction.atomic():
        plan_for_small_sets()
        ids = [row.id for row in _claim(slices.try_lock(numbers), limit)]
    return _apply_pieces(numbers, ids, now=now, limit=limit)


def _apply_pieces(numbers: list[int], ids: list[int], *, now: datetime, limit: int) -> BatchResult:
    """Apply the waiting rows of `ids`; where that fails, each half by itself, and quarantine a single one."""
    if not ids:
        return BatchResult()
    try:
        return _apply(numbers, now=now, limit=limit, only=ids)
    except DATABASE_AWAY:
        raise
    except Exception as error:
        logger.warning("%d rows failed: %s", len(ids), type(error).__name__)
        if len(ids) == 1:
            return _apply(numbers, now=now, limit=limit, only=ids, poison=_words(error))
    middle = len(ids) // 2
    first = _apply_pieces(numbers, ids[:middle], now=now, limit=limit)
    return first + _apply_pieces(numbers, ids[middle:], now=now, limit=limit)


def _words(error: Exception) -> str:
    """Return the error in one line that any database takes; its further lines may hold people's data."""
    line = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {line}".encode("ascii", "backslashreplace").decode().replace("\0", "")


def _apply(
    numbers: list[int], *, now: datetime, limit: int, only: list[int] | None = None, poison: str = ""
) -> BatchResult:
    with transaction.atomic():
        locked = slices.try_lock(numbers)  # nobody else touches these messages
        if not locked:
            return BatchResult()
        plan_for_small_sets()
        rows = _claim(locked, limit, only)
        if not rows:
            return BatchResult()
        if poison:
            reports, broken = [], [BrokenRow(row, "cannot be applied", poison) for row in rows]
        else:
            reports, broken = _parse(rows)
        changes, refused = _fold(reports, now=now)
        if refused:
            broken += [BrokenRow(i.row, PAST_RETENTION, refused[i.key]) for i in reports if i.key in refused]
            reports = [item for item in reports if item.key not in refused]
        write_messages(changes)
        added = write_reports(reports, changes)
        put_in_quarantine(broken, now=now)
        _finish(rows)
        fates = ingest_counts.sums(
            rows, reports=added, quarantined={item.row.id for item in broken}, oddities=_oddities(reports, changes)
        )
        add_changes(changes, fates)  # last: hot rows stay locked only for the commit
    return BatchResult(
        claimed=len(rows),
        reports=len(added),
        duplicates=len(reports) - len(added),
        quarantined=len(broken),
        new_messages=sum(change.before is None for change in changes),
        changed_messages=sum(change.before is not None for change in changes),
    )


def _claim(numbers: list[int], limit: int, only: list[int] | None = None) -> list[Row]:
    """Return up to about `limit` waiting rows of the locked slices, oldest first, or those of `only`."""
    each = max(1, limit // max(1, len(numbers)))
    with bulk_cursor() as cursor:
        cursor.execute(
            "SELECT t.id, t.received_at, s, t.todo FROM unnest(%s::smallint[]) AS s CROSS JOIN LATERAL"
            " (SELECT id, received_at, ctid::text AS todo FROM inbox_todo"
            " WHERE slice = s AND (%s::bigint[] IS NULL OR id = ANY (%s)) ORDER BY id LIMIT %s) AS t",
            [numbers, only, only, len(only) if only else each],
        )
        waiting = {entry[0]: entry for entry in cursor.fetchall()}
        if not waiting:
            return []
        times = [entry[1] for entry in waiting.values()]
        cursor.execute(
            "SELECT id, feed_id, accept_days, body FROM inbox"
            " WHERE id = ANY (%s::bigint[]) AND received_at BETWEEN %s AND %s ORDER BY id",
            [_array(waiting), min(times), max(times)],
        )
        rows = []
        for id_, feed_id, accept_days, body in cursor.fetchall():
            _id, received_at, number, todo = waiting[id_]
            rows.append(Row(id_, number, feed_id, received_at, accept_days, body, todo))
    if missing := waiting.keys() - {row.id for row in rows}:
        # They go on waiting, so the age of the oldest one tells of them, and hold nobody up.
        logger.error("%d waiting rows are not in the inbox, such as %s", len(missing), min(missing))
    return rows


def plan_for_small_sets() -> None:
    """Keep the planner to index look-ups: it knows nothing of a temporary table's size, and whole scans cost most.

    Nor of the to-do list's: it was empty whenever it was looked at last, however much waits now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off;"
            " SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off"
        )


def _parse(rows: list[Row]) -> tuple[list[NewReport], list[BrokenRow]]:
    doors = {
        id_: _Door(account_id, dialect, default)
        for id_, account_id, dialect, default in Feed.objects.values_list(
            "id", "account_id", "dialect", "default_partner_id"
        )
    }
    reports, broken = [], []
    for row in rows:
        door = doors[row.feed_id]
        try:
            report: Report = dialects.PARSE[door.dialect](
                row.body,
                received_at=row.received_at,
                default_partner_id=door.default_partner_id,
                accept_days=row.accept_days,
            )
        except Unreadable as error:
            broken.append(BrokenRow(row, error.reason, error.detail))
        else:
            reports.append(NewReport(row, (door.account_id, report.message_id), door.dialect, report))
    return reports, broken


def _fold(reports: list[NewReport], *, now: datetime) -> tuple[list[Change], dict[Key, str]]:
    """Fold the reports into the messages that they are about, in the order of the inbox.

    Returns what changes, and why other messages may not change (by identity): their days are past retention.
    """
    if not reports:
        return [], {}
    tables = code_tables()
    before = read_messages((item.key for item in reports), around=_time_range(reports))
    after: dict[Key, fold.Folded] = {}
    codes: dict[Key, CodeTable] = {}
    for row, key, dialect, report in reports:
        folded = after.get(key)
        if folded is None:
            known = before.get(key)
            folded = after[key] = known.folded.copy() if known else fold.Folded(*key)
            codes[key] = tables[dialect]
        fold.add_report(folded, report, received_at=row.received_at, codes=codes[key])
    for key, folded in after.items():
        fold.settle(folded, codes=codes[key])
    stored: list[StoredMessage] = attribution.attribute(
        [(folded, before.get(key)) for key, folded in after.items()], now=now
    )
    refused = hold_to_retention((before.get(key), message) for key, message in zip(after, stored, strict=True))
    changes = [Change(before.get(key), message) for key, message in zip(after, stored, strict=True)]
    changes = [change for change in changes if change.before != change.after and change.after.key not in refused]
    return sorted(changes, key=lambda change: change.after.key), refused


def _time_range(reports: list[NewReport]) -> tuple[datetime, datetime]:
    times = [report.sent_at or report.at or row.received_at for row, _key, _dialect, report in reports]
    return min(times), max(times)


def _oddities(reports: list[NewReport], changes: list[Change]) -> set[int]:
    """Return the rows with a time out of the window, and those by which a message was delivered before it was sent."""
    odd = {item.row.id for item in reports if item.report.clock_oddity}
    negative = {
        change.after.key for change in changes if _is_negative(change.after) and not _is_negative(change.before)
    }
    if not negative:
        return odd
    return odd | set({item.key: item.row.id for item in reports if item.key in negative}.values())


def _is_negative(message: StoredMessage | None) -> bool:
    return message is not None and bool(message.folded.flags & fold.NEGATIVE_LATENCY)


def _finish(rows: list[Row]) -> None:
    """Take the rows from the to-do list by where they lie: a join would be planned for a list of one row."""
    with bulk_cursor() as cursor:
        places = _array(f'"{row.todo}"' for row in rows)
        cursor.execute("DELETE FROM inbox_todo WHERE ctid = ANY (%s::tid[])", [places])


def _array(values: Iterable) -> str:
    """Return an array in PostgreSQL's text form, for values that need no quoting; psycopg takes ten times as long."""
    return f"{{{','.join(map(str, values))}}}"
