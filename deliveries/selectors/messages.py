"""Message Search: newest first, by any of its filters, at any depth of pages."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from campaigns.models import OTHER_CAMPAIGNS, Campaign
from campaigns.segments import indexed_value
from deliveries.dialects.codes import DELIVERED
from deliveries.fold import NUMBER_ERASED
from deliveries.selectors.message_filters import BadFilter, MessageQuery, after_prefix, conditions, places
from deliveries.selectors.message_places import Places, Window, find_places
from deliveries.selectors.segment_keys import rarest
from deliveries.services.stored import COLUMNS, EACH, StoredMessage, from_row
from portal.common import keyset

__all__ = ["BadFilter", "MessageQuery", "TooMuch", "after_prefix", "find", "reports_of", "search"]

MAX_PAGE = 500
PAGE = 50
_DAY = timedelta(days=1)
_NEAR_DAYS = (4, 40)
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)  # that a cursor may name


class TooMuch(Exception):
    """The search went over its time: its filters reach no index, and too many messages stand between what they find."""


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


def search(query: MessageQuery, *, cursor: str | None = None, size: int = PAGE, seconds: float | None = None) -> Page:
    """Return a page of the messages that match, newest first. Raises BadFilter, keyset.BadCursor.

    With `seconds` it raises TooMuch where it takes longer; the transaction stays usable.

    Under the wall only leakproof operators reach an index, so a prefix is a range of texts in "C" order.
    """
    if not 1 <= size <= MAX_PAGE:
        raise BadFilter("size", f"from 1 to {MAX_PAGE}")
    after, backwards = _position(cursor)
    where, parameters = conditions(query)
    order = "ASC" if backwards else "DESC"
    if after is not None:
        compare = ">" if backwards else "<"
        where.append(f"m.sent_at {compare}= %(at)s")
        where.append(f"(m.sent_at, m.message_id, m.account_id) {compare} (%(at)s, %(id)s, %(account)s)")
        # Lets whole partitions be left out: a tenant's day is within a day of UTC's.
        where.append("m.day >= %(day)s" if backwards else "m.day <= %(day)s")
        edge = after[0].date() + timedelta(days=-1 if backwards else 1)
        parameters |= {"at": after[0], "id": after[1], "account": after[2], "day": edge}
    within = places(query)
    leading = _leading_key(query)
    near = find_places(query, at=after[0] if after else None, backwards=backwards, size=size)
    rows: list[tuple] = []
    for place in _steps(query, near, after[0] if after else None, backwards):
        sql, values = _statement(query, place, leading, within, where, parameters | {"limit": size + 1}, order)
        rows = _fetch(sql, values, seconds)
        if len(rows) > size:
            break
    return _page([_shown(row) for row in rows], size, backwards, is_first=after is None)


def _steps(query: MessageQuery, near: Places, at: datetime | None, backwards: bool) -> Iterator[Places]:
    """Yield where to look, each time further from the page's edge, until the page is full.

    By number and refId an index gives all messages, in no order: of a frequent one only the nearest are read.
    """
    if query.number or query.ref_id or query.ref_id_prefix:
        edge = at or datetime.now(UTC)
        if at is None and query.last is not None:
            edge = min(edge, datetime.combine(min(query.last, LATEST.date()), time(), UTC) + timedelta(days=2))
        for days in _NEAR_DAYS:
            begin, end = (
                (edge, edge + timedelta(days=days)) if backwards else (edge - timedelta(days=days), edge + _DAY)
            )
            first, last = begin.date() - _DAY, end.date() + _DAY
            yield replace(near, windows=[Window(begin, end, first, last)])
    if near.windows != []:
        yield near


def _statement(
    query: MessageQuery,
    near: Places,
    leading: str | None,
    within: list[tuple[int, int | None]],
    where: list[str],
    parameters: dict,
    order: str,
) -> tuple[str, dict]:
    """Return the search of each tenant by itself, so that its index gives the messages in their order.

    States that are not the usual one are looked for one by one, for the same reason; windows too. The rows of a
    `leading` custom parameter lead where there is one.
    """
    where = list(where)
    statuses: list[str | None] = [None]
    if near.statuses and DELIVERED not in near.statuses:
        statuses = list(near.statuses)
        where += ["m.status = t.status", "m.status <> 'delivered'"]  # the words of the partial index
    elif query.statuses:
        where.append("m.status = ANY (%(statuses)s)")
        parameters |= {"statuses": list(query.statuses)}
    windows = near.windows or []
    if windows:
        where += ["m.sent_at >= w.begins", "m.sent_at < w.ends", "m.day >= w.first", "m.day <= w.last"]
        parameters |= {
            "begins": [window.begin for window in windows],
            "ends": [window.end for window in windows],
            "firsts": [window.first for window in windows],
            "lasts": [window.last for window in windows],
        }
    join = (
        " CROSS JOIN unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[], %(firsts)s::date[], %(lasts)s::date[])"
        " AS w (begins, ends, first, last)"
    )
    keys = f"sent_at {order}, message_id {order}, account_id {order}"
    columns = ", ".join(f"m.{column}" for column in COLUMNS)
    if leading is None:
        source, of = f"message m WHERE {' AND '.join(where)}", "m"
    else:
        source, of = _led_by_value(query, leading, where, columns, parameters), "p"
    sql = (
        "SELECT found.* FROM unnest(%(tenants)s::int[], %(campaigns)s::int[], %(states)s::text[])"
        f" AS t (id, campaign_id, status){join if windows else ''}"
        f" CROSS JOIN LATERAL (SELECT {columns} FROM {source} ORDER BY {of}.sent_at {order}, {of}.message_id {order},"
        f" {of}.account_id {order} LIMIT %(limit)s) AS found ORDER BY {keys} LIMIT %(limit)s"
    )
    branches = [(tenant, campaign, status) for tenant, campaign in within for status in statuses]
    tenants, campaigns, states = (list(column) for column in zip(*branches, strict=True)) if branches else ([], [], [])
    return sql, parameters | {"tenants": tenants, "campaigns": campaigns, "states": states}


def _led_by_value(query: MessageQuery, leading: str, where: list[str], columns: str, parameters: dict) -> str:
    """Return FROM and WHERE of the messages with a custom parameter's value, by the index of values: newest first.

    OFFSET 0 keeps each message a look-up of its own: the planner takes columns that always agree for independent, hopes
    for a single message, and would gather all of them before it sorts.
    """
    parameters |= {"leading_key": leading, "leading_value": indexed_value(query.parameters[leading])}
    rows = ["p.tenant_id = t.id", "p.key = %(leading_key)s", "p.value = %(leading_value)s"]
    # What holds for the message's time holds for its row's.
    of_time = ("m.sent_at ", "m.day ", "(m.sent_at, ")
    rows += [condition.replace("m.", "p.") for condition in where if condition.startswith(of_time)]
    same = [f"m.{column} = p.{column}" for column in ("tenant_id", "day", "sent_at", "account_id", "message_id")]
    return (
        f"message_parameter p CROSS JOIN LATERAL (SELECT {columns} FROM message m"
        f" WHERE {' AND '.join(same + where)} {EACH}) AS m WHERE {' AND '.join(rows)}"
    )


def _leading_key(query: MessageQuery) -> str | None:
    """Return the custom parameter whose rows lead to the messages, None where a filter does that finds fewer."""
    if not query.parameters or query.number or query.ref_id or query.message_id:
        return None
    return rarest(query.tenant_ids, query.parameters)


def find(*, tenant_ids: frozenset[int], account_id: int, message_id: str) -> StoredMessage | None:
    """Return one message of these tenants."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(COLUMNS)} FROM message WHERE tenant_id = ANY (%s) AND account_id = %s"
            " AND message_id = %s",
            [sorted(tenant_ids), account_id, message_id],
        )
        row = cursor.fetchone()
    return _shown(row) if row else None


