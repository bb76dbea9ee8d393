"""Rows that could not be applied: quarantined with a reason, replayed after a fix, or discarded by staff."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from deliveries.applying import import_counts
from deliveries.counts import feed_counts
from deliveries.dialects.registry import DIALECTS
from deliveries.ingest.split import slice_of_submission, split_line
from deliveries.messages.raw_row import BrokenRow
from deliveries.models import QuarantinedRow
from portal.accounts.models import record
from portal.common.msisdn import mask_numbers
from portal.tenants.models import Feed

MAX_DETAIL = 500


def put_in_quarantine(broken: list[BrokenRow], *, now: datetime) -> None:
    """Write the broken rows, whole, with their reasons; inside the transaction that takes them off the to-do list."""
    QuarantinedRow.objects.bulk_create(
        [
            QuarantinedRow(
                inbox_id=item.row.id,
                feed_id=item.row.feed_id,
                received_at=item.row.received_at,
                accept_days=item.row.accept_days,
                import_run_id=item.row.import_run_id,
                body=item.row.body,
                method=item.row.method,
                query=item.row.query,
                content_type=item.row.content_type,
                content_encoding=item.row.content_encoding,
                reason=item.reason,
                detail=item.detail[:MAX_DETAIL],
                quarantined_at=now,
            )
            for item in broken
        ]
    )


def replay(*, actor: str, now: datetime, ids: list[int] | None = None, reason: str | None = None) -> int:
    """Queue waiting quarantined rows (by id, or all with one reason) again; return their number.

    A row that is still broken is quarantined again as a new entry. Safe to repeat.
    """
    with transaction.atomic():
        rows = list(_waiting(ids, reason).select_for_update(skip_locked=True))
        feeds = Feed.objects.in_bulk({row.feed_id for row in rows})
        todo = [(_slice(row, feeds[row.feed_id]), row.inbox_id, row.received_at) for row in rows]
        # The raw row may be past its own retention by now: the quarantined copy brings it back. One that is there gets
        # the slice of what can be read of it now.
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE inbox SET slice = %s WHERE id = %s AND received_at = %s AND slice <> %s",
                [(number, inbox_id, received_at, number) for number, inbox_id, received_at in todo],
            )
            cursor.executemany(
                "INSERT INTO inbox (id, feed_id, received_at, slice, accept_days, body,"
                " method, query, content_type, content_encoding, import_run_id)"
                " SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s WHERE NOT EXISTS"
                " (SELECT 1 FROM inbox WHERE id = %s AND received_at = %s)",
                [
                    (
                        row.inbox_id, row.feed_id, row.received_at, number, row.accept_days, bytes(row.body),
                        row.method, row.query, row.content_type, row.content_encoding, row.import_run_id,
                        row.inbox_id, row.received_at,
                    )
                    for row, (number, _id, _received) in zip(rows, todo, strict=True)
                ],
            )  # fmt: skip
            cursor.executemany("INSERT INTO inbox_todo (slice, id, received_at) VALUES (%s, %s, %s)", todo)
            cursor.execute("SELECT pg_notify('inbox', '')")
        feed_counts.take_back_quarantined([(row.feed_id, row.received_at) for row in rows])
        import_counts.take_back_quarantined([(row.import_run_id, row.reason) for row in rows if row.import_run_id])
        QuarantinedRow.objects.filter(id__in=[row.id for row in rows]).update(
            state=QuarantinedRow.State.REPLAYED, resolved_at=now, resolved_by=actor
        )
        record("quarantine.replay", actor=actor, subject=reason or "selection", details={"rows": len(rows)})
    return len(rows)


def discard(
    *, ids: list[int] | None = None, reason: str | None = None, reason_text: str, actor: str, now: datetime
) -> int:
    """Close waiting quarantined rows (by id, or all of one reason); they stay readable and counted. Return how many.

    Raises ValueError without a reason: nothing is discarded in silence.
    """
    if ids is None and reason is None:
        raise ValueError("Select the rows to discard.")
    if not reason_text.strip():
        raise ValueError("Enter a reason for discarding the rows.")
    if mask_numbers(reason_text) != reason_text:
        raise ValueError("Leave phone numbers out of the reason. The audit log keeps it permanently.")
    with transaction.atomic():
        count = _waiting(ids, reason).update(
            state=QuarantinedRow.State.DISCARDED, resolved_at=now, resolved_by=actor, resolution=reason_text[:500]
        )
        record("quarantine.discard", actor=actor, subject=reason_text, details={"rows": count})
    return count


def _slice(row: QuarantinedRow, feed: Feed) -> int:
    if feed.kind == Feed.Kind.SUBMISSIONS:
        return slice_of_submission(bytes(row.body), account_id=feed.account_id)
    dialect, of = DIALECTS[feed.dialect], {"query": row.query, "content_type": row.content_type}
    return split_line(bytes(row.body), account_id=feed.account_id, dialect=dialect, **of)[0]


def _waiting(ids: list[int] | None, reason: str | None):
    rows = QuarantinedRow.objects.filter(state=QuarantinedRow.State.WAITING).order_by(F("id"))
    if ids is not None:
        rows = rows.filter(id__in=ids)
    if reason is not None:
        rows = rows.filter(reason=reason)
    return rows
