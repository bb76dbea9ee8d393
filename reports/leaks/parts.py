"""Campaigns and variants whose messages have more parts from some minute on; their texts are not known."""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from deliveries.search.find import SearchTooSlow
from reports.leaks.change_point import Minute, Rise, find_rise
from reports.leaks.window import IN_WINDOW, Window, read

MAX_ROWS = 500_000  # minutes of all campaigns

# Sums of minutes: far fewer rows than messages.
_MINUTES = f"""
SELECT m.campaign_id, m.variant, date_trunc('minute', m.sent_at) AS minute, count(*), sum(m.parts)::bigint,
       sum(m.parts::int * m.parts)::bigint
FROM message m WHERE {IN_WINDOW} AND m.campaign_id > 0
GROUP BY m.campaign_id, m.variant, minute ORDER BY m.campaign_id, m.variant, minute LIMIT %(limit)s
"""  # noqa: S608  constants of the window


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
