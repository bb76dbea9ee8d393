"""Message Search: newest first, by any of its filters, at any depth of pages."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import monotonic

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from campaigns.merging import shown_names
from campaigns.models import OTHER_CAMPAIGNS_ID
from deliveries.dialects.link import message_id_of
from deliveries.messages.fold import NUMBER_ERASED
from deliveries.messages.row import COLUMNS, StoredMessage, from_row
from deliveries.search.query import BadFilter, MessageQuery, conditions, tenants_with_campaigns
from deliveries.search.segment_keys import rarest_key
from deliveries.search.sql import MESSAGE_COLUMNS, Search, Statement
from deliveries.search.strategy import candidate_results
from portal.common import keyset
from portal.common.postgres.times import read_times_fast
from portal.common.prefixes import after_prefix
from portal.tenants import tokens

__all__ = ["BadFilter", "MessageQuery", "SearchTooSlow", "after_prefix", "find_message", "reports_of", "search"]

Position = tuple[datetime, str, int]  # time of sending, message id, account id

MAX_PAGE = 500
PAGE = 50
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)  # that a cursor may name


class SearchTooSlow(Exception):
    """The search exceeded its time: no index serves its filters, and too many messages lie between matches."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of messages, with the cursors of its neighbours (None: there is none) and the campaigns' names."""

    messages: list[StoredMessage]
    next_cursor: str | None
    previous_cursor: str | None
    campaigns: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One delivery report on a message's time line; `part` None speaks for the whole message."""

    part: int | None
    result_code: int
    status_at: datetime | None
    sent_at: datetime | None
    operator: str | None
    operator_result_code: str | None
    received_at: datetime
    inbox_id: int


def search(query: MessageQuery, *, cursor: str | None = None, size: int = PAGE, seconds: float | None = None) -> Page:
    """Return a page of the messages that match, newest first. Raises BadFilter, keyset.BadCursor.

    With `seconds` it raises SearchTooSlow where it takes longer; the transaction stays usable.

    Under the wall only leakproof operators reach an index, so a prefix is a range of texts in "C" order.
    """
    if not 1 <= size <= MAX_PAGE:
        raise BadFilter("size", f"from 1 to {MAX_PAGE}")
    after, backwards = _position(cursor)
    rows = _rows(query, after, backwards=backwards, limit=size + 1, seconds=seconds)
    return _page([message_of(row) for row in rows], size, backwards, is_first=after is None)


def messages_after(
    query: MessageQuery, after: Position | None, *, limit: int, columns: str = MESSAGE_COLUMNS
) -> list[StoredMessage]:
    """Return the next messages that match, newest first, after a position of `position_of` (None: the newest)."""
    wanted = replace(plan_search(query, after, limit=limit), columns=columns)
    return [message_of(row) for row in _first_full(wanted, None)]


def position_of(message: StoredMessage) -> Position:
    """Return a message's position in the list."""
    folded = message.folded
    assert folded.sent_at is not None  # of every stored message
    return folded.sent_at, folded.message_id, folded.account_id


def plan_search(query: MessageQuery, after: Position | None = None, *, backwards: bool = False, limit: int) -> Search:
    """Return what the statements of a search are made from. Raises BadFilter."""
    where, parameters = conditions(query)
    if after is not None:
        compare = ">" if backwards else "<"
        where.append(f"m.sent_at {compare}= %(at)s")
        where.append(f"(m.sent_at, m.message_id, m.account_id) {compare} (%(at)s, %(id)s, %(account)s)")
        # Lets whole partitions be left out: a tenant's day is within a day of UTC's.
        where.append("m.day >= %(day)s" if backwards else "m.day <= %(day)s")
        edge = after[0].date() + timedelta(days=-1 if backwards else 1)
        parameters |= {"at": after[0], "id": after[1], "account": after[2], "day": edge}
    return Search(
        query,
        within=tenants_with_campaigns(query),
        where=where,
        parameters=parameters,
        at=after[0] if after else query.until,
        backwards=backwards,
        limit=limit,
        leading=_leading_key(query),
    )


def _rows(
    query: MessageQuery, after: Position | None, *, backwards: bool, limit: int, seconds: float | None
) -> list[tuple]:
    return _first_full(plan_search(query, after, backwards=backwards, limit=limit), seconds)


def _first_full(wanted: Search, seconds: float | None) -> list[tuple]:
    """Return the rows of the first try that fills the page, of the last one where none does."""
    until = None if seconds is None else monotonic() + seconds
    rows: list[tuple] = []
    for rows in candidate_results(wanted, lambda statement: fetch(statement, until)):
        if len(rows) >= wanted.limit:
            break
    return rows


