"""Refused requests of the last day by feed, and the feeds that are being refused (deliveries/ingest/refusals.py).

The rule for a feed: its refusals reach over its shortest duration or more, and the last one is no older than MAX_GAP.
Refusals that are further apart than MAX_GAP belong to two stretches. How often a gateway tries again is not known, so
that MAX_GAP is long.

The shortest duration is a part of the gateway's patience (docs/dialects.md), as a gateway that gives up early loses
reports early: LONGEST_WAIT for one that tries for 48 hours, 5 minutes for one that tries for 4.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from deliveries.counts.feed_counts import hour_of
from deliveries.dialects.registry import DIALECTS

LONGEST_WAIT = timedelta(minutes=10)
WAIT_SHARE = 48  # of the patience
MAX_GAP = timedelta(hours=1)
SHOWN_HOURS = 24

_ROWS = """
SELECT c.feed_id, coalesce(a.name || '/' || f.name, ''), coalesce(f.dialect, ''), c.reason, c.refusals,
    c.first_at, c.last_at
FROM refusal_count c
LEFT JOIN tenants_feed f ON f.id = c.feed_id LEFT JOIN tenants_gatewayaccount a ON a.id = f.account_id
WHERE c.hour > %s ORDER BY 2, c.feed_id, c.reason, c.first_at
"""


@dataclass(frozen=True, slots=True)
class RefusalTotal:
    """Number of rejections of a feed for one reason in the last day; `feed` is account/feed, '' for an unknown feed."""

    feed_id: int
    feed: str
    reason: str
    refusals: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedFeed:
    """A known feed that is being refused, since when, and by which reasons how often since."""

    feed_id: int
    feed: str
    since: datetime
    last_at: datetime
    reasons: dict[str, int]
    patience: timedelta  # of its gateway


@dataclass(frozen=True, slots=True)
class Refusals:
    """The last day's refusals by feed and reason, and the feeds that are being refused."""

    day: list[RefusalTotal]
    feeds: list[RefusedFeed]


def refusals(*, now: datetime) -> Refusals:
    """Return what was refused at the door until `now`, by one query."""
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [hour_of(now) - timedelta(hours=SHOWN_HOURS)])
        rows = cursor.fetchall()
    day: dict[tuple, RefusalTotal] = {}
    of_feeds: dict[tuple[int, str, str], list[tuple]] = defaultdict(list)
    for feed_id, feed, dialect, reason, number, first_at, last_at in rows:
        before = day.get((feed_id, reason))
        total = number + (before.refusals if before else 0)
        day[feed_id, reason] = RefusalTotal(feed_id, feed, reason, total, last_at)
        if feed:
            of_feeds[feed_id, feed, dialect].append((first_at, last_at, reason, number))
    found = [
        _refused_feed(feed_id, feed, stretches, patience=DIALECTS[dialect].patience, now=now)
        for (feed_id, feed, dialect), stretches in of_feeds.items()
    ]
    return Refusals(list(day.values()), [feed for feed in found if feed is not None])


def shortest_duration(patience: timedelta) -> timedelta:
    """Return how long a gateway of this patience is refused before it is an alarm."""
    return min(LONGEST_WAIT, patience / WAIT_SHARE)


def _refused_feed(
    feed_id: int, feed: str, stretches: list[tuple], *, patience: timedelta, now: datetime
) -> RefusedFeed | None:
    """Return the feed if the newest of its stretches of refusals is long and not over."""
    since = last = None
    reasons: dict[str, int] = {}
    for first_at, last_at, reason, number in sorted(stretches):
        if last is None or first_at - last > MAX_GAP:
            since, last, reasons = first_at, last_at, {}
        last = max(last, last_at)
        reasons[reason] = reasons.get(reason, 0) + number
    if now - last > MAX_GAP or last - since < shortest_duration(patience):
        return None
    return RefusedFeed(feed_id, feed, since, last, reasons, patience)
