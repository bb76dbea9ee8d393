"""From waiting inbox rows to messages, delivery reports and counts: one batch is one transaction."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Min

from deliveries.applying import attribution, claims, import_counts, submissions
from deliveries.applying.batch_result import BatchResult
from deliveries.applying.known_ids import with_known_ids
from deliveries.applying.poison import FailureStreak, PoisonSearch, failure_of
from deliveries.applying.quarantine import put_in_quarantine
from deliveries.applying.sealed_days import PAST_RETENTION, hold_to_retention
from deliveries.applying.submissions import SubmissionBatch, Submitted
from deliveries.counts import feed_counts
from deliveries.counts.causes import Cause
from deliveries.counts.changes import add_changes
from deliveries.dialects.codes import CodeTable
from deliveries.dialects.registry import DIALECTS
from deliveries.dialects.report import NoMessage, Unreadable
from deliveries.erasure import message_ids, raw_rows
from deliveries.gates_outbox import outbox
from deliveries.messages import fold, slices
from deliveries.messages.code_tables import code_tables
from deliveries.messages.delivery_reports import NewReport, write_reports
from deliveries.messages.raw_row import BrokenRow, RawRow
from deliveries.messages.row import Change, StoredMessage
from deliveries.messages.store import Key, read_messages, write_messages
from deliveries.models import WaitingRow
from portal.common.bulk import plan_for_small_sets
from portal.tenants.models import Feed

logger = logging.getLogger(__name__)

BATCH = 20_000


@dataclass(frozen=True, slots=True)
class _FeedSettings:
    """Settings of a row's feed."""

    account_id: int
    dialect: str
    default_partner_id: str
    is_submissions: bool


def apply_waiting(*, now: datetime | None = None, limit: int = BATCH) -> BatchResult:
    """Apply all that waits and is not in another applier's hands, and return what was done."""
    total, streak = BatchResult(), FailureStreak()
    while True:
        result = apply_slices(slices=range(slices.SLICES), now=now, limit=limit, streak=streak)
        total += result
        if not result.claimed:
            return total


def apply_slices(
    *, slices: Iterable[int], now: datetime | None = None, limit: int = BATCH, streak: FailureStreak | None = None
) -> BatchResult:
    """Apply one batch of the waiting rows of `slices`; a row that fails by itself is quarantined.

    `streak` holds the findings of earlier batches (deliveries/applying/poison.py). Raises a database error if the
    database is not reachable, and Stopped if no row causes the failure: then the rows keep waiting.
    """
    numbers, now, streak = list(slices), now or datetime.now(UTC), streak or FailureStreak()
    try:
        result = _apply(numbers, now=now, limit=limit)
    except Exception as error:
        failure_of(error)
        logger.exception("a batch failed; searching for the row that caused it")
    else:
        if result.applied:
            streak.end()
        return result
    return _search(numbers, streak, now=now, limit=limit)


def put_aside(rows: list[int], *, why: str, now: datetime) -> int:
    """Put waiting rows (by inbox id) into quarantine as they are; return how many: not those in an applier's hands."""
    return _apply(list(range(slices.SLICES)), now=now, limit=len(rows), only=rows, poison=why).quarantined


def oldest_waiting() -> datetime | None:
    """Return when the oldest waiting row was received, None if none waits; reads the whole to-do list."""
    return WaitingRow.objects.aggregate(oldest=Min("received_at"))["oldest"]


def _search(numbers: list[int], streak: FailureStreak, *, now: datetime, limit: int) -> BatchResult:
    """Claim a batch again and apply it in ever smaller pieces, until the poison row is by itself."""
    with transaction.atomic():
        plan_for_small_sets()
        ids = claims.waiting_ids(slices.try_lock(numbers), limit)

    def attempt(only: list[int], poison: str) -> BatchResult:
        return _apply(numbers, now=now, limit=limit, only=only, poison=poison)

    return PoisonSearch(attempt, streak, now=now).run(ids)


