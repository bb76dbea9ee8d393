"""Messages that were sent to the same recipient again within minutes: a double send costs twice.

The same means of the same campaign, or of the same refId where there is no campaign. Messages without either are not
looked at: two of them may well be about different things.
"""

from dataclasses import dataclass
from datetime import datetime

from deliveries.search.find import SearchTooSlow
from reports.leaks.window import IN_WINDOW, Window, read

MINUTES = 10  # between a message and its repeat, at most
MAX_GROUPS = 50_000

# A campaign stands for all of its refIds, so another variant to the same recipient is a repeat as well.
SUBJECT = "CASE WHEN m.campaign_id > 0 THEN '' ELSE m.ref_id END"
HAS_SUBJECT = "m.recipient_key IS NOT NULL AND (m.campaign_id > 0 OR m.ref_id <> '')"
BEFORE = (
    f"lag(m.sent_at) OVER (PARTITION BY m.recipient_key, m.campaign_id, {SUBJECT} ORDER BY m.sent_at, m.message_id)"
)
IS_REPEAT = f"s.sent_at - s.before <= interval '{MINUTES} minutes'"
_REPEATS = f"""
SELECT s.campaign_id, s.ref_id, count(*), count(DISTINCT s.recipient_key), sum(s.parts)::bigint,
       min(s.sent_at), max(s.sent_at)
FROM (
    SELECT m.campaign_id, {SUBJECT} AS ref_id, m.recipient_key, m.parts, m.sent_at, {BEFORE} AS before
    FROM message m WHERE {IN_WINDOW} AND {HAS_SUBJECT}
) s WHERE {IS_REPEAT}
GROUP BY s.campaign_id, s.ref_id ORDER BY sum(s.parts) DESC, s.campaign_id, s.ref_id LIMIT %(limit)s
"""  # noqa: S608  constants of this module and of the window


@dataclass(frozen=True, slots=True)
class Repeats:
    """Repeated messages of a campaign, or of a refId without one; the first one to a recipient is not counted."""

    campaign_id: int
    ref_id: str
    messages: int
    recipients: int
    parts: int
    first: datetime
    last: datetime


def repeats(window: Window) -> list[Repeats]:
    """Return the repeated messages by campaign and refId, the dearest first. Raises SearchTooSlow."""
    rows = read(_REPEATS, window, limit=MAX_GROUPS + 1)
    if len(rows) > MAX_GROUPS:
        raise SearchTooSlow
    return [Repeats(*row) for row in rows]
