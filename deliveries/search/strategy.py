"""Chooses a query plan for a search, and falls back to the next one until the page is full."""

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from deliveries.dialects.codes import DELIVERED
from deliveries.search import sql
from deliveries.search.count_index import SearchArea, Window, area_from_counts, merge_windows
from deliveries.search.day_bounds import bounds_of
from deliveries.search.ref_id_prefix import MAX_REF_IDS, messages_of_ref_ids, months_of, ref_ids, to_months_edge
from deliveries.search.sql import Search, Statement, in_campaigns
from deliveries.search.variant_index import days_of_variant
from deliveries.search.windows import clip_window, widening_windows

_DAY = timedelta(days=1)
_NEAR_DAYS = (4, 40)
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_TIES = 10  # largest number of messages with one time at the page's edge
_WIDER = 16  # how often the next messages may be read for a page before the counts are read

_FEW_CAMPAIGNS = 20  # are looked through one by one

Read = Callable[[Statement], list[tuple]]


def candidate_results(search: Search, read: Read) -> Iterator[list[tuple]]:
    """Yield the rows found so far, in order, after each statement, until the caller has a full page.

    Rows are always contiguous from the cursor, so the caller may stop at the first result that fills the page. The last
    result has all rows.
    """
    query = search.query
    filters = sql.indexed_filters(search, {})
    if query.number or query.numbers or query.message_id:
        yield from _by_selective_index(search, read)
    elif query.ref_id_prefix or len(filters) > 1:
        yield from _by_widening_window(search, read)
    elif query.ref_id:
        yield from _by_selective_index(search, read)
    elif filters and not _has_filter_without_index(search):
        yield read(sql.in_order(search, SearchArea(statuses=search.undelivered)))
    else:
        yield from _by_counts(search, read)


def _by_selective_index(search: Search, read: Read) -> Iterator[list[tuple]]:
    """By numbers and refId an index gives all messages, in no order: of a frequent one only the nearest are read."""
    query, area = search.query, SearchArea(statuses=search.undelivered)
    if not query.message_id:
        edge = search.at or min(datetime.now(UTC), search.parameters.get("end", _NEVER))
        for days in _NEAR_DAYS:
            begin, end = (
                (edge, edge + timedelta(days=days)) if search.backwards else (edge - timedelta(days=days), edge + _DAY)
            )
            window = Window(begin, end, begin.date() - _DAY, end.date() + _DAY)
            yield read(sql.in_order(search, replace(area, windows=[window])))
    yield read(sql.in_order(search, area))


def _by_widening_window(search: Search, read: Read) -> Iterator[list[tuple]]:
    """Look at a stretch that grows: for a refId's beginning, and for filters with indexes that may hardly ever meet."""
    filters = sql.indexed_filters(search, {})
    plan = sql.at_shared_timestamps if len(filters) > 1 else sql.collect_then_sort
    by_ref_ids = plan is sql.collect_then_sort and bool(search.query.ref_id_prefix)
    first = _in_index_order if len(filters) == len(search.query.indexed_parameters) else plan
    count = search.limit + _TIES if plan is sql.collect_then_sort else (20 if search.undelivered else 2) * search.limit
    near, far = read(sql.probe_range(search, count))[0]
    if near is None:
        return
    windows = _widening_windows(search, near, far)
    window = next(windows)
    rows = read(first(search, window))
    yield rows
    known: dict[tuple[date, date], list[tuple]] = {}  # refIds of months
    with suppress(StopIteration):
        while True:
            found = len(rows)
            window = windows.send((found, window))
            if by_ref_ids:
                if (months := months_of(window)) not in known:
                    known[months] = read(ref_ids(search, window))
                if len(known[months]) <= MAX_REF_IDS:
                    window = to_months_edge(window, backwards=search.backwards)
                    rows = rows + read(messages_of_ref_ids(search, window, known[months]))
                    yield rows
                    continue
            if not found:  # nothing tells how close together they lie: there may be a great many, or none
                instant, count = read(sql.probe_window(search, window, 2 * search.limit))[0]
                if not count:
                    continue
                window = clip_window(window, instant, backwards=search.backwards) if instant else window
            rows = rows + read(plan(search, window))
            yield rows


def _in_index_order(search: Search, window: Window) -> Statement:
    return sql.in_order(search, SearchArea([window], statuses=search.undelivered))


def _by_counts(search: Search, read: Read) -> Iterator[list[tuple]]:
    """Read the next messages; if hardly any match, only those in places where the counts have matches.

    A code is searched by its statuses, which the counts know.
    """
    query = search.query
    if not _has_filter_without_index(search) and not query.statuses:
        yield read(sql.in_order(search, SearchArea()))
        return
    if query.result_code is None or search.undelivered:
        near, far = read(sql.probe_range(search, 2 * search.limit))[0]
        if near is None:
            return
        windows = _widening_windows(search, near, far)
        window = next(windows)
        rows = read(_in_index_order(search, window) if search.leading else sql.collect_then_sort(search, window))
        yield rows
        if far is None:
            return
        if len(rows) * _WIDER >= search.limit:
            window = windows.send((len(rows), window))
            # One state after the other would read a page of each.
            plan = sql.collect_then_sort if len(search.undelivered) > 1 and not search.leading else _in_index_order
            yield rows + read(plan(search, window))
    if query.variant and not search.of_campaign:
        yield from _by_variant(search, read)
        return
    area = area_from_counts(query, search.within, at=search.at, backwards=search.backwards, size=search.limit - 1)
    if area.windows == []:
        return
    if search.of_campaign and area.statuses and DELIVERED not in area.statuses:
        yield from _by_widening_window(replace(search, query=replace(query, statuses=area.statuses)), read)
    else:
        yield read(sql.in_order(search, area))


def _by_variant(search: Search, read: Read) -> Iterator[list[tuple]]:
    """Look for a variant in its few campaigns, or else in the months and days that have it."""
    query = search.query
    found = days_of_variant(query.variant, tenant_ids=query.tenant_ids, first=query.first, last=query.last)
    campaigns = {(days.tenant_id, days.campaign_id) for days in found}
    if not campaigns:
        return
    if len(campaigns) <= _FEW_CAMPAIGNS:
        yield from candidate_results(in_campaigns(search, campaigns), read)
    else:
        bounds = bounds_of(query.tenant_ids)
        windows = merge_windows(Window(*bounds(days.first, days.last), days.first, days.last) for days in found)
        yield read(sql.in_order(search, SearchArea(windows, statuses=search.undelivered)))


def _has_filter_without_index(search: Search) -> bool:
    """Return whether a filter is used that no index of messages serves."""
    query = search.query
    others = bool(query.variant or query.partner_id or query.country or query.operator)
    others = others or len(query.indexed_parameters) < len(query.parameters)
    with_delivered = query.statuses and DELIVERED in query.statuses
    numbers = (query.result_code, query.account_id, query.delivered_within, query.hour)
    return bool(others or with_delivered or any(number is not None for number in numbers))


def _widening_windows(
    search: Search, near: datetime, far: datetime | None
) -> Generator[Window, tuple[int, Window], None]:
    edges = ("end", "until") if search.backwards else ("begin", "since")
    ends = [search.parameters[name] for name in edges if name in search.parameters]
    end = (min(ends) if search.backwards else max(ends)) if ends else None
    return widening_windows(near, far, backwards=search.backwards, wanted=search.limit, end=end)
