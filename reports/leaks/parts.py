"""Campaigns and variants whose messages have more parts from some minute on; their texts are not known."""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from deliveries.search.find import SearchTooSlow
from reports.leaks.change_point import MIN_MESSAGES, MIN_RATIO, THRESHOLD, Minute, Rise, find_rise
from reports.leaks.window import IN_WINDOW, Window, read

MAX_ROWS = 500_000  # minutes of all campaigns that may have a rise
ROUNDING = 0.999  # SQL and Python add up in another order

# Sums of minutes, far fewer rows than messages; and of these only campaigns with a minute that may be a rise. That is a
# condition of find_rise in SQL, with the spread of the messages alone: it leaves out nothing that find_rise reports.
_MINUTES = f"""
WITH minutes AS MATERIALIZED (
    SELECT m.campaign_id, m.variant, date_trunc('minute', m.sent_at) AS minute, count(*) AS messages,
           sum(m.parts)::bigint AS parts, sum(m.parts::int * m.parts)::bigint AS squares
    FROM message m WHERE {IN_WINDOW} AND m.campaign_id > 0
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
    rows = read(_MINUTES, window, limit=MAX_ROWS + 1)
    if len(rows) > MAX_ROWS:
        raise SearchTooSlow
    found = []
    for (campaign_id, variant), of_it in groupby(rows, key=itemgetter(0, 1)):
        rise = find_rise([Minute(*row[2:]) for row in of_it])
        if rise is not None:
            found.append(PartsRise(campaign_id, variant, rise))
    return sorted(found, key=lambda one: (-one.rise.extra_parts, one.campaign_id, one.variant))
