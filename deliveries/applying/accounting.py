"""Checks that every received row is accounted for: compares raw rows with the results, by feed and hour.

    raw rows + erased + replayed = received + waiting
    received = reports + submissions + duplicates + quarantined + events of other channels

hold in every snapshot: a row comes with its to-do entry, and is counted in the transaction that takes that away.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext_noop as _

from deliveries.counts.feed_counts import hour_of
from deliveries.models import RetentionMark
from portal.common.database import snapshot
from portal.common.kept_text import KeptText

# Waiting rows whose raw row is gone stand without a feed: feed 0.
_BALANCE = """
WITH raw AS (
    SELECT feed_id, date_trunc('hour', received_at, 'UTC') AS hour, count(*) AS n
    FROM inbox WHERE received_at >= %(start)s AND received_at < %(end)s GROUP BY 1, 2
), waiting AS (
    SELECT coalesce(i.feed_id, 0) AS feed_id, date_trunc('hour', t.received_at, 'UTC') AS hour, count(*) AS n
    FROM inbox_todo t LEFT JOIN inbox i ON i.received_at = t.received_at AND i.id = t.id
        AND i.received_at >= %(start)s AND i.received_at < %(end)s
    WHERE t.received_at >= %(start)s AND t.received_at < %(end)s GROUP BY 1, 2
), aside AS (
    SELECT feed_id, date_trunc('hour', received_at, 'UTC') AS hour, count(*) AS n
    FROM quarantine WHERE received_at >= %(start)s AND received_at < %(end)s AND state <> 'replayed' GROUP BY 1, 2
), counted AS (SELECT * FROM ingest_count WHERE hour >= %(start)s AND hour < %(end)s)
SELECT feed_id, coalesce(a.name || '/' || f.name, 'no raw row'), hour, coalesce(raw.n, 0), coalesce(waiting.n, 0),
    coalesce(aside.n, 0), coalesce(c.received, 0), coalesce(c.reports, 0), coalesce(c.duplicates, 0),
    coalesce(c.quarantined, 0), coalesce(c.replayed, 0), coalesce(c.submissions, 0), coalesce(c.erased, 0),
    coalesce(c.other_channels, 0)
FROM raw FULL JOIN waiting USING (feed_id, hour) FULL JOIN aside USING (feed_id, hour)
    FULL JOIN counted c USING (feed_id, hour)
    LEFT JOIN tenants_feed f ON f.id = feed_id LEFT JOIN tenants_gatewayaccount a ON a.id = f.account_id
ORDER BY hour, 2
"""


# by whether rows are missing (else too many), and whether some were erased
_LOST = {
    (True, True): _(
        "%(raw)s raw rows, %(erased)s erased and %(replayed)s replayed, but %(applied)s applied and %(waiting)s"
        " waiting: %(lost)s missing"
    ),
    (True, False): _(
        "%(raw)s raw rows and %(replayed)s replayed, but %(applied)s applied and %(waiting)s waiting: %(lost)s missing"
    ),
    (False, True): _(
        "%(raw)s raw rows, %(erased)s erased and %(replayed)s replayed, but %(applied)s applied and %(waiting)s"
        " waiting: %(lost)s too many"
    ),
    (False, False): _(
        "%(raw)s raw rows and %(replayed)s replayed, but %(applied)s applied and %(waiting)s waiting: %(lost)s too many"
    ),
}
_UNEQUAL_WITH_OTHERS = _(
    "%(applied)s applied, but %(reports)s reports, %(submissions)s submissions, %(duplicates)s duplicates,"
    " %(quarantined)s quarantined and %(others)s of other channels"
)
# by whether there are submissions
_UNEQUAL = {
    True: _(
        "%(applied)s applied, but %(reports)s reports, %(submissions)s submissions, %(duplicates)s duplicates and"
        " %(quarantined)s quarantined"
    ),
    False: _("%(applied)s applied, but %(reports)s reports, %(duplicates)s duplicates and %(quarantined)s quarantined"),
}
_IN_QUARANTINE = _("%(quarantined)s counted as quarantined, but %(in_quarantine)s in quarantine")


@dataclass(frozen=True, slots=True)
class Balance:
    """One feed's hour (UTC), in rows; `feed` is account/feed."""

    feed_id: int
    feed: str
    hour: datetime
    raw: int
    waiting: int
    in_quarantine: int
    received: int
    reports: int
    duplicates: int
    quarantined: int
    replayed: int
    submissions: int = 0
    erased: int = 0
    other_channels: int = 0

    @property
    def missing(self) -> int:
        """Return how many raw rows were neither applied nor wait; below 0 for too many that were."""
        return self.raw + self.erased + self.replayed - self.received - self.waiting

    @property
    def problems(self) -> list[str]:
        """Return what does not add up, in words."""
        found: list[KeptText] = []
        numbers = {
            "raw": self.raw,
            "erased": self.erased,
            "replayed": self.replayed,
            "applied": self.received,
            "waiting": self.waiting,
            "reports": self.reports,
            "submissions": self.submissions,
            "duplicates": self.duplicates,
            "quarantined": self.quarantined,
            "in_quarantine": self.in_quarantine,
            "others": self.other_channels,
            "lost": abs(self.missing),
        }
        if self.missing:
            found.append(KeptText(_LOST[self.missing > 0, bool(self.erased)], **numbers))
        results = self.reports + self.submissions + self.duplicates + self.quarantined + self.other_channels
        if self.received != results:
            text = _UNEQUAL_WITH_OTHERS if self.other_channels else _UNEQUAL[bool(self.submissions)]
            found.append(KeptText(text, **numbers))
        if self.quarantined != self.in_quarantine:
            found.append(KeptText(_IN_QUARANTINE, **numbers))
        hour = f"{self.hour:%Y-%m-%d %H}:00"
        return [KeptText(_("%(feed)s, %(hour)s UTC: %(text)s"), feed=self.feed, hour=hour, text=text) for text in found]


def balances(*, now: datetime, hours: int = 3) -> list[Balance]:
    """Return the balance of each feed and hour, from `hours` ago (the running hour is the first) until now."""
    start = hour_of(now.astimezone(UTC)) - timedelta(hours=hours - 1)
    taken = RetentionMark.objects.aggregate(day=Max("raw_before"))["day"]
    if taken is not None:  # of older days there may be no raw rows any more
        start = max(start, datetime.combine(taken, time(), UTC))
    return balances_between(start, now + timedelta(days=1))


def balances_between(start: datetime, end: datetime) -> list[Balance]:
    """Return the balance of each feed and hour of [start, end), both on the hour."""
    with snapshot(), connection.cursor() as cursor:
        cursor.execute(_BALANCE, {"start": start, "end": end})
        return [Balance(*row) for row in cursor.fetchall()]


def find_losses(*, now: datetime, hours: int = 3) -> list[str]:
    """Return what does not add up, a line each."""
    return [text for balance in balances(now=now, hours=hours) for text in balance.problems]
