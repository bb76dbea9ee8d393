"""Lists of a campaign's recipients, one row each, and of the messages to one of them.

A recipient's row has the newest of its best messages: the delivered one if there is one, else one that is on its way,
else one about which the gateway cannot tell, else the last one that failed. Pages are in the order of recipient keys:
a change of a status or an erasure moves no row.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from deliveries.dialects.codes import COUNTS_AS
from deliveries.messages.fold import NUMBER_ERASED
from deliveries.messages.row import StoredMessage
from deliveries.messages.store import same_message
from deliveries.search.find import EARLIEST, LATEST, Position, message_of, position_of
from deliveries.search.sql import MESSAGE_COLUMNS
from portal.common import keyset
from portal.common.bulk import EACH
from portal.tenants import tokens
from reports.campaigns.recipients import BEST_FIRST, RANK, STATUSES

ALL, UNREADABLE = "all", "unreadable"
GROUPS = (ALL, *BEST_FIRST)  # of recipients; the messages without a readable number are a list of messages
ANY_EVENT = 0  # no kind has this id

_MORE = 4  # times as many messages are looked at as recipients are wanted
_MOST = 50_000  # messages that are looked at in one step

# Who is in the group has a message of its kind. Their keys come first, so that only their messages are grouped.
_CANDIDATES = """
SELECT array_agg(DISTINCT recipient_key ORDER BY recipient_key), count(*) FROM (
    SELECT m.recipient_key FROM message m
    WHERE m.campaign_id = ANY (%(campaigns)s) AND m.status = ANY (%(statuses)s) AND {where}
    ORDER BY m.recipient_key LIMIT %(most)s
) AS candidate
"""
# Few messages have an event, so these are looked up by their identity.
_WITH_EVENT = f"""
SELECT array_agg(DISTINCT recipient_key ORDER BY recipient_key), count(*) FROM (
    SELECT m.recipient_key FROM (
        SELECT DISTINCT attributed_account_id AS account_id, attributed_message_id AS message_id,
               attributed_message_day AS day
        FROM conversion_event WHERE tenant_id = %(tenant)s AND attributed_campaign_id = ANY (%(campaigns)s)
         AND attributed_message_id IS NOT NULL AND %(event)s IN (0, kind_id)
    ) e CROSS JOIN LATERAL (
        SELECT m.* FROM message m
        WHERE m.tenant_id = %(tenant)s AND m.day = e.day AND {same_message("m", "e")} {EACH}
    ) m
    WHERE m.campaign_id = ANY (%(campaigns)s) AND m.status = ANY (%(statuses)s) AND {{where}}
    ORDER BY m.recipient_key LIMIT %(most)s
) AS candidate
"""  # noqa: S608  constants of this module; values are parameters
_HAS_EVENT = """
EXISTS (SELECT 1 FROM conversion_event e WHERE e.tenant_id = m.tenant_id AND e.attributed_message_id = m.message_id
        AND e.attributed_account_id = m.account_id AND %(event)s IN (0, e.kind_id))
