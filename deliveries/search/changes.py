"""Messages in the order in which they changed, for reading all changes step by step without a gap.

`updated_at` is the clock's time at which a row was written, `applied_at` that of a delivery report. Transactions commit
in another order: a batch that began earlier may commit later. So changes are shown only up to `no_writes_before`
(deliveries/messages/slices.py), before which every batch has ended. A later change of a shown row comes later again,
with the row as it is then.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import monotonic

from deliveries.messages.row import StoredMessage
from deliveries.search.find import EARLIEST, LATEST, Page, campaign_names, fetch, message_of, plan_search
from deliveries.search.query import MessageQuery
from deliveries.search.sql import MESSAGE_COLUMNS, Search, Statement, add_statuses, for_each_tenant
from portal.common import keyset
from portal.tenants import tokens

Position = tuple[datetime, str, int]  # time of the change, message id, account id

_PURPOSE = "message-change-cursor"
_ORDER = ("updated_at", "message_id", "account_id")


def changed_messages(
    query: MessageQuery, *, since: datetime, until: datetime, cursor: str, size: int, seconds: float
) -> Page:
    """Return a page of the messages that match and changed in [since, until), in the order of change.

    Raises BadFilter, keyset.BadCursor, SearchTooSlow.
    """
    after = _position(cursor) if cursor else None
    search = plan_search(query, limit=size + 1)
    found = [message_of(row) for row in fetch(_statement(search, since, until, after), monotonic() + seconds)]
    messages = found[:size]
    more = len(found) > size
    return Page(messages, _cursor(messages[-1]) if more else None, None, campaign_names(messages))


def _statement(search: Search, since: datetime, until: datetime, after: Position | None) -> Statement:
    where = [*search.where, "m.updated_at >= %(changed_from)s", "m.updated_at < %(changed_until)s"]
    parameters = search.parameters | {"changed_from": since, "changed_until": until}
    if after is not None:
        where.append("(m.updated_at, m.message_id, m.account_id) > (%(changed_from)s, %(after_id)s, %(after_account)s)")
        parameters |= {"changed_from": max(since, after[0]), "after_id": after[1], "after_account": after[2]}
    add_statuses(search, where, parameters)
    found = (
        f"SELECT {MESSAGE_COLUMNS} FROM message m WHERE {' AND '.join(where)}"  # noqa: S608  conditions of query.py; what is typed is a parameter
        f" ORDER BY {in_order_of(_ORDER, 'm')} LIMIT %(limit)s"
    )
    return for_each_tenant(search, found, parameters, order=in_order_of(_ORDER, "found"))


def in_order_of(columns: Sequence[str], of: str) -> str:
    """Return an ascending order by these columns of `of`."""
    return ", ".join(f"{of}.{column}" for column in columns)


def _cursor(message: StoredMessage) -> str:
    folded = message.folded
    key = keyset.encode((message.updated_at, folded.message_id, folded.account_id))
    return tokens.seal(key, purpose=_PURPOSE)  # an id may hold the recipient's number


def _position(cursor: str) -> Position:
    at, message_id, account_id = opened(cursor, purpose=_PURPOSE)
    return at, message_id, account_id


def opened(cursor: str, *, purpose: str) -> tuple[datetime, str, int]:
    """Return the instant, the text and the number of a sealed cursor. Raises keyset.BadCursor."""
    text = tokens.unseal(cursor, purpose=purpose)
    if text is None:
        raise keyset.BadCursor("not a cursor of this list")
    (at, message_id, number), _backwards = keyset.decode(text, length=3)
    return min(max(datetime.fromisoformat(at).astimezone(UTC), EARLIEST), LATEST), message_id, number
