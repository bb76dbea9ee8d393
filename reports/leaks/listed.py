"""Messages behind one row of a card: those that its figure counts, newest first, page by page.

The choice of messages is a part of the address, encrypted: it names a recipient, a refId or a campaign.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deliveries.messages.row import StoredMessage
from deliveries.search.find import LATEST, Position, message_of, position_of
from deliveries.search.sql import MESSAGE_COLUMNS
from portal.common import keyset
from portal.tenants import tokens
from reports.leaks.numbers import OF_FAILURES, PERMANENT, FailingNumber
from reports.leaks.parts import PartsRise
from reports.leaks.repeats import BEFORE, HAS_SUBJECT, IS_REPEAT, SUBJECT, Repeats
from reports.leaks.window import IN_WINDOW, Window, read

_PURPOSE, _CURSOR = "leak-messages", "leak-messages-cursor"
_BEYOND = "(s.sent_at, s.message_id, s.account_id) < (%(at)s, %(id)s, %(account)s)"
_ORDER = "ORDER BY s.sent_at DESC, s.message_id DESC, s.account_id DESC LIMIT %(limit)s"
_LISTED = MESSAGE_COLUMNS.replace("m.", "s.")
_OF_KIND = {
    "numbers": f"m.recipient_key = %(key)s AND {OF_FAILURES}"
    " AND (%(after)s::timestamptz IS NULL OR m.sent_at > %(after)s)",
    "parts": "m.campaign_id = %(campaign)s AND m.variant = %(variant)s AND m.sent_at >= %(from)s",
}
_PLAIN = f"SELECT {_LISTED} FROM message s WHERE {{where}} AND {{beyond}} {_ORDER}"  # noqa: S608  constants of this module
_REPEATED = f"""
SELECT {_LISTED} FROM (
    SELECT {MESSAGE_COLUMNS}, {BEFORE} AS before FROM message m
    WHERE {IN_WINDOW} AND {HAS_SUBJECT} AND m.campaign_id = %(campaign)s AND {{same}}
) s WHERE {IS_REPEAT} AND {{beyond}} {_ORDER}
"""  # noqa: S608  constants of this module, of repeats and of the window


@dataclass(frozen=True, slots=True)
class Listed:
    """A choice of messages: the card, the window, and what tells the row; all of it can be JSON."""

    card: str
    window: Window
    row: Mapping[str, Any]

    def seal(self) -> str:
        kept = {"card": self.card, "window": self.window.as_json(), "row": dict(self.row)}
        return tokens.seal(json.dumps(kept, separators=(",", ":")), purpose=_PURPOSE)


def of_number(window: Window, number: FailingNumber) -> Listed:
    after = number.after.isoformat() if number.after else None
    return Listed("numbers", window, {"key": number.key.hex(), "after": after})


def of_rise(window: Window, found: PartsRise) -> Listed:
    row = {"campaign": found.campaign_id, "variant": found.variant, "from": found.rise.at.isoformat()}
    return Listed("parts", window, row)


def of_repeats(window: Window, found: Repeats) -> Listed:
    return Listed("repeats", window, {"campaign": found.campaign_id, "ref_id": found.ref_id})


def unseal(sealed: str, *, tenant_ids: Collection[int]) -> Listed | None:
    """Return the choice of `Listed.seal`, None for anything else and for other tenants'."""
    opened = tokens.unseal(sealed, purpose=_PURPOSE)
    if opened is None:
        return None
    kept = json.loads(opened)
    listed = Listed(kept["card"], Window.from_json(kept["window"]), kept["row"])
    return listed if listed.window.tenant_id in tenant_ids else None


def messages_page(listed: Listed, *, cursor: str = "", size: int) -> tuple[list[StoredMessage], str | None]:
    """Return a page of the messages and the next cursor. Raises keyset.BadCursor and SearchTooSlow."""
    row = dict(listed.row)
    values: dict[str, Any] = {"limit": size + 1, "codes": list(PERMANENT)} | row
    if listed.card == "numbers":
        values |= {"key": bytes.fromhex(row["key"])}
    beyond = "true"
    if cursor:
        at, message_id, account_id = _position_of(cursor)
        beyond, values = _BEYOND, values | {"at": at, "id": message_id, "account": account_id}
    if listed.card == "repeats":
        same = "true" if row["campaign"] > 0 else f"{SUBJECT} = %(ref_id)s AND m.ref_id = %(ref_id)s"
        sql = _REPEATED.format(same=same, beyond=beyond)
    else:
        where = f"{IN_WINDOW} AND {_OF_KIND[listed.card]}".replace("m.", "s.")
        sql = _PLAIN.format(where=where, beyond=beyond)
    found = [message_of(one) for one in read(sql, listed.window, **values)]
    return found[:size], _seal_position(found[size - 1]) if len(found) > size else None


def _seal_position(message: StoredMessage) -> str:
    return tokens.seal(keyset.encode(position_of(message)), purpose=_CURSOR)


def _position_of(cursor: str) -> Position:
    opened = tokens.unseal(cursor, purpose=_CURSOR)
    if opened is None:
        raise keyset.BadCursor("not a cursor of this list")
    (at, message_id, account_id), _backwards = keyset.decode(opened, length=3)
    return min(datetime.fromisoformat(at).astimezone(UTC), LATEST), message_id, account_id
