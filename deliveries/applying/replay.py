"""Replay of raw rows. It is safe by design: order and repetition do not matter.

Used after a bug of ours (a fixed parser) or a loss (a table restored empty). Quarantined rows have a replay of their
own.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from deliveries.applying import accounting, import_counts
from deliveries.counts import feed_counts
from deliveries.counts.feed_counts import hour_of
from portal.accounts.models import record
from portal.tenants.models import Feed

CHUNK = 20_000  # rows in one transaction

_PUT = """
WITH chosen AS (
    SELECT i.slice, i.id, i.received_at, i.import_run_id FROM inbox i
    WHERE i.received_at >= %(start)s AND i.received_at < %(end)s AND i.feed_id = %(feed)s AND i.id > %(after)s
    AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.inbox_id = i.id AND q.state <> 'replayed')
    ORDER BY i.id LIMIT %(limit)s
), put AS (
    INSERT INTO inbox_todo (slice, id, received_at) SELECT slice, id, received_at FROM chosen
    ON CONFLICT DO NOTHING RETURNING id
)
SELECT (SELECT count(*) FROM put), (SELECT max(id) FROM chosen), pg_notify('inbox', ''),
    (SELECT array_agg(import_run_id) FROM put JOIN chosen USING (id) WHERE import_run_id IS NOT NULL)
"""


def replay_inbox(
    *,
    start: datetime,
    end: datetime,
    feed: Feed | None = None,
    actor: str,
    progress: Callable[[int], None] = lambda rows: None,
) -> int:
    """Put the raw rows received in [start, end) on the to-do list (by this feed alone, or by all); return how many.

    Rows that wait already are passed over. Stopped, it is simply started again.
    """
    feeds = [feed] if feed else list(Feed.objects.order_by("id"))
    total = 0
    for first in _hours(start, end):
        last = min(first + timedelta(hours=1), end)
        for one_feed in feeds:
            total += _replay_hour(max(first, start), last, one_feed.id, progress)
    with transaction.atomic():
        details = {"from": start.isoformat(), "to": end.isoformat(), "rows": total}
        record("inbox.replay", actor=actor, subject=str(feed or ""), details=details)
    return total


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    with connection.cursor() as cursor:  # not every hour since 1970
        cursor.execute(
            "SELECT min(received_at), max(received_at) FROM inbox WHERE received_at >= %s AND received_at < %s",
            [start, end],
        )
        first, last = cursor.fetchone()
    hour = hour_of(first) if first else end
    while first and hour <= last:
        yield hour
        hour += timedelta(hours=1)


def _replay_hour(start: datetime, end: datetime, feed_id: int, progress: Callable[[int], None]) -> int:
    """Replay one feed's rows within one hour.

    Rows of the hour that were never counted (a restored table's) are now for the first time; only the others count
    as replayed, so that the hour's balance holds (deliveries/applying/accounting.py).
    """
    hour, total, after = hour_of(start), 0, 0
    before = accounting.balances_between(hour, hour + timedelta(hours=1))
    uncounted = max(sum(balance.missing for balance in before if balance.feed_id == feed_id), 0)
    parameters: dict[str, Any] = {"start": start, "end": end, "feed": feed_id, "limit": CHUNK}
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_PUT, parameters | {"after": after})
            put, seen, _notified, of_imports = cursor.fetchone()
            first_time = min(put, uncounted)
            feed_counts.add_replayed(feed_id, hour, put - first_time)
            import_counts.add_replayed(of_imports or [])
        if seen is None:
            return total
        uncounted, total, after = uncounted - first_time, total + put, seen
        progress(put)
