"""Uses the count tables to find the days, quarter hours and statuses that can contain matches.

The index of the newest messages serves every filter that matches most messages. For a filter that matches few, it would
be read for months; the counts know when there were matches, and with which status.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from deliveries.dialects.codes import DELIVERED
from deliveries.messages.row import OTHER_LABEL
from deliveries.search.day_bounds import bounds_of
from deliveries.search.query import MessageQuery, days_around

_DAY, _QUARTER = timedelta(days=1), timedelta(minutes=15)
_MAX_WHOLE_DAYS = 4  # so many days together are read through as they are

# For each tenant the days next to the page's edge that have such messages. Sealed ones have none any more.
_DAYS = """
SELECT found.day, sum(found.n)::bigint, array_agg(found.statuses)
FROM unnest(%(tenants)s::int[], %(campaigns)s::int[]) AS t (id, campaign_id) CROSS JOIN LATERAL (
    SELECT c.day, sum(c.messages) AS n, string_agg(DISTINCT c.status, ' ') AS statuses FROM {table} c
    WHERE c.tenant_id = t.id AND {where} AND c.day >= coalesce(
        (SELECT r.messages_before FROM retention_mark r WHERE r.tenant_id = t.id), '-infinity')
    GROUP BY c.day HAVING sum(c.messages) > 0 ORDER BY c.day {order} LIMIT %(most)s
) AS found GROUP BY found.day ORDER BY found.day {order}
"""
# Sealed ones would take the places of others within the limit.
_QUARTERS = """
SELECT DISTINCT c.quarter
FROM unnest(%(tenants)s::int[]) AS t (id)
CROSS JOIN unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS w (begins, ends)
CROSS JOIN LATERAL (
    SELECT c.quarter FROM hour_count c
    WHERE c.tenant_id = t.id AND c.quarter >= w.begins AND c.quarter < w.ends AND {where} AND c.quarter >= coalesce(
        (SELECT r.hours_before FROM retention_mark r WHERE r.tenant_id = t.id), '-infinity')
    GROUP BY c.quarter HAVING sum(c.messages) > 0
) AS c ORDER BY c.quarter {order} LIMIT %(most)s
"""
_ANY_OTHER = """
SELECT EXISTS (SELECT 1 FROM daily_count c WHERE c.tenant_id = ANY (%(tenants)s) AND c.partner_id = %(other)s)
"""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time [begin, end) in which there are matching messages, of a tenant's days `first` to `last`."""

    begin: datetime
    end: datetime
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class SearchArea:
    """Possible places of matches.

    `windows` is None for everywhere and [] for nowhere. `statuses` are those of the messages (empty: any).
    """

    windows: list[Window] | None = None
    statuses: tuple[str, ...] = ()


def area_from_counts(
    query: MessageQuery,
    within: list[tuple[int, int | None]],
    *,
    at: datetime | None,
    backwards: bool,
    size: int,
) -> SearchArea:
    """Return where the `size` matching messages next to `at` are (None: the newest), as far as the counts know it.

    `within` are the tenants with their campaigns; `backwards` looks for newer ones. Nothing is counted by numbers,
    refIds, ids, custom parameters, the time to the phone and the hour, nor by campaign together with a PPID, nor by
    variant without a campaign.
    """
    of_campaign = any(campaign is not None for _, campaign in within)
    uncounted = bool(query.number or query.numbers or query.ref_id or query.ref_id_prefix or query.message_id)
    uncounted = uncounted or bool(query.parameters) or query.delivered_within is not None or query.hour is not None
    if query.partner_id:
        uncounted = uncounted or of_campaign or not _counts_partners(query)
    if uncounted or (query.variant and not of_campaign):
        return SearchArea(statuses=query.statuses)
    days = _days(query, within, at, backwards, size)
    statuses = tuple(sorted({status for _, _, found in days for words in found for status in words.split()}))
    if not days:
        return SearchArea(windows=[])
    near = _days_of_page(days, at, size)
    bounds = bounds_of(query.tenant_ids)
    windows = merge_windows(Window(*bounds(day, day), day, day) for day in near)
    is_by_quarter = query.result_code is None and not of_campaign and not query.partner_id
    if len(near) > _MAX_WHOLE_DAYS and DELIVERED in statuses and is_by_quarter:
        windows = merge_windows(_quarters(query, windows, at, backwards, size))
    return SearchArea(windows=windows, statuses=statuses)


