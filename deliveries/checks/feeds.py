"""Received reports of each feed, compared with the usual number.

Also finds silent feeds (deliveries/checks/silent_feeds.py) and feeds with more unreadable rows than usual
(deliveries/checks/quarantine_jump.py). Reads the hourly counts only: at most a thousand small rows for a feed, whatever
the traffic.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from deliveries.checks import quarantine_jump, silent_feeds
from deliveries.checks.quarantine_jump import Jump
from deliveries.checks.silent_feeds import HOUR, Silence
from deliveries.counts.feed_counts import hour_of
from deliveries.dialects.registry import DIALECTS

DAY = timedelta(days=1)

# For each active feed of delivery reports its first and its last hour with any, then the hours that the rule looks at.
_HOURS = """
WITH feeds AS (
    SELECT f.id, f.name, f.dialect, a.name AS account,
        (SELECT c.hour FROM ingest_count c WHERE c.feed_id = f.id ORDER BY c.hour LIMIT 1) AS first,
        (SELECT c.hour FROM ingest_count c WHERE c.feed_id = f.id AND c.received > 0 ORDER BY c.hour DESC LIMIT 1)
            AS last
    FROM tenants_feed f JOIN tenants_gatewayaccount a ON a.id = f.account_id WHERE f.active AND f.kind = 'reports'
)
SELECT feeds.id, feeds.account, feeds.name, feeds.dialect, feeds.first, c.hour, c.received,
    c.quarantined
FROM feeds LEFT JOIN ingest_count c ON c.feed_id = feeds.id AND c.hour >= feeds.last - interval '29 days'
ORDER BY feeds.account, feeds.name, feeds.id, c.hour
"""


@dataclass(frozen=True, slots=True)
class FeedRate:
    """Received reports of a feed: in the running hour, the last full hour and 24 hours, and usually in such 24 hours.

    `usual` is the median of the same 24 hours of the last four weeks, None if no week is known yet.
    """

    feed_id: int
    name: str  # account/feed
    this_hour: int
    last_hour: int
    last_day: int
    usual: float | None
    silence: Silence
    patience: timedelta  # of its gateway
    quarantined: int = 0  # of the last 24 full hours and the running one, as is `applied`
    applied: int = 0
    jump: Jump | None = None

    @property
    def is_mostly_unreadable(self) -> bool:
        """Return whether most rows of the last day are in quarantine: then `received` alone looks too good."""
        return self.quarantined * 2 > self.applied


def feed_rates(*, now: datetime, counted_until: datetime) -> list[FeedRate]:
    """Return the rates of all active feeds by name, by one query.

    Reports are counted when they are applied: before `counted_until` (portal/tenants/waiting.py) none is missing.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOURS)
        rows = cursor.fetchall()
    received: dict[int, dict[datetime, int]] = defaultdict(dict)
    quarantined: dict[int, dict[datetime, int]] = defaultdict(dict)
    feeds = {}
    for feed_id, account, name, dialect, first, hour, count, unread in rows:
        feeds[feed_id] = (f"{account}/{name}", DIALECTS[dialect].patience, first)
        if hour is not None:
            received[feed_id][hour], quarantined[feed_id][hour] = count, unread
    return [
        _rate(
            feed_id,
            name,
            patience,
            received[feed_id],
            quarantined[feed_id],
            first,
            now=now,
            counted_until=counted_until,
        )
        for feed_id, (name, patience, first) in feeds.items()
    ]


def _rate(
    feed_id: int,
    name: str,
    patience: timedelta,
    received: dict[datetime, int],
    quarantined: dict[datetime, int],
    first: datetime | None,
    *,
    now: datetime,
    counted_until: datetime,
) -> FeedRate:
    this_hour = hour_of(now)
    usual = silent_feeds.usual_count(received, first=first, start=this_hour - DAY, end=this_hour) if first else None
    last_day = quarantine_jump.RowCounts.of(received, quarantined, start=this_hour - DAY, end=this_hour + HOUR)
    return FeedRate(
        feed_id=feed_id,
        name=name,
        this_hour=received.get(this_hour, 0),
        last_hour=received.get(this_hour - HOUR, 0),
        last_day=round(silent_feeds.count_between(received, start=this_hour - DAY, end=this_hour)),
        usual=usual,
        silence=silent_feeds.assess_feed(received, first=first, until=counted_until, patience=patience),
        patience=patience,
        quarantined=last_day.quarantined,
        applied=last_day.received,
        jump=quarantine_jump.find_jump(received, quarantined, this_hour=this_hour),
    )
