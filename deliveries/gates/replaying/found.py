"""Reports about the messages that a Message Search finds, newest messages first, that pass the gate's filter."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from django.db import connection

from deliveries.gates.replaying.receipts import codes_of_accounts, filter_of, meaning
from deliveries.gates.replaying.wanted import After, Portion, Report, Wanted
from deliveries.gates_outbox.outbox import facts_of
from deliveries.messages.row import StoredMessage
from deliveries.messages.store import same_message
from deliveries.search import walk
from deliveries.search.find import Position, messages_after, position_of
from deliveries.search.query import MessageQuery
from portal.common.bulk import EACH

_STEP = 500  # messages

_REPORTS = (
    "SELECT r.inbox_id, k.account_id, k.message_id, k.day, r.result_code"  # noqa: S608  conditions of this module, constants
    " FROM unnest(%s::int[], %s::text[], %s::date[]) k (account_id, message_id, day)"
    " CROSS JOIN LATERAL (SELECT * FROM delivery_report x WHERE x.tenant_id = %s AND x.day = k.day"
    f" AND {same_message('x', 'k')} AND x.received_at < %s {EACH}) r ORDER BY r.inbox_id"
)


@dataclass(frozen=True, slots=True)
class Number:
    """Number of reports; not exact where counting them would take too long."""

    reports: int
    is_exact: bool = True


def count(wanted: Wanted, *, until: float) -> Number:
    """Count the reports until a time of `monotonic`; then estimate the rest by the number of messages.

    Raises BadFilter, SearchTooSlow.
    """
    reports, messages, after = 0, 0, None
    query = _query(wanted)
    while True:
        found = messages_after(query, after, limit=_STEP)
        reports += sum(1 for _ in _reports(wanted, found))
        messages += len(found)
        if len(found) < _STEP:
            return Number(reports)
        after = position_of(found[-1])
        if monotonic() > until:
            whole = walk.count(query, seconds=max(until - monotonic(), 2.0))
            return Number(round(reports * whole / messages), is_exact=False)


def read(wanted: Wanted, after: After, *, limit: int) -> Portion:
    """Return the reports about the next messages, so perhaps somewhat more than `limit`. Raises BadFilter."""
    step = min(_STEP, limit)
    found = messages_after(_query(wanted), _position(after), limit=step)
    if len(found) < step:
        return Portion(list(_reports(wanted, found)), None)
    at, message_id, account_id = position_of(found[-1])
    return Portion(list(_reports(wanted, found)), (at.isoformat(), message_id, account_id))


def _query(wanted: Wanted) -> MessageQuery:
    assert wanted.query is not None  # of this kind
    return wanted.query


def _position(after: After) -> Position | None:
    return (datetime.fromisoformat(after[0]), after[1], after[2]) if after else None


def _reports(wanted: Wanted, messages: list[StoredMessage]) -> Iterator[Report]:
    """Yield those of the messages' reports that pass the gate's filter."""
    if not messages:
        return
    chosen, codes = filter_of(wanted), codes_of_accounts()
    by_key = {message.key: message for message in messages}
    keys = [(*message.key, message.day) for message in messages]
    with connection.cursor() as cursor:
        columns = [list(column) for column in zip(*keys, strict=True)]
        cursor.execute(_REPORTS, [*columns, wanted.gate.tenant_id, wanted.until])
        rows = cursor.fetchall()
    for inbox_id, account_id, message_id, day, result_code in rows:
        facts = facts_of(by_key[account_id, message_id], *meaning(codes, account_id, result_code))
        if chosen.matches(facts):
            yield Report(inbox_id, account_id, message_id, day)
