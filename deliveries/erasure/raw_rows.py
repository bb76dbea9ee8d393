"""Raw rows, quarantined rows and delivery reports that hold an erased number.

An applied raw row is deleted: its message holds what it told. It is counted as erased, so that the hour still adds up
(deliveries/applying/accounting.py). A quarantined row stays with its reason and without its body.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection
from msgspec.structs import replace

from deliveries.counts import feed_counts
from deliveries.messages.delivery_reports import NewReport
from deliveries.messages.row import StoredMessage
from deliveries.messages.store import Key, same_message
from deliveries.models import QuarantinedRow
from portal.common.bulk import EACH
from portal.common.hidden_numbers import holds_number, without_number
from portal.common.msisdn import mask_numbers, tells_number

DISCARDED = "A phone number in it was erased."
_TEXTS = ("detail", "resolution", "content_type")  # that stay with an emptied row of quarantine


def without_its_number(item: NewReport) -> NewReport:
    """Return a report with its message's erased number masked in the texts."""
    report = item.report

    def clean(text: str | None) -> str | None:
        return text and (without_number(text, report.destination) if report.destination else mask_numbers(text))

    operator, code = clean(report.operator), clean(report.operator_code)
    if (operator, code) == (report.operator, report.operator_code):
        return item
    return replace(item, report=replace(report, operator=operator, operator_code=code))


def erase_reports(tenant_id: int, messages: list[StoredMessage], numbers: dict[Key, str], *, are_own: bool) -> None:
    """Mask numbers (by identity) in the texts of messages' delivery reports, and delete the raw rows of the reports.

    The raw rows of others' messages stay here: they are looked at one by one.
    """
    tells = tells_number if are_own else holds_number
    changed, raw = [], []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.* FROM unnest(%s::int[], %s::text[], %s::date[]) AS k (account_id, message_id, day)"  # noqa: S608  tables, columns and conditions of this module; values are parameters
            " CROSS JOIN LATERAL (SELECT account_id, message_id, day, inbox_id, received_at, operator,"
            f" operator_result_code FROM delivery_report d WHERE d.day = k.day AND {same_message('d', 'k')} {EACH}) d",
            [
                [message.folded.account_id for message in messages],
                [message.folded.message_id for message in messages],
                [message.day for message in messages],
            ],
        )
        for account_id, message_id, day, inbox_id, received_at, *texts in cursor.fetchall():
            number = numbers.get((account_id, message_id))
            if number is None:
                continue
            raw.append((inbox_id, received_at))
            clean = [without_number(text, number) if text and tells(text, number) else text for text in texts]
            if clean != texts:
                changed.append((*clean, tenant_id, day, inbox_id))
        cursor.executemany(
            "UPDATE delivery_report SET operator = %s, operator_result_code = %s"
            " WHERE tenant_id = %s AND day = %s AND inbox_id = %s",
            changed,
        )
    if are_own:
        feed_counts.add_erased(delete_raw_rows(raw))


def delete_raw_rows(rows: Iterable[tuple[int, datetime]]) -> Counter[tuple[int, datetime]]:
    """Delete raw rows (inbox id, received at) that were applied, with what quarantine keeps of them.

    Returns how many by feed id and hour, for the caller to count (deliveries/counts/feed_counts.py).
    """
    rows = list(rows)
    if not rows:
        return Counter()
    ids, times = [id_ for id_, _at in rows], [at for _id, at in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM inbox i WHERE i.id = ANY (%s) AND i.received_at BETWEEN %s AND %s AND NOT EXISTS"
            " (SELECT 1 FROM inbox_todo t WHERE t.slice = i.slice AND t.id = i.id) RETURNING i.feed_id, i.received_at",
            [ids, min(times), max(times)],
        )
        gone = Counter((feed_id, feed_counts.hour_of(at.astimezone(UTC))) for feed_id, at in cursor.fetchall())
        cursor.execute(
            "UPDATE quarantine SET body = '', query = '' WHERE inbox_id = ANY (%s) AND state = 'replayed'", [ids]
        )
    return gone


def erase_quarantined(rows: Iterable[QuarantinedRow], *, number: str, actor: str, now: datetime) -> int:
    """Empty quarantined rows, and discard those that wait; return how many.

    Without `number` everything in their details that may be a number is masked.
    """
    count = 0
    for row in rows:
        row.body, row.query = b"", ""
        for field in _TEXTS:
            text = getattr(row, field)
            setattr(row, field, (without_number(text, number) if number else mask_numbers(text))[:500])
        if row.state == QuarantinedRow.State.WAITING:
            row.state, row.resolution, row.resolved_by, row.resolved_at = (
                QuarantinedRow.State.DISCARDED, DISCARDED, actor, now,
            )  # fmt: skip
        row.save(update_fields=["body", "query", *_TEXTS, "state", "resolved_by", "resolved_at"])
        count += 1
    return count
