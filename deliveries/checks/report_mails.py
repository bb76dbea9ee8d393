"""Mails of reports that wait too long or whose outcome nobody knows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

WAITS_TOO_LONG = timedelta(hours=1)
UNKNOWN_FOR = timedelta(days=7)  # after that nobody sends one again

# By name: the table is of reports, which are above this package. One that was sent again counts no more.
_WRONG = """
SELECT count(*) FILTER (WHERE m.state IN ('waiting', 'sending')), count(*) FILTER (WHERE m.state = 'unknown')
FROM report_mail m
WHERE (m.state IN ('waiting', 'sending') AND m.created_at < %(waiting)s)
OR (m.state = 'unknown' AND m.created_at > %(unknown)s AND NOT EXISTS (
    SELECT FROM report_mail again WHERE again.run_id = m.run_id AND again.kind = m.kind AND again.number > m.number
    AND again.recipient_id IS NOT DISTINCT FROM m.recipient_id AND again.user_id IS NOT DISTINCT FROM m.user_id))
"""


@dataclass(frozen=True, slots=True)
class WrongMails:
    """Numbers of mails that are not as they should be."""

    waiting: int
    unknown: int


def wrong_mails(*, now: datetime) -> WrongMails:
    """Count the mails that wait for over an hour, and those of the last days whose outcome is unknown."""
    with connection.cursor() as cursor:
        cursor.execute(_WRONG, {"waiting": now - WAITS_TOO_LONG, "unknown": now - UNKNOWN_FOR})
        return WrongMails(*cursor.fetchone())
