"""Identity of the message that a raw row is about."""

from datetime import datetime

from deliveries.dialects import submission
from deliveries.dialects.registry import DIALECTS
from deliveries.dialects.report import NoMessage, Unreadable
from deliveries.erasure.erased_ids import MESSAGE, replacements
from deliveries.messages.store import Key
from portal.tenants.models import Feed


def key_of(body: bytes, query: str, content_type: str, encoding: str, at: datetime, feed: Feed) -> Key | None:
    """Return the identity of the message that a raw row is about, None where it cannot be read."""
    try:
        if feed.kind == Feed.Kind.SUBMISSIONS:
            return feed.account_id, submission.message_id_of_row(body)
        report = DIALECTS[feed.dialect].parse(
            body, received_at=at, default_partner_id="", query=query, content_type=content_type,
            content_encoding=encoding,
        )  # fmt: skip
    except Unreadable:
        return None
    return None if isinstance(report, NoMessage) else (feed.account_id, report.message_id)


def with_known_ids(keys: list[Key | None]) -> list[Key | None]:
    """Return the identities that these have now: an id that held an erased number was replaced."""
    new = replacements((account_id, MESSAGE, id_) for account_id, id_ in filter(None, keys))
    return [key and (key[0], new.get((key[0], MESSAGE, key[1]), key[1])) for key in keys]
