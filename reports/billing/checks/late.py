"""Messages whose reports came after the gateway's close, with the statuses that were known before it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from deliveries.dialects.codes import CodeTable, State
from deliveries.messages import fold
from deliveries.messages.code_tables import code_tables
from deliveries.messages.fold import Folded
from portal.tenants.models import Feed
from reports.billing.checks.scope import CheckScope
from reports.billing.checks.span import NEAR

MAX_LATE = 200_000
"""Maximum number of messages with late reports: with more the states at the close are not recounted."""
CHUNK = 5000

MessageKey = tuple[int, date, str]  # tenant, day, message id

_LATE = """
SELECT DISTINCT tenant_id, day, message_id FROM delivery_report
WHERE tenant_id = ANY (%(tenants)s) AND account_id = %(account)s AND received_at >= %(closed)s
AND day >= %(first)s AND day <= %(last)s LIMIT %(limit)s
"""
_REPORTS = """
SELECT r.tenant_id, r.day, r.message_id, r.part, r.result_code, r.status_at, r.received_at, m.parts, m.status
FROM unnest(%(tenants)s::int[], %(days)s::date[], %(ids)s::text[]) AS k (tenant_id, day, message_id)
JOIN message m ON m.tenant_id = k.tenant_id AND m.day = k.day AND m.account_id = %(account)s
    AND m.message_id = k.message_id
JOIN delivery_report r ON r.tenant_id = k.tenant_id AND r.day = k.day AND r.account_id = %(account)s
    AND r.message_id = k.message_id
"""


class TooManyLate(Exception):
    """More messages than MAX_LATE have reports from after the close, such as after an import."""


@dataclass(frozen=True, slots=True)
class Known:
    """Statuses of a message at the closes of the proved month and of the month before."""

    closing: str
    before: str


def late_messages(scope: CheckScope) -> dict[MessageKey, Known]:
    """Return the messages that had another status at a close than now. Raises TooManyLate."""
    span = scope.span
    start = span.month.first_day
    keys = _keys(scope, span.closed_at, start - NEAR, span.month.last_day + NEAR)
    # What ended between the two closes is charged late, so messages of the month before are looked at too.
    keys |= _keys(scope, span.closed_before_at, span.month.previous().first_day - NEAR, start - timedelta(days=1))
    found: dict[MessageKey, Known] = {}
    ordered = sorted(keys)
    for begin in range(0, len(ordered), CHUNK):
        found |= _known(scope, ordered[begin : begin + CHUNK])
    return found


def _keys(scope: CheckScope, closed_at: datetime, first: date, last: date) -> set[MessageKey]:
    with connection.cursor() as cursor:
        cursor.execute(
            _LATE,
            {
                "tenants": scope.tenant_ids, "account": scope.account_id, "closed": closed_at, "first": first,
                "last": last, "limit": MAX_LATE + 1,
            },
        )  # fmt: skip
        found = set(cursor.fetchall())
    if len(found) > MAX_LATE:
        raise TooManyLate
    return found


def _known(scope: CheckScope, keys: list[MessageKey]) -> dict[MessageKey, Known]:
    tenants, days, ids = zip(*keys, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            _REPORTS,
            {"tenants": list(tenants), "days": list(days), "ids": list(ids), "account": scope.account_id},
        )
        rows = cursor.fetchall()
    # All feeds of an account have the same dialect (docs/dialects.md).
    dialect = Feed.objects.filter(account_id=scope.account_id).values_list("dialect", flat=True).first()
    codes = code_tables()[dialect or ""] if rows else CodeTable({})
    reports = defaultdict(list)
    for tenant_id, day, message_id, part, code, status_at, received_at, parts, status in rows:
        reports[tenant_id, day, message_id].append((part, State(code, status_at), received_at, parts, status))
    found: dict[MessageKey, Known] = {}
    for key, of_message in reports.items():
        *_one, parts, status = of_message[0]
        states = [(part, state, received_at) for part, state, received_at, *_ in of_message]
        closing, before = (
            _status(states, parts, codes, until=instant)
            for instant in (scope.span.closed_at, scope.span.closed_before_at)
        )
        if (closing, before) != (status, status):
            found[key] = Known(closing, before)
    return found


def _status(states: list[tuple[int | None, State, datetime]], parts: int, codes: CodeTable, *, until: datetime) -> str:
    """Return the status of a message by the reports that were received before an instant."""
    message = Folded(0, "", parts=parts, sent_at=until)
    fold.restate(message, [(part, state) for part, state, received_at in states if received_at < until], codes=codes)
    return message.status
