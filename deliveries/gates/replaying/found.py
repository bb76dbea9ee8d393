"""Reports about the messages of a search or of a period, newest messages first, that pass the gate's filter.

No index has a report's time of receipt. So the reports of a period are looked for at the messages that were sent in it
or up to LATE before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic

from django.db import connection

from deliveries.dialects.codes import CodeTable
from deliveries.gates.replaying.wanted import After, Portion, Report, Wanted
from deliveries.gates_outbox.matching import Filter
from deliveries.gates_outbox.outbox import facts_of, gates_of
from deliveries.messages.code_tables import code_tables
from deliveries.messages.row import StoredMessage
from deliveries.messages.store import same_message
from deliveries.models import GateReplay
from deliveries.search import walk
from deliveries.search.find import Position, messages_after, position_of
from deliveries.search.query import MessageQuery
from portal.common.bulk import EACH
from portal.tenants.models import Feed

LATE = timedelta(days=3)  # a message's reports come within two days, and the gateway repeats them for hours
_DAY = timedelta(days=1)  # by which a day of a customer and of UTC may differ
_STEP = 500  # messages
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_REPORTS = (
    "SELECT r.inbox_id, k.account_id, k.message_id, k.day, r.result_code"  # noqa: S608  conditions of this module, constants
    " FROM unnest(%s::int[], %s::text[], %s::date[]) k (account_id, message_id, day)"
    " CROSS JOIN LATERAL (SELECT * FROM delivery_report x WHERE x.tenant_id = %s AND x.day = k.day"
    f" AND {same_message('x', 'k')} AND x.received_at >= %s AND x.received_at < %s {EACH}) r ORDER BY r.inbox_id"
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
            whole = walk.count(_counted(wanted, query), seconds=max(until - monotonic(), 2.0))
            return Number(round(reports * max(whole, messages) / messages), is_exact=False)


def read(wanted: Wanted, after: After, *, limit: int) -> Portion:
    """Return the reports about the next messages: perhaps none, or somewhat more than `limit`. Raises BadFilter."""
    step = min(_STEP, limit)
    found = messages_after(_query(wanted), _position(after), limit=step)
    if len(found) < step:
        return Portion(list(_reports(wanted, found)), None)
    at, message_id, account_id = position_of(found[-1])
    return Portion(list(_reports(wanted, found)), (at.isoformat(), message_id, account_id))


def _query(wanted: Wanted) -> MessageQuery:
    if wanted.kind != GateReplay.Kind.PERIOD:
        assert wanted.query is not None  # of a search
        return wanted.query
    assert wanted.since is not None  # of a period
    first, last = (wanted.since - LATE - _DAY).date(), (wanted.until + _DAY).date()
    return MessageQuery(tenant_ids=frozenset([wanted.gate.tenant_id]), first=first, last=last)


def _counted(wanted: Wanted, query: MessageQuery) -> MessageQuery:
    """Return the search whose number of messages is that of the reports: of a period without those sent before."""
    return replace(query, first=wanted.since.date()) if wanted.since else query


def _position(after: After) -> Position | None:
    return (datetime.fromisoformat(after[0]), after[1], after[2]) if after else None


def _reports(wanted: Wanted, messages: list[StoredMessage]) -> Iterator[Report]:
    """Yield those of the messages' reports that pass the gate's filter."""
    if not messages:
        return
    chosen, codes = _filter(wanted), _codes_of_accounts()
    by_key = {message.key: message for message in messages}
    columns = [list(column) for column in zip(*((*one.key, one.day) for one in messages), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_REPORTS, [*columns, wanted.gate.tenant_id, wanted.since or _LONG_AGO, wanted.until])
        rows = cursor.fetchall()
    for inbox_id, account_id, message_id, day, result_code in rows:
        facts = facts_of(by_key[account_id, message_id], *_meaning(codes, account_id, result_code))
        if chosen.matches(facts):
            yield Report(inbox_id, account_id, message_id, day)


def _filter(wanted: Wanted) -> Filter:
    """Return the gate's filter as it is now, its campaigns with those that are merged into them."""
    gates = gates_of([wanted.gate.tenant_id])[wanted.gate.tenant_id]
    return next(gate.filter for gate in gates if gate.id == wanted.gate.pk)


def _codes_of_accounts() -> dict[int, CodeTable]:
    tables = code_tables()
    return {account_id: tables[name] for account_id, name in Feed.objects.values_list("account_id", "dialect")}


def _meaning(codes: Mapping[int, CodeTable], account_id: int, result_code: int) -> tuple[str, bool]:
    return codes[account_id].meaning(result_code) if account_id in codes else ("unknown", False)
