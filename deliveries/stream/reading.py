"""Reading of the event log from a position on, behind the wall, in a transaction of the caller's."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from msgspec import Struct

from deliveries.gates.forwarded import Forwarded
from deliveries.gates.loading import Place, load
from deliveries.gates_outbox.matching import Facts, Filter
from deliveries.messages.event_log import IS_CURRENT, ORIGIN
from deliveries.stream.position import LAST, Position, epoch_of, from_cursor, to_cursor
from deliveries.stream.report_json import report_json
from portal.common.bulk import EACH
from portal.common.masking import Masking
from portal.tenants.models import GatewayAccount

OLDEST = "oldest"  # a cursor: from the first event that is still stored

# The horizon is the oldest transaction that still runs: what lies before it is complete. After a crash the ids of
# transactions that left nothing behind are given out again. So a position is that of an event, which is on disk, or
# lies before the next id of the last checkpoint.
_STATE = (
    f"SELECT {IS_CURRENT}, coalesce(s.origin, {ORIGIN}), coalesce(s.lost_through, '0')::text::numeric,"  # noqa: S608  a constant expression
    " pg_snapshot_xmin(pg_current_snapshot())::text::numeric, (pg_control_checkpoint()).next_xid"
    " FROM (SELECT) one LEFT JOIN event_log_state s ON true"
)
_COLUMNS = "e.xid::text::numeric, e.inbox_id, e.tenant_id, e.account_id, e.message_id, e.day"
_NEWEST = """
SELECT e.xid::text::numeric, e.inbox_id FROM unnest(%(tenants)s::int[]) AS t (id) CROSS JOIN LATERAL (
    SELECT xid, inbox_id FROM event_log l WHERE l.tenant_id = t.id AND l.xid < %(horizon)s::text::xid8
    ORDER BY l.xid DESC, l.inbox_id DESC LIMIT 1 OFFSET 0) e
ORDER BY e.xid DESC, e.inbox_id DESC LIMIT 1
"""
# A look-up for each tenant, which its index answers in order; as one condition all of its events would be sorted.
EVENTS = (
    f"SELECT {_COLUMNS} FROM unnest(%(tenants)s::int[]) AS t (id) CROSS JOIN LATERAL ("  # noqa: S608  names of this module, constants
    "SELECT * FROM event_log l WHERE l.tenant_id = t.id AND (l.xid, l.inbox_id) > (%(xid)s::text::xid8, %(inbox_id)s)"
    " AND l.xid < %(horizon)s::text::xid8 AND (%(account)s::int IS NULL OR l.account_id = %(account)s)"
    f" ORDER BY l.xid, l.inbox_id LIMIT %(limit)s {EACH}) e ORDER BY e.xid, e.inbox_id LIMIT %(limit)s"
)


class StreamError(Exception):
    """A position from which nothing can be read; the text is for the client."""


class NotReady(StreamError):
    """The log is from before a restore. The applier or a task of each minute empties it."""


class Ended(StreamError):
    """The key may read nothing of this any more."""


class Lost(StreamError):
    """Events behind the position are gone: it is older than the log, or of before a restore."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish: events of these tenants (of one account alone), filtered and masked as the key asks."""

    tenant_ids: frozenset[int]
    account_id: int | None
    filter: Filter
    masking: Masking


class Event(Struct, frozen=True):
    """One event with the cursor behind it."""

    cursor: str
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Events from one reading. `position` and `cursor` lie behind all that was looked at, also what the filter left
    out; with `has_more` the next chunk can be read at once.
    """

    events: list[Event]
    position: Position
    cursor: str
    has_more: bool


def read_chunk(asked: Asked, after: str | None, *, limit: int) -> Chunk:
    """Return at most `limit` events behind a cursor; None: what comes from now on, OLDEST: all that is stored.

    Raises BadCursor, NotReady, Lost.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STATE)
        is_current, origin, lost_through, horizon, next_xid = cursor.fetchone()
    if is_current is False:
        raise NotReady("The database was restored a moment ago. Try again in a minute.")
    epoch, lost_through, horizon = epoch_of(origin), int(lost_through), int(horizon)
    idle = max(Position(min(horizon, _xid(next_xid)) - 1, LAST), Position(lost_through, LAST))
    if after is None:
        end = max(_newest(asked, horizon), idle)
        return Chunk([], end, to_cursor(epoch, end), has_more=False)
    position = _start(after, epoch, lost_through, horizon)
    rows = _rows(asked, position, horizon, limit)
    has_more = len(rows) == limit
    end = Position(*rows[-1][:2]) if rows else position
    if not has_more:
        end = max(end, idle)
    events = [
        Event(to_cursor(epoch, place), report_json(report, account, asked.masking))
        for place, report, account in _reports(rows)
        if asked.filter.matches(_facts(report))
    ]
    return Chunk(events, end, to_cursor(epoch, end), has_more)


def _xid(text: str) -> int:
    """Return a transaction id that PostgreSQL writes as epoch and id, `0:893`."""
    epoch, _, xid = text.partition(":")
    return (int(epoch) << 32) + int(xid)


def _newest(asked: Asked, horizon: int) -> Position:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, {"tenants": sorted(asked.tenant_ids), "horizon": str(horizon)})
        xid, inbox_id = cursor.fetchone() or (0, 0)
    return Position(int(xid), inbox_id)


def _start(after: str, epoch: str, lost_through: int, horizon: int) -> Position:
    if after == OLDEST:
        return Position(lost_through, LAST)
    given, position = from_cursor(after)
    if given != epoch or position.xid >= horizon:
        raise Lost(
            "The database was restored since. Read the delivery reports since then from /api/v1/delivery-reports/, and"
            " start the stream without `after`."
        )
    if position.xid < lost_through:
        raise Lost(
            "The cursor is older than the 7 days that are stored. Read the delivery reports since then from"
            f" /api/v1/delivery-reports/, and start the stream without `after`, or with `after={OLDEST}`."
        )
    return position


def _rows(asked: Asked, position: Position, horizon: int, limit: int) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            EVENTS,
            {
                "tenants": sorted(asked.tenant_ids),
                "account": asked.account_id,
                "xid": str(position.xid),
                "inbox_id": position.inbox_id,
                "horizon": str(horizon),
                "limit": limit,
            },
        )
        return [(int(xid), *rest) for xid, *rest in cursor.fetchall()]


def _reports(rows: Collection[tuple]) -> Iterable[tuple[Position, Forwarded, str]]:
    """Return the reports that the tenants still have, in the order of the rows, with their accounts' names."""
    if not rows:
        return
    places = [
        (Position(xid, inbox_id), Place(tenant_id, tenant_id, inbox_id, account_id, message_id, day))
        for xid, inbox_id, tenant_id, account_id, message_id, day in rows
    ]
    found = load(place for _position, place in places)
    accounts = _names({row[3] for row in rows})
    for position, place in places:
        report = found[place.gate_id, place.inbox_id]
        if isinstance(report, Forwarded):  # else another tenant has it by now, or it is past retention
            yield position, report, accounts.get(report.account_id, "")


def _names(account_ids: Collection[int]) -> Mapping[int, str]:
    return dict(GatewayAccount.objects.filter(id__in=account_ids).values_list("id", "name"))


def _facts(report: Forwarded) -> Facts:
    return Facts(
        report.partner_id,
        report.status,
        report.final,
        report.country,
        report.campaign_id,
        report.ref_id or "",
        report.custom_parameters,
    )
