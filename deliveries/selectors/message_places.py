"""Where the messages that a search looks for can lie at all, told by the counts: which days, hours and states.

The index of the newest messages serves every filter that leaves most messages in. For one that leaves few, it would be
read for months; the counts know in which days there is something, and of what state.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from deliveries.dialects.codes import DELIVERED
from deliveries.selectors.message_filters import MessageQuery
from deliveries.services.stored import OTHER_PARTNER_IDS

MARGIN = timedelta(hours=14)  # no zone is further from UTC
DENSE = 4  # days (or hours) that hold a whole page are few enough to be read through

# For each tenant the days (hours) nearest to the page's edge that have such messages. Sealed days have none any more.
_DAYS = """
SELECT found.day, sum(found.n)::bigint, array_agg(DISTINCT status)
FROM unnest(%(tenants)s::int[]) AS t (id) CROSS JOIN LATERAL (
    SELECT c.day, sum(c.messages) AS n, array_agg(DISTINCT c.status) AS statuses FROM daily_count c
    WHERE {where} AND c.day >= coalesce(
        (SELECT r.messages_before FROM retention_mark r WHERE r.tenant_id = t.id), '-infinity')
    GROUP BY c.tenant_id, c.day HAVING sum(c.messages) > 0 ORDER BY c.day {order} LIMIT %(most)s
) AS found CROSS JOIN unnest(found.statuses) AS status GROUP BY found.day, found.n
"""
_HOURS = """
SELECT found.hour, sum(found.n)::bigint
FROM unnest(%(tenants)s::int[]) AS t (id) CROSS JOIN LATERAL (
    SELECT c.hour, sum(c.messages) AS n FROM hour_count c
    WHERE {where} AND c.hour >= %(from)s AND c.hour < %(to)s
    GROUP BY c.tenant_id, c.hour HAVING sum(c.messages) > 0 ORDER BY c.hour {order} LIMIT %(most)s
) AS found GROUP BY found.hour
"""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time [begin, end) that may hold matching messages of the days `first` to `last` (a tenant's own)."""

    begin: datetime
    end: datetime
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look. `windows` None: everywhere; [] nowhere. `statuses` are all that the messages can have.

    The first page from the edge lies within `until`, the furthest day to look at (None: all days).
    """

    windows: list[Window] | None = None
    statuses: tuple[str, ...] = ()
    until: date | None = None


def find_places(query: MessageQuery, *, edge: date | None, backwards: bool, size: int) -> Places:
    """Return where the `size` matching messages next to `edge` lie (None: from the newest), by the counts.

    `backwards` looks for newer ones. An index of their own serves numbers, refIds, ids and campaigns; a variant and what
    is over the limit of PPIDs are not counted by day.
    """
    has_index = query.number or query.ref_id or query.ref_id_prefix or query.message_id or query.campaign
    narrows = query.country or query.operator or query.statuses or query.result_code is not None or query.account_id
    if has_index or query.campaign_id is not None or query.variant or query.partner_id or not narrows:
        return Places()
    # A few more: days at the edge may hold messages beyond it alone.
    values = {"tenants": sorted(query.tenant_ids), "most": size + 3}
    days = _days(query, edge, backwards, values)
    statuses = tuple(sorted({status for _, _, found in days for status in found}))
    if not days:
        return Places(windows=[])
    if _holds(days, size):
        cut = len(days) >= values["most"]
        return Places(statuses=statuses, until=days[-1][0] if cut else None)
    windows = [Window(*_bounds(day), day, day) for day, _, _ in days]
    by_hour = {"country", "operator"} if query.result_code is None and query.account_id is None else set()
    if DELIVERED in statuses and any(getattr(query, name) for name in by_hour):
        windows = _hours(query, windows, backwards, values | {"most": 25 * values["most"]})
    return Places(windows=windows, statuses=statuses)
