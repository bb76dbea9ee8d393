"""Message Search: newest first, by any of its filters, at any depth of pages."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from campaigns.models import OTHER_CAMPAIGNS, Campaign
from deliveries.dialects.codes import DELIVERED, STATUS_RANK
from deliveries.fold import NUMBER_ERASED
from deliveries.services.erasure import search_forms
from deliveries.services.stored import COLUMNS, StoredMessage, from_row
from portal.common import keyset

MAX_PAGE = 500
PAGE = 50


class BadFilter(ValueError):
    """A filter's value cannot be looked for; `field` names it."""

    def __init__(self, field_: str, text: str) -> None:
        super().__init__(f"{field_}: {text}")
        self.field, self.text = field_, text


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """What to look for; '' and None ask for nothing. Days are inclusive, in each tenant's own zone.

    `number` is a whole number (parts of one are not searched: that would tell the rest of a masked number).
    """

    tenant_ids: frozenset[int]
    first: date | None = None
    last: date | None = None
    number: str = ""
    ref_id: str = ""
    ref_id_prefix: str = ""
    message_id: str = ""
    campaign_id: int | None = None
    variant: str = ""
    account_id: int | None = None
    partner_id: str = ""
    statuses: tuple[str, ...] = ()
    country: str = ""
    result_code: int | None = None


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


def search(query: MessageQuery, *, cursor: str | None = None, size: int = PAGE) -> Page:
    """Return a page of the messages that match, newest first. Raises BadFilter, keyset.BadCursor.

    Each tenant is paged by itself (LATERAL), so that a tenant's index serves it; under the wall only leakproof
    operators reach an index, so a prefix is a range of texts in "C" order.
    """
    if not 1 <= size <= MAX_PAGE:
        raise BadFilter("size", f"from 1 to {MAX_PAGE}")
    after, backwards = _position(cursor)
    where, parameters = _where(query)
    order = "ASC" if backwards else "DESC"
    if after is not None:
        compare = ">" if backwards else "<"
        where.append(f"m.sent_at {compare}= %(at)s")
        where.append(f"(m.sent_at, m.message_id, m.account_id) {compare} (%(at)s, %(id)s, %(account)s)")
        # Lets whole partitions be left out: a tenant's day is within a day of UTC's.
        where.append("m.day >= %(day)s" if backwards else "m.day <= %(day)s")
        edge = after[0].date() + timedelta(days=-1 if backwards else 1)
        parameters |= {"at": after[0], "id": after[1], "account": after[2], "day": edge}
    keys = f"sent_at {order}, message_id {order}, account_id {order}"
    columns = ", ".join(f"m.{column}" for column in COLUMNS)
    with connection.cursor() as cursor_:
        cursor_.execute(
            "SELECT found.* FROM unnest(%(tenants)s::int[]) AS t (id)"
            f" CROSS JOIN LATERAL (SELECT {columns} FROM message m WHERE {' AND '.join(where)}"
            f" ORDER BY {keys} LIMIT %(limit)s) AS found ORDER BY {keys} LIMIT %(limit)s",
            parameters | {"tenants": sorted(query.tenant_ids), "limit": size + 1},
        )
        rows = [_shown(row) for row in cursor_.fetchall()]
    return _page(rows, size, backwards, is_first=after is None)


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
    if not isinstance(message_id, str) or "\0" in message_id or type(account_id) is not int or abs(account_id) >= 2**31:
        raise keyset.BadCursor("not a cursor of this list")
    return (instant, message_id, account_id), backwards


def _where(query: MessageQuery) -> tuple[list[str], dict]:
    where, parameters = ["m.tenant_id = t.id"], {}

    def add(condition: str, **values) -> None:
        where.append(condition)
        parameters.update(values)

    if query.first is not None:
        add("m.day >= %(first)s", first=query.first)
    if query.last is not None:
        add("m.day <= %(last)s", last=query.last)
    for name in ("ref_id", "ref_id_prefix", "message_id", "variant", "partner_id", "number"):
        if "\0" in getattr(query, name):
            raise BadFilter(name, "a text without the character U+0000")
    if query.number:
        # Older messages hold a keyed hash in the number's place.
        add("m.destination = ANY (%(number)s)", number=search_forms(query.number, tenant_ids=query.tenant_ids))
    if query.ref_id:
        add("m.ref_id = %(ref_id)s", ref_id=query.ref_id)
    if query.ref_id_prefix:
        add("m.ref_id >= %(prefix)s", prefix=query.ref_id_prefix)
        if end := after_prefix(query.ref_id_prefix):
            add("m.ref_id < %(prefix_end)s", prefix_end=end)
    if query.message_id:
        add("m.message_id = %(message_id)s", message_id=query.message_id)
    if query.campaign_id is not None:
        add("m.campaign_id = %(campaign)s", campaign=query.campaign_id)
    if query.variant:
        add("m.variant = %(variant)s", variant=query.variant)
    if query.account_id is not None:
        add("m.account_id = %(account_id)s", account_id=query.account_id)
    if query.partner_id:
        add("m.partner_id = %(partner_id)s", partner_id=query.partner_id)
    if query.country:
        add("m.country = %(country)s", country=query.country)
    if query.result_code is not None:
        add("m.result_code = %(code)s", code=query.result_code)
    if query.statuses:
        if unknown := set(query.statuses) - STATUS_RANK.keys():
            raise BadFilter("status", f"{', '.join(sorted(unknown))}: one of {', '.join(STATUS_RANK)}")
        add("m.status = ANY (%(statuses)s)", statuses=list(query.statuses))
        if DELIVERED not in query.statuses:
            where.append("m.status <> 'delivered'")  # the words of the partial index
    return where, parameters


def after_prefix(prefix: str) -> str | None:
    """Return the first text in "C" order that no longer begins with `prefix`; None where there is none."""
    for index in range(len(prefix) - 1, -1, -1):
        number = ord(prefix[index]) + 1
        if 0xD800 <= number <= 0xDFFF:  # surrogates stand in no text
            number = 0xE000
        if number <= 0x10FFFF:
            return prefix[:index] + chr(number)
    return None