def _counts_partners(query: MessageQuery) -> bool:
    """Say whether every message of the PPID is counted as its own: none of these tenants went over the limit of PPIDs.

    A message that did is counted as `(other)`, whichever PPID it has.
    """
    if query.partner_id == OTHER_LABEL:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_ANY_OTHER, {"tenants": sorted(query.tenant_ids), "other": OTHER_LABEL})
        return not cursor.fetchone()[0]


def _days(
    query: MessageQuery, within: list[tuple[int, int | None]], at: datetime | None, backwards: bool, size: int
) -> list[tuple[date, int, list[str]]]:
    where, values = _conditions(query)
    table = "daily_count"
    if any(campaign is not None for _, campaign in within):
        table = "campaign_count"
        where.append("c.campaign_id = t.campaign_id")
        if query.variant:
            where.append("c.variant = %(variant)s")
    if query.partner_id:
        where.append("c.partner_id = %(partner)s")
    first, last = days_around(query)
    if first is not None:
        where.append("c.day >= %(first)s")
    if last is not None:
        where.append("c.day <= %(last)s")
    if at is not None:
        where.append("c.day >= %(edge)s" if backwards else "c.day <= %(edge)s")
        values["edge"] = at.date() + (-_DAY if backwards else _DAY)
    if query.result_code is not None:
        where.append("c.result_code = %(code)s")
    # The three days around the edge may have nothing on the page's side of it.
    values |= {"first": first, "last": last, "code": query.result_code}
    values |= {"variant": query.variant, "partner": query.partner_id}
    values |= {"tenants": [tenant for tenant, _ in within], "campaigns": [campaign for _, campaign in within]}
    return _fetch(_DAYS, where, values | {"most": size + 4}, backwards, table=table)


def _days_of_page(days: list[tuple[date, int, list[str]]], at: datetime | None, size: int) -> list[date]:
    """Return the days that surely hold the page: two more than have as many messages beyond the edge."""
    seen = 0
    for index, (day, messages, _) in enumerate(days):
        if at is None or abs(day - at.date()) > _DAY:
            seen += messages
        if seen > size:
            return [day for day, _, _ in days[: index + 3]]  # a day of another tenant's zone may reach further
    return [day for day, _, _ in days]


def _quarters(
    query: MessageQuery, windows: list[Window], at: datetime | None, backwards: bool, size: int
) -> list[Window]:
    where, values = _conditions(query)
    if at is not None:
        where.append("c.quarter > %(at)s" if backwards else "c.quarter <= %(at)s")
        values["at"] = at - _QUARTER if backwards else at
    values |= {
        "begins": [window.begin for window in windows],
        "ends": [window.end for window in windows],
        "most": size + 3,  # the quarter of the edge may have nothing beyond it; windows may hold one another's quarters
    }
    found = [begin.astimezone(UTC) for (begin,) in _fetch(_QUARTERS, where, values, backwards)]
    return [Window(begin, begin + _QUARTER, begin.date() - _DAY, begin.date() + _DAY) for begin in found]


def _conditions(query: MessageQuery) -> tuple[list[str], dict]:
    where = ["true"]
    values: dict[str, Any] = {"tenants": sorted(query.tenant_ids)}
    if query.country:
        where.append("c.country = %(country)s")
        values["country"] = query.country
    if query.operator:
        where.append("c.operator = %(operator)s")
        values["operator"] = query.operator
    if query.account_id is not None:
        where.append("c.account_id = %(account)s")
        values["account"] = query.account_id
    if query.statuses:
        where.append("c.status = ANY (%(statuses)s)")
        values["statuses"] = list(query.statuses)
    return where, values


def _fetch(sql: str, where: list[str], values: dict, backwards: bool, *, table: str = "") -> list[tuple]:
    order = "ASC" if backwards else "DESC"
    with connection.cursor() as cursor:
        cursor.execute(sql.format(where=" AND ".join(where), order=order, table=table), values)
        return cursor.fetchall()


def merge_windows(windows: Iterable[Window]) -> list[Window]:
    """Return the windows in order, with touching ones joined: no message is in two of them."""
    result: list[Window] = []
    for window in sorted(windows, key=lambda w: w.begin):
        if result and window.begin <= result[-1].end:
            last = result.pop()
            window = Window(last.begin, max(last.end, window.end), last.first, max(last.last, window.last))
        result.append(window)
    return result
