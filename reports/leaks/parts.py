"""Campaigns and variants whose messages have more parts from some minute on; their texts are not known."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from deliveries.models import CampaignCount, RetentionMark
from deliveries.search.find import SearchTooSlow
from reports.figures.rollups import named, sources, union_all
from reports.leaks.change_point import (
    MIN_MESSAGES,
    MIN_RATIO,
    ROUNDING,
    THRESHOLD,
    Minute,
    Rise,
    blocks_that_may_rise,
    find_rise,
)
from reports.leaks.window import IN_WINDOW, Window, read

_FARTHEST = timedelta(hours=14)  # of a customer's day from the one in UTC: the index by campaign begins near it
MAX_ROWS = 500_000  # minutes of all campaigns that may have a rise

# The counts of days tell on which days of which campaigns a rise may lie, the minutes of those days whether it does.
# Only campaigns that are left are read as a whole: most have none.
_DAYS = """
SELECT campaign_id, variant, day, sum(messages)::bigint, sum(parts)::bigint FROM ({rows}) c
GROUP BY campaign_id, variant, day HAVING sum(messages) > 0 ORDER BY campaign_id, variant, day
"""
_MINUTES_OF_DAYS = f"""
SELECT m.campaign_id, m.variant, m.day, count(*), sum(m.parts)::bigint
FROM unnest(%(campaigns)s::int[], %(days)s::date[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
    AS k (campaign_id, day, begins, ends)
JOIN message m ON m.campaign_id = k.campaign_id AND m.day = k.day AND m.sent_at >= k.begins AND m.sent_at <= k.ends
WHERE {IN_WINDOW}
GROUP BY m.campaign_id, m.variant, m.day, date_trunc('minute', m.sent_at)
ORDER BY m.campaign_id, m.variant, date_trunc('minute', m.sent_at)
"""  # noqa: S608  constants of the window
# Sums of minutes, far fewer rows than messages; and of these only campaigns with a minute that may be a rise. That is a
# condition of find_rise in SQL, with the spread of the messages alone: it leaves out nothing that find_rise reports.
_MINUTES = f"""
WITH minutes AS MATERIALIZED (
    SELECT m.campaign_id, m.variant, date_trunc('minute', m.sent_at) AS minute, count(*) AS messages,
           sum(m.parts)::bigint AS parts, sum(m.parts::int * m.parts)::bigint AS squares
    FROM message m WHERE {IN_WINDOW} AND m.campaign_id = ANY (%(campaigns)s)
    GROUP BY m.campaign_id, m.variant, minute
), scanned AS (
    SELECT campaign_id, variant, (sum(messages) OVER before - messages)::float8 AS n,
           (sum(parts) OVER before - parts)::float8 AS p, (sum(messages) OVER every)::float8 AS all_n,
           (sum(parts) OVER every)::float8 AS all_p, (sum(squares) OVER every)::float8 AS all_s
    FROM minutes
    WINDOW every AS (PARTITION BY campaign_id, variant),
        before AS (PARTITION BY campaign_id, variant ORDER BY minute ROWS UNBOUNDED PRECEDING)
), compared AS (
    SELECT *, p / nullif(n, 0) AS earlier, (all_p - p) / nullif(all_n - n, 0) AS later FROM scanned
    WHERE n >= {MIN_MESSAGES} AND all_n - n >= {MIN_MESSAGES}
), candidate AS MATERIALIZED (
    SELECT DISTINCT campaign_id, variant FROM compared
    CROSS JOIN LATERAL (SELECT (later - earlier) ^ 2 * n * (all_n - n) / all_n AS strength) s
    WHERE later >= earlier * {MIN_RATIO * ROUNDING} AND strength * (all_n - 2)
        >= {THRESHOLD**2 * ROUNDING} * (all_s - all_p ^ 2 / all_n - strength)
)
SELECT campaign_id, variant, minute, messages, parts, squares FROM minutes JOIN candidate USING (campaign_id, variant)
ORDER BY campaign_id, variant, minute LIMIT %(limit)s
"""  # noqa: S608  constants of this module, of the scan and of the window


@dataclass(frozen=True, slots=True)
class PartsRise:
    """A campaign, one of its variants ('' for none), and the rise."""

    campaign_id: int
    variant: str
    rise: Rise


def parts_rises(window: Window) -> list[PartsRise]:
    """Return the campaigns whose parts per message rose, the dearest first. Raises SearchTooSlow."""
    campaigns = _campaigns_that_may_rise(window)
    if not campaigns:
        return []
    rows = read(_MINUTES, window, campaigns=campaigns, limit=MAX_ROWS + 1)
    if len(rows) > MAX_ROWS:
        raise SearchTooSlow
    found = []
    for (campaign_id, variant), of_it in groupby(rows, key=itemgetter(0, 1)):
        rise = find_rise([Minute(*row[2:]) for row in of_it])
        if rise is not None:
            found.append(PartsRise(campaign_id, variant, rise))
    return sorted(found, key=lambda one: (-one.rise.extra_parts, one.campaign_id, one.variant))


_Days = dict[tuple[int, str], dict[date, list[tuple[int, int]]]]  # by campaign and variant: messages and parts


def _campaigns_that_may_rise(window: Window) -> list[int]:
    """Return the campaigns of which a variant may have a rise."""
    days = _counted_days(window)
    wanted: set[tuple[int, date]] = set()
    left: set[tuple[int, str]] = set()
    for key, of_it in days.items():
        order = list(of_it)
        if found := blocks_that_may_rise([block for blocks in of_it.values() for block in blocks]):
            left.add(key)
            wanted |= {(key[0], order[position]) for position in found}
    if not left:
        return []
    for key, by_day in _minutes_of(window, wanted).items():
        days.setdefault(key, {}).update(by_day)
    return sorted(
        {key[0] for key in left if blocks_that_may_rise([block for blocks in days[key].values() for block in blocks])}
    )


def _counted_days(window: Window) -> _Days:
    """Return each day that still has messages as one block, from the counts."""
    mark = RetentionMark.objects.filter(tenant_id=window.tenant_id).values_list("messages_before", flat=True).first()
    counts = sources(
        CampaignCount,
        tenant_ids=[window.tenant_id],
        first=max(window.first, mark or window.first),
        last=window.last,
        columns={"campaign_id", "variant"},
        by_day=True,
    )
    names = ("campaign_id", "variant", "day", "messages", "parts")
    values: dict[str, Any] = {}
    rows = named(union_all([one.filter(campaign_id__gt=0).values(*names) for one in counts]), values)
    found: _Days = {}
    for campaign_id, variant, day, messages, parts in read(_DAYS.format(rows=rows), window, **values):
        found.setdefault((campaign_id, variant), {})[day] = [(messages, parts)]
    return found


def _minutes_of(window: Window, wanted: Collection[tuple[int, date]]) -> _Days:
    """Return the minutes of these days of campaigns."""
    campaigns, days = zip(*sorted(wanted), strict=True)
    midnights = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    values = {
        "campaigns": list(campaigns),
        "days": list(days),
        "begins": [midnight - _FARTHEST for midnight in midnights],
        "ends": [midnight + timedelta(days=1) + _FARTHEST for midnight in midnights],
    }
    found: _Days = {}
    for campaign_id, variant, day, messages, parts in read(_MINUTES_OF_DAYS, window, **values):
        found.setdefault((campaign_id, variant), {}).setdefault(day, []).append((messages, parts))
    return found
