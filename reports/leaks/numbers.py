"""Numbers that fail for good again and again: they cost, and nobody reads what is sent to them.

A number is listed if MIN_FAILURES or more messages failed for good since the last one that was delivered to it.
"""

from dataclasses import dataclass
from datetime import datetime

from deliveries.dialects.codes import DELIVERED, FAILED
from deliveries.messages.row import StoredMessage
from deliveries.search.find import SearchTooSlow, message_of
from deliveries.search.sql import MESSAGE_COLUMNS
from reports.leaks.window import IN_WINDOW, Window, read

# Codes after which the same number fails again (docs/link.md section 4): permanent routing error, unknown subscriber,
# permanently barred, wrong number.
PERMANENT = (2, 2104, 2105, 2106)
MIN_FAILURES = 3
MAX_NUMBERS = 100_000

OF_FAILURES = f"m.status = '{FAILED}' AND m.result_code = ANY (%(codes)s)"
# Those that failed often enough come first, by the index of what was not delivered; then each by its recipient key.
_NUMBERS = f"""
WITH candidate AS MATERIALIZED (
    SELECT m.recipient_key FROM message m WHERE {IN_WINDOW} AND {OF_FAILURES} AND m.recipient_key IS NOT NULL
    GROUP BY m.recipient_key HAVING count(*) >= %(least)s
)
SELECT c.recipient_key, d.at, f.messages, f.parts FROM candidate c
CROSS JOIN LATERAL (
    SELECT max(m.sent_at) AS at FROM message m
    WHERE m.recipient_key = c.recipient_key AND {IN_WINDOW} AND m.status = '{DELIVERED}'
) d
CROSS JOIN LATERAL (
    SELECT count(*) AS messages, sum(m.parts)::bigint AS parts FROM message m
    WHERE m.recipient_key = c.recipient_key AND {IN_WINDOW} AND {OF_FAILURES} AND (d.at IS NULL OR m.sent_at > d.at)
) f
WHERE f.messages >= %(least)s ORDER BY f.parts DESC, f.messages DESC, c.recipient_key LIMIT %(limit)s
"""  # noqa: S608  constants of this module and of the window
_NEWEST = f"""
SELECT n.* FROM unnest(%(keys)s::bytea[]) AS k (key) CROSS JOIN LATERAL (
    SELECT {MESSAGE_COLUMNS} FROM message m WHERE m.recipient_key = k.key AND {IN_WINDOW} AND {OF_FAILURES}
    ORDER BY m.sent_at DESC, m.message_id DESC LIMIT 1
) n
"""  # noqa: S608  constants of this module and of the window


@dataclass(frozen=True, slots=True)
class FailingNumber:
    """A number by its recipient key: its failures after the last delivery at `after`, which may be None."""

    key: bytes
    after: datetime | None
    messages: int
    parts: int


def failing_numbers(window: Window) -> list[FailingNumber]:
    """Return the numbers that fail for good, the dearest first. Raises SearchTooSlow."""
    rows = read(_NUMBERS, window, codes=list(PERMANENT), least=MIN_FAILURES, limit=MAX_NUMBERS + 1)
    if len(rows) > MAX_NUMBERS:
        raise SearchTooSlow
    return [FailingNumber(bytes(key), after, messages, parts) for key, after, messages, parts in rows]


def newest_failures(window: Window, numbers: list[FailingNumber]) -> list[StoredMessage]:
    """Return the newest failed message of each number, in their order. Raises SearchTooSlow."""
    rows = read(_NEWEST, window, codes=list(PERMANENT), keys=[number.key for number in numbers])
    found = {bytes(one.recipient_key or b""): one for one in map(message_of, rows)}
    return [found[number.key] for number in numbers if number.key in found]