def _apply(
    numbers: list[int], *, now: datetime, limit: int, only: list[int] | None = None, poison: str = ""
) -> BatchResult:
    with transaction.atomic():
        locked = slices.try_lock(numbers)  # no other writer can change these messages
        if not locked:
            return BatchResult()
        plan_for_small_sets()
        rows = claims.claim(locked, limit, only)
        if not rows:
            return BatchResult()
        if poison:
            reports, submitted, others = [], [], []
            broken = [BrokenRow(row, "cannot be applied", poison) for row in rows]
        else:
            reports, submitted, broken, others = _parse(rows)
            reports, submitted = with_known_ids(reports, submitted)
        batch = SubmissionBatch()
        messages, changes, refused, erased, numbers = _fold(reports, submitted, batch, now=now)
        broken += batch.refused
        if refused:
            broken += [BrokenRow(i.row, PAST_RETENTION, refused[i.key]) for i in reports if i.key in refused]
            broken += batch.refuse(submitted, refused)
            reports = [item for item in reports if item.key not in refused]
        reports = [raw_rows.without_its_number(item) if item.key in erased else item for item in reports]
        chosen = write_messages(changes)
        added = write_reports(reports, changes)
        outbox.add_deliveries(reports, added, messages, code_tables())
        message_ids.rename((change.after for change in changes), numbers)
        put_in_quarantine(broken, now=now)
        aside = {item.row.id for item in broken}
        told = [item.row for item in (*reports, *submitted) if item.key in erased and item.row.id not in aside]
        gone = raw_rows.delete_raw_rows((row.id, row.received_at) for row in told)
        fates = feed_counts.sums(
            rows,
            reports=added,
            quarantined=aside,
            oddities=_oddities(reports, changes),
            submissions=batch.new,
            erased=gone,
            other_channels={row.id for row, _channel in others},
        )
        of_imports = import_counts.sums(rows, reports=added | batch.new, broken=broken, others=others)
        add_changes(  # last: hot rows stay locked only for the commit
            changes, chosen, fates, of_imports, feed_counts.channel_sums(others), cause=Cause.LATE_REPORTS
        )
    return BatchResult(
        claimed=len(rows),
        reports=len(added),
        submissions=len(batch.new),
        duplicates=len(rows) - len(added) - len(batch.new) - len(broken) - len(others),
        quarantined=len(broken),
        other_channels=len(others),
        new_messages=sum(change.before is None for change in changes),
        changed_messages=sum(change.before is not None for change in changes),
    )


def _parse(
    rows: list[RawRow],
) -> tuple[list[NewReport], list[Submitted], list[BrokenRow], list[tuple[RawRow, str]]]:
    """Return reports, submissions, rows that cannot be read, and events of other channels by their channels."""
    feeds = {
        id_: _FeedSettings(account_id, dialect, default, kind == Feed.Kind.SUBMISSIONS)
        for id_, account_id, dialect, default, kind in Feed.objects.values_list(
            "id", "account_id", "dialect", "default_partner_id", "kind"
        )
    }
    reports, submitted, broken, others = [], [], [], []
    for row in rows:
        feed = feeds[row.feed_id]
        try:
            if feed.is_submissions:
                submitted.append(submissions.parse_row(row, account_id=feed.account_id, codes_of=feed.dialect))
                continue
            report = DIALECTS[feed.dialect].parse(
                row.body,
                received_at=row.received_at,
                default_partner_id=feed.default_partner_id,
                accept_days=row.accept_days,
                query=row.query,
                content_type=row.content_type,
                content_encoding=row.content_encoding,
            )
        except Unreadable as error:
            broken.append(BrokenRow(row, error.reason, error.detail))
        else:
            if type(report) is NoMessage:
                others.append((row, report.channel))
            else:
                reports.append(NewReport(row, (feed.account_id, report.message_id), feed.dialect, report))
    return reports, submitted, broken, others


def _fold(
    reports: list[NewReport], submitted: list[Submitted], batch: SubmissionBatch, *, now: datetime
) -> tuple[dict[Key, StoredMessage], list[Change], dict[Key, str], set[Key], dict[Key, str]]:
    """Fold reports and submissions into the messages that they are about, in the order of the inbox.

    Returns all messages, what changes, why other messages may not change (by identity): their days are past retention,
    which messages have no number any more, and the numbers that this call erased.
    """
    items = sorted([*reports, *submitted], key=lambda item: item.row.id) if submitted else reports
    if not items:
        return {}, [], {}, set(), {}
    tables = code_tables()
    before = read_messages((item.key for item in items), around=_time_range(reports, submitted))
    after: dict[Key, fold.Folded] = {}
    codes: dict[Key, CodeTable] = {}
    for item in items:
        key = item.key
        folded = after.get(key)
        if folded is None:
            known = before.get(key)
            folded = after[key] = known.folded.copy() if known else fold.Folded(*key)
            codes[key] = tables[item.dialect]
        if type(item) is Submitted:
            batch.add(folded, item.row, item.submission)
        else:
            fold.add_report(folded, item.report, received_at=item.row.received_at, codes=codes[key])
    for key, folded in after.items():
        fold.settle(folded, codes=codes[key])
    stored: list[StoredMessage] = attribution.attribute(
        [(folded, before.get(key)) for key, folded in after.items()], now=now
    )
    made = dict(zip(after, stored, strict=True))
    refused, numbers = hold_to_retention((before.get(key), message) for key, message in made.items())
    changes = [Change(before.get(key), message) for key, message in made.items() if key not in refused]
    erased = {key for key, message in made.items() if message.folded.flags & fold.NUMBER_ERASED}
    changes = sorted((change for change in changes if change.before != change.after), key=_place)
    return made, changes, refused, erased, numbers


def _place(change: Change) -> tuple:
    """Return what changes are written by: most indexes of `message` then get neighbours one after the other."""
    message = change.after
    return message.tenant_id, message.folded.ref_id or "", message.folded.sent_at


def _time_range(reports: list[NewReport], submitted: list[Submitted]) -> tuple[datetime, datetime]:
    times = [item.report.sent_at or item.report.at or item.row.received_at for item in reports]
    times += [item.submission.submitted_at for item in submitted]
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