"""
_COUNT = """
SELECT count(*) FROM (
    SELECT min({rank}) AS best FROM message m
    WHERE m.campaign_id = ANY (%(campaigns)s) AND {where} GROUP BY m.recipient_key
) AS recipient WHERE best = ANY (%(ranks)s)
"""
_COUNT_MESSAGES = "SELECT count(*) FROM message m WHERE m.campaign_id = ANY (%(campaigns)s) AND {where}"
# The rows of the page are read by their identity, so the sort need not carry them.
_PAGE = """
WITH recipient AS (
    SELECT DISTINCT ON (m.recipient_key) m.recipient_key, m.day, m.account_id, m.message_id,
           {rank} AS rank, count(*) OVER (PARTITION BY m.recipient_key) AS messages
    FROM message m WHERE m.campaign_id = ANY (%(campaigns)s) AND m.recipient_key = ANY (%(keys)s) AND {where}
    ORDER BY m.recipient_key, rank, m.sent_at DESC, m.message_id DESC, m.account_id DESC
), page AS (
    SELECT * FROM recipient WHERE rank = ANY (%(ranks)s) ORDER BY recipient_key LIMIT %(limit)s
)
SELECT p.messages, m.* FROM page p CROSS JOIN LATERAL (
    SELECT {columns} FROM message m
    WHERE m.tenant_id = %(tenant)s AND m.day = p.day AND m.account_id = p.account_id AND m.message_id = p.message_id
    LIMIT 1
) m ORDER BY p.recipient_key
"""
# Each campaign by itself, whose index has its messages newest first.
_MESSAGES = """
SELECT m.* FROM unnest(%(campaigns)s::int[]) AS c (id) CROSS JOIN LATERAL (
    SELECT {columns} FROM message m WHERE m.campaign_id = c.id AND {where}
    ORDER BY m.sent_at DESC, m.message_id DESC, m.account_id DESC LIMIT %(limit)s
) m ORDER BY m.sent_at DESC, m.message_id DESC, m.account_id DESC LIMIT %(limit)s
"""
# The index holds recipient keys, so the instants of messages without one are found in it alone.
_INSTANTS = """
SELECT array_agg(sent_at) FROM (
    SELECT m.sent_at FROM unnest(%(campaigns)s::int[]) AS c (id) CROSS JOIN LATERAL (
        SELECT m.sent_at FROM message m WHERE m.campaign_id = c.id AND {where} ORDER BY m.sent_at DESC LIMIT %(limit)s
    ) m ORDER BY m.sent_at DESC LIMIT %(limit)s
) AS newest
"""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient: the newest of its best messages, and the number of its messages in the campaign."""

    message: StoredMessage
    messages: int

    @property
    def is_erased(self) -> bool:
        return bool(self.message.folded.flags & NUMBER_ERASED)

    @property
    def key(self) -> bytes:
        assert self.message.recipient_key is not None  # of every recipient
        return bytes(self.message.recipient_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignMessages:
    """The messages of a tenant's campaigns that are shown as one, of one account or variant where it is given.

    With `event`, recipients are those that have a message with a conversion event of this kind, ANY_EVENT for any kind.
    """

    tenant_id: int
    campaign_ids: Collection[int]
    account_id: int | None = None
    variant: str | None = None
    event: int | None = None

    def conditions(self) -> tuple[list[str], dict]:
        """Return the conditions but for the campaigns, and the values of all."""
        where, values = ["m.tenant_id = %(tenant)s"], {"tenant": self.tenant_id, "campaigns": sorted(self.campaign_ids)}
        if self.account_id is not None:
            where.append("m.account_id = %(only_account)s")
            values |= {"only_account": self.account_id}
        if self.variant is not None:
            where.append("m.variant = %(only_variant)s")
            values |= {"only_variant": self.variant}
        if self.event is not None:
            values |= {"event": self.event}
        return where, values


def recipients_page(
    of: CampaignMessages, group: str, *, cursor: str = "", size: int
) -> tuple[list[Recipient], str | None]:
    """Return a page of a group of GROUPS, and the cursor of the next one (None: it is the last).

    Raises keyset.BadCursor.
    """
    after = _key_of(cursor) if cursor else None
    found: list[Recipient] = []
    most = _MORE * (size + 1)
    while True:
        keys, messages = _candidates(of, group, after=after, most=most)
        here = _recipients(of, group, keys, limit=size + 1 - len(found))
        found += here
        if len(found) > size or messages < most:
            break
        after = keys[-1]
        most = min(_MOST, _MORE * (size + 1) * most // max(1, len(here)))
    return found[:size], seal_key(found[size - 1].key) if len(found) > size else None


def messages_page(
    of: CampaignMessages, key: bytes | None, *, cursor: str = "", size: int
) -> tuple[list[StoredMessage], str | None]:
    """Return a page of the messages to a recipient, newest first, and the next cursor.

    With None as key they are the messages without a readable number. Raises keyset.BadCursor.
    """
    where, values = of.conditions()
    where.append("m.recipient_key IS NULL" if key is None else "m.recipient_key = %(key)s")
    if of.event is not None:
        where.append(_HAS_EVENT)
    values |= {"key": key, "limit": size + 1}
    if cursor:
        at, message_id, account_id = _position_of(cursor)
        where.append("m.sent_at <= %(at)s AND (m.sent_at, m.message_id, m.account_id) < (%(at)s, %(id)s, %(account)s)")
        # Lets whole partitions be left out: a tenant's day is within a day of UTC's.
        where.append("m.day <= %(last_day)s")
        values |= {"at": at, "id": message_id, "account": account_id, "last_day": at.date() + timedelta(days=1)}
    with connection.cursor() as cursor_:
        if key is None and of.account_id is None and of.event is None:  # the index holds neither
            before = [*where, "m.sent_at < %(at)s"] if cursor else where
            cursor_.execute(_INSTANTS.format(where=" AND ".join(before)), values)
            instants = cursor_.fetchone()[0] or []
            values |= {"instants": [*instants, values["at"]] if cursor else instants}  # others may share the cursor's
            where.append("m.sent_at = ANY (%(instants)s)")
        sql = _MESSAGES.format(columns=MESSAGE_COLUMNS, where=" AND ".join(where))
        cursor_.execute(sql, values)
        found = [message_of(row) for row in cursor_.fetchall()]
    return found[:size], _seal_position(found[size - 1]) if len(found) > size else None


def count_rows(of: CampaignMessages, group: str) -> int:
    """Return the number of rows of a list, of a group of GROUPS or of UNREADABLE; reads each message."""
    where, values = of.conditions()
    if group == UNREADABLE:
        where.append("m.recipient_key IS NULL")
        if of.event is not None:
            where.append(_HAS_EVENT)
        sql = _COUNT_MESSAGES.format(where=" AND ".join(where))
    else:
        values |= STATUSES | {"ranks": _ranks(group)}
        if of.event is None:
            where.append("m.recipient_key IS NOT NULL")
        else:
            where.append("m.recipient_key = ANY (%(keys)s)")
            values["keys"], _messages = _candidates(of, group, after=None, most=None)
        sql = _COUNT.format(rank=RANK, where=" AND ".join(where))
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def seal_key(key: bytes) -> str:
    """Return a recipient's key for an address or a cursor."""
    return tokens.seal(key.hex(), purpose="recipient-key")


def unseal_key(sealed: str) -> bytes | None:
    """Return the key of `seal_key`, None for anything else."""
    opened = tokens.unseal(sealed, purpose="recipient-key")
    return bytes.fromhex(opened) if opened is not None else None


def _candidates(of: CampaignMessages, group: str, *, after: bytes | None, most: int | None) -> tuple[list[bytes], int]:
    """Return the next recipients that may be in the group, and how many of their messages were looked at.

    At most `most` messages are looked at, None for all.
    """
    where, values = of.conditions()
    where.append("m.recipient_key IS NOT NULL" if after is None else "m.recipient_key > %(after)s")
    statuses = list(COUNTS_AS) if group == ALL else STATUSES[group]
    values |= {"after": after, "statuses": statuses, "most": most}
    with connection.cursor() as cursor:
        sql = _CANDIDATES if of.event is None else _WITH_EVENT
        cursor.execute(sql.format(where=" AND ".join(where)), values)
        keys, messages = cursor.fetchone()
        return keys or [], messages


def _recipients(of: CampaignMessages, group: str, keys: list[bytes], *, limit: int) -> list[Recipient]:
    """Return those of the recipients that are in the group."""
    if not keys:
        return []
    where, values = of.conditions()
    values |= STATUSES | {"keys": keys, "ranks": _ranks(group), "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_PAGE.format(rank=RANK, where=" AND ".join(where), columns=MESSAGE_COLUMNS), values)
        return [Recipient(message_of(row[1:]), row[0]) for row in cursor.fetchall()]


def _ranks(group: str) -> list[int]:
    return list(range(len(BEST_FIRST))) if group == ALL else [BEST_FIRST.index(group)]


def _key_of(cursor: str) -> bytes:
    key = unseal_key(cursor)
    if key is None:
        raise keyset.BadCursor("not a cursor of this list")
    return key


def _seal_position(message: StoredMessage) -> str:
    return tokens.seal(keyset.encode(position_of(message)), purpose="recipient-messages-cursor")


def _position_of(cursor: str) -> Position:
    opened = tokens.unseal(cursor, purpose="recipient-messages-cursor")
    if opened is None:
        raise keyset.BadCursor("not a cursor of this list")
    (at, message_id, account_id), _backwards = keyset.decode(opened, length=3)
    return min(max(datetime.fromisoformat(at).astimezone(UTC), EARLIEST), LATEST), message_id, account_id