def _leading_key(query: MessageQuery) -> str | None:
    """Return the custom parameter whose rows lead to the messages, None where a filter does that finds fewer."""
    parameters = query.indexed_parameters
    if not parameters or query.number or query.numbers or query.ref_id or query.message_id:
        return None
    return rarest_key(query.tenant_ids, parameters)


def find_message(*, tenant_ids: frozenset[int], account_id: int, message_id: str) -> StoredMessage | None:
    """Return one message of these tenants, by its id or that of a part (`B3$0`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {MESSAGE_COLUMNS} FROM message m WHERE tenant_id = ANY (%s) AND account_id = %s"  # noqa: S608  a list of columns, a constant
            " AND message_id = ANY (%s) ORDER BY message_id <> %s LIMIT 1",
            [sorted(tenant_ids), account_id, [message_id, message_id_of(message_id)], message_id],
        )
        row = cursor.fetchone()
    return message_of(row) if row else None


def reports_of(message: StoredMessage) -> list[ReportLine]:
    """Return a message's delivery reports in the order of the operators' times, those without one last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT part, result_code, status_at, sent_at, operator, operator_result_code, received_at, inbox_id"
            " FROM delivery_report WHERE tenant_id = %s AND day = %s AND account_id = %s AND message_id = %s"
            " ORDER BY status_at NULLS LAST, received_at, inbox_id",
            [message.tenant_id, message.day, message.folded.account_id, message.folded.message_id],
        )
        return [ReportLine(*row) for row in cursor.fetchall()]


def campaign_names(messages: list[StoredMessage], *, but: Collection[int] = ()) -> dict[int, str]:
    """Return the names that the campaigns of these messages are shown by, except those that are known already."""
    ids = {message.campaign_id for message in messages} - {0, OTHER_CAMPAIGNS_ID, *but}
    return shown_names(ids) if ids else {}


def message_of(row: tuple) -> StoredMessage:
    """Return the message of a row of COLUMNS, `updated_at` behind them if read, without an erased number's hash."""
    message = from_row(row[: len(COLUMNS)])
    if len(row) > len(COLUMNS):
        message.updated_at = row[len(COLUMNS)]
    if message.folded.flags & NUMBER_ERASED:
        message.folded.destination = None
    return message


def fetch(statement: Statement, until: float | None) -> list[tuple]:
    """Return a statement's rows. Raises SearchTooSlow if it runs beyond `until` (a time of `monotonic`)."""
    settings = {}
    if until is not None:
        settings["statement_timeout"] = f"{max(1, round((until - monotonic()) * 1000))}ms"
    settings |= {f"enable_{kind}": "off" for kind in statement.without}
    with connection.cursor() as cursor:
        if not settings:
            read_times_fast(cursor)
            cursor.execute(statement.sql, statement.parameters)
            return cursor.fetchall()
    names = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            read_times_fast(cursor)
            cursor.execute(f"SELECT {names}", [text for setting in settings.items() for text in setting])
            cursor.execute(statement.sql, statement.parameters)
            rows = cursor.fetchall()
            transaction.set_rollback(True)  # nothing was written; the settings go with it
            return rows
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise SearchTooSlow from error
        raise


def _page(rows: list[StoredMessage], size: int, backwards: bool, *, is_first: bool) -> Page:
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, more) if backwards else (more, not is_first)
    return Page(
        messages=rows,
        next_cursor=_cursor(rows[-1]) if rows and has_next else None,
        previous_cursor=_cursor(rows[0], backwards=True) if rows and has_previous else None,
        campaigns=campaign_names(rows),
    )


def cursor_at(sent_at: datetime | None, message_id: str, account_id: int, *, backwards: bool = False) -> str:
    """Return the cursor of a message, sealed: its id may hold the recipient's number."""
    key = keyset.encode((sent_at, message_id, account_id), backwards=backwards)
    return tokens.seal(key, purpose="message-cursor")


def _cursor(message: StoredMessage, *, backwards: bool = False) -> str:
    folded = message.folded
    return cursor_at(folded.sent_at, folded.message_id, folded.account_id, backwards=backwards)


def _position(cursor: str | None) -> tuple[Position | None, bool]:
    if not cursor:
        return None, False
    opened = tokens.unseal(cursor, purpose="message-cursor")
    if opened is None:
        raise keyset.BadCursor("not a cursor of this list")
    (at, message_id, account_id), backwards = keyset.decode(opened, length=3)
    try:
        instant = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as error:
        raise keyset.BadCursor("not a cursor of this list") from error
    if not EARLIEST <= instant <= LATEST:  # days are counted on from it
        raise keyset.BadCursor("not a cursor of this list")
    if not isinstance(message_id, str) or "\0" in message_id or type(account_id) is not int or abs(account_id) >= 2**31:
        raise keyset.BadCursor("not a cursor of this list")
    return (instant, message_id, account_id), backwards
