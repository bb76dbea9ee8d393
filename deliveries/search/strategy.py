"""Chooses a query plan for a search, and falls back to the next one until the page is full."""

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from deliveries.dialects.codes import DELIVERED
from deliveries.search import sql
from deliveries.search.count_index import Places, Window, find_places, merged
from deliveries.search.day_bounds import bounds_of
from deliveries.search.ref_id_prefix import MOST, months_of, of_ref_ids, ref_ids, to_months_edge
from deliveries.search.sql import Search, Statement, of_campaigns
from deliveries.search.variant_index import variant_places
from deliveries.search.windows import stretches, until

_DAY = timedelta(days=1)
_NEAR_DAYS = (4, 40)
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_TIES = 10  # largest number of messages with one time at the page's edge
_WIDER = 16  # how often the next messages may be read for a page before the counts are read

_FEW_CAMPAIGNS = 20  # are looked through one by one

Read = Callable[[Statement], list[tuple]]


def tries(search: Search, read: Read) -> Iterator[list[tuple]]:
    """Yield the rows found so far, in order, after each statement, until the caller has a full page.

    Rows are always contiguous from the cursor, so the caller may stop at the first result that fills the page. The last
    result has all rows.
    """
    query = search.query
    filters = sql.indexed(search, {})
    if query.number or query.message_id:
        yield from _few(search, read)
    elif query.ref_id_prefix or len(filters) > 1:
        yield from _widening(search, read)
    elif query.ref_id:
        yield from _few(search, read)
    elif filters and not _narrows(search):
        yield read(sql.in_order(search, Places(statuses=search.undelivered)))
    else:
        yield from _counted(search, read)


def _few(search: Search, read: Read) -> Iterator[list[tuple]]:
    """By number and refId an index gives all messages, in no order: of a frequent one only the nearest are read."""
    query, place = search.query, Places(statuses=search.undelivered)
    if not query.message_id:
        edge = search.at or min(datetime.now(UTC), search.parameters.get("end", _NEVER))
        for days in _NEAR_DAYS:
            begin, end = (
                (edge, edge + timedelta(days=days)) if search.backwards else (edge - timedelta(days=days), edge + _DAY)
            )
            window = Window(begin, end, begin.date() - _DAY, end.date() + _DAY)
            yield read(sql.in_order(search, replace(place, windows=[window])))
    yield read(sql.in_order(search, place))


def _widening(search: Search, read: Read) -> Iterator[list[tuple]]:
    """Look at a stretch that grows: for a refId's beginning, and for filters with indexes that may hardly ever meet."""
    filters = sql.indexed(search, {})
    way = sql.at_common_instants if len(filters) > 1 else sql.gathered
    by_ref_ids = way is sql.gathered and bool(search.query.ref_id_prefix)
    first = _led if len(filters) == len(search.query.parameters) else way
    count = search.limit + _TIES if way is sql.gathered else (20 if search.undelivered else 2) * search.limit
    near, far = read(sql.nearest(search, count))[0]
    if near is None:
        return
    windows = _stretches(search, near, far)
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
                if len(known[months]) <= MOST:
                    window = to_months_edge(window, backwards=search.backwards)
                    rows = rows + read(of_ref_ids(search, window, known[months]))
                    yield rows
                    continue
            if not found:  # nothing tells how close together they lie: there may be a great many, or none
                instant, count = read(sql.edge(search, window, 2 * search.limit))[0]
                if not count:
                    continue
                window = until(window, instant, backwards=search.backwards) if instant else window
            rows = rows + read(way(search, window))
            yield rows


def _led(search: Search, window: Window) -> Statement:
    return sql.in_order(search, Places([window], statuses=search.undelivered))


def _counted(search: Search, read: Read) -> Iterator[list[tuple]]:
    """Read the next messages; if hardly any match, only those in places where the counts have matches.

    A code is searched by its statuses, which the counts know.
    """
    query = search.query
    if not _narrows(search) and not query.statuses:
        yield read(sql.in_order(search, Places()))
        return
    if query.result_code is None or search.undelivered:
        near, far = read(sql.nearest(search, 2 * search.limit))[0]
        if near is None:
            return
        windows = _stretches(search, near, far)
        window = next(windows)
        rows = read(_led(search, window) if search.leading else sql.gathered(search, window))
        yield rows
        if far is None:
            return
        if len(rows) * _WIDER >= search.limit:
            window = windows.send((len(rows), window))
            # One state after the other would read a page of each.
            way = sql.gathered if len(search.undelivered) > 1 and not search.leading else _led
            yield rows + read(way(search, window))
    if query.variant and not search.of_campaign:
        yield from _of_variant(search, read)
        return
    place = find_places(query, search.within, at=search.at, backwards=search.backwards, size=search.limit - 1)
    if place.windows == []:
        return
    if search.of_campaign and place.statuses and DELIVERED not in place.statuses:
        yield from _widening(replace(search, query=replace(query, statuses=place.statuses)), read)
    else:
        yield read(sql.in_order(search, place))


def _of_variant(search: Search, read: Read) -> Iterator[list[tuple]]:
    """Look for a variant in its few campaigns, or else in the months and days that have it."""
    query = search.query
    found = variant_places(query.variant, tenant_ids=query.tenant_ids, first=query.first, last=query.last)
    campaigns = {(place.tenant_id, place.campaign_id) for place in found}
    if not campaigns:
        return
    if len(campaigns) <= _FEW_CAMPAIGNS:
        yield from tries(of_campaigns(search, campaigns), read)
    else:
        bounds = bounds_of(query.tenant_ids)
        windows = merged(Window(*bounds(place.first, place.last), place.first, place.last) for place in found)
        yield read(sql.in_order(search, Places(windows, statuses=search.undelivered)))


def _narrows(search: Search) -> bool:
    """Return whether a filter is used that no index of messages serves."""
    query = search.query
    others = query.variant or query.partner_id or query.country or query.operator
    with_delivered = query.statuses and DELIVERED in query.statuses
    return bool(others or with_delivered or query.result_code is not None or query.account_id is not None)


def _stretches(search: Search, near: datetime, far: datetime | None) -> Generator[Window, tuple[int, Window], None]:
    end = search.parameters.get("end" if search.backwards else "begin")
    return stretches(near, far, backwards=search.backwards, wanted=search.limit, end=end)