def reports_of(message: StoredMessage) -> list[ReportLine]:
    """Return a message's delivery reports in the order of the operators' times, those without one last."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT part, result_code, status_at, sent_at, operator, operator_result_code, received_at"
            " FROM delivery_report WHERE tenant_id = %s AND day = %s AND account_id = %s AND message_id = %s"
            " ORDER BY status_at NULLS LAST, received_at, inbox_id",
            [message.tenant_id, message.day, message.folded.account_id, message.folded.message_id],
        )
        return [ReportLine(*row) for row in cursor.fetchall()]


def campaign_names(messages: list[StoredMessage]) -> dict[int, str]:
    """Return the names of the campaigns that these messages belong to."""
    ids = {message.campaign_id for message in messages} - {0, OTHER_CAMPAIGNS}
    return dict(Campaign.objects.filter(id__in=ids).values_list("id", "name")) if ids else {}


def _shown(row: tuple) -> StoredMessage:
    """Return the message of a row of COLUMNS; an erased number's hash is nobody's to see."""
    message = from_row(row)
    if message.folded.flags & NUMBER_ERASED:
        message.folded.destination = None
    return message


def _fetch(sql: str, parameters: dict, seconds: float | None) -> list[tuple]:
    if seconds is None:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{round(seconds * 1000)}ms"])
            cursor.execute(sql, parameters)
            rows = cursor.fetchall()
            transaction.set_rollback(True)  # nothing was written; the limit goes with it
            return rows
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooMuch from error
        raise


def _page(rows: list[StoredMessage], size: int, backwards: bool, *, is_first: bool) -> Page:
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, more) if backwards else (more, not is_first)
    return Page(
        messages=rows,
        next_cursor=keyset.encode(_key(rows[-1])) if rows and has_next else None,
        previous_cursor=keyset.encode(_key(rows[0]), backwards=True) if rows and has_previous else None,
        campaigns=campaign_names(rows),
    )


def _key(message: StoredMessage) -> tuple:
    return message.folded.sent_at, message.folded.message_id, message.folded.account_id


def _position(cursor: str | None) -> tuple[tuple[datetime, str, int] | None, bool]:
    if not cursor:
        return None, False
    (at, message_id, account_id), backwards = keyset.decode(cursor, length=3)
    try:
        instant = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as error:
        raise keyset.BadCursor("not a cursor of this list") from error
    if not EARLIEST <= instant <= LATEST:  # days are counted on from it
        raise keyset.BadCursor("not a cursor of this list")
    if not isinstance(message_id, str) or "\0" in message_id or type(account_id) is not int or abs(account_id) >= 2**31:
        raise keyset.BadCursor("not a cursor of this list")
    return (instant, message_id, account_id), backwards
