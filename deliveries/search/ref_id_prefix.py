"""A refId's beginning: the different refIds that begin so, and the messages of each of them by an index of its own.

The index of refIds has the time behind the refId, so within a beginning it knows no order of time: for a stretch of
time all of it would be read. There are mostly few different refIds, and the next one is a look-up.
"""

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from deliveries.search.count_index import Window
from deliveries.search.sql import Search, Statement, add_statuses, add_window, list_order

_DAY = timedelta(days=1)
MAX_REF_IDS = 1000  # different refIds, as many as campaigns a day; more of them are one for each message mostly


def months_of(window: Window) -> tuple[date, date]:
    """Return the first and the last day of the window's months."""
    last = window.last
    return window.first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])


def to_months_edge(window: Window, *, backwards: bool) -> Window:
    """Return the window with what is left of its last month, a day at that month's edge excepted.

    The nearest message of a refId takes as much work in a month as in an hour. What lies at the very edge may be of a
    day of the next month, whose partition would be looked into as well.
    """
    first, last = months_of(window)
    if backwards:
        return replace(window, end=max(window.end, _midnight(last)), last=max(window.last, last))
    return replace(window, begin=min(window.begin, _midnight(first + _DAY)), first=min(window.first, first))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def ref_ids(search: Search, window: Window) -> Statement:
    """Ask for the (tenant, refId) that begin so in the window's months, MAX_REF_IDS and one more at most.

    In whole months: then the first message of each refId will do, whichever day it is of.
    """
    first, last = months_of(window)
    parameters = search.parameters | {"first_of_months": first, "last_of_months": last}
    end = "AND m.ref_id < %(prefix_end)s" if "prefix_end" in parameters else ""
    days = "m.day >= %(first_of_months)s AND m.day <= %(last_of_months)s"

    def following(tenant: str, begins: str) -> str:
        return (
            f"(SELECT m.ref_id FROM message m WHERE m.tenant_id = {tenant} AND m.ref_id {begins} {end} AND {days}"  # noqa: S608  aliases, operators and limits of this module; what is typed is a parameter
            " ORDER BY m.ref_id LIMIT 1)"
        )

    sql = (
        "WITH RECURSIVE known (tenant_id, ref_id) AS ("  # noqa: S608  aliases, operators and limits of this module; what is typed is a parameter
        f"SELECT t.id, {following('t.id', '>= %(prefix)s')} FROM unnest(%(tenants)s::int[]) AS t (id)"
        f" UNION ALL SELECT k.tenant_id, {following('k.tenant_id', '> k.ref_id')} FROM known k"
        " WHERE k.ref_id IS NOT NULL"
        f") SELECT tenant_id, ref_id FROM known WHERE ref_id IS NOT NULL LIMIT {MAX_REF_IDS + 1}"
    )
    tenants = sorted({tenant for tenant, _campaign in search.within})
    return Statement(sql, parameters | {"tenants": tenants}, without=("seqscan", "bitmapscan"))


def messages_of_ref_ids(search: Search, window: Window, found: list[tuple[int, str]]) -> Statement:
    """Read the page's messages of a window with these refIds.

    First the nearest instants of each refId in its index, up to two pages of them in all but one of each at least: the
    page ends no further than as many of them as it has messages.
    """
    where = [condition for condition in search.where if not condition.startswith("m.ref_id ")]
    parameters = dict(search.parameters)
    add_statuses(search, where, parameters)
    add_window(window, where, parameters)
    beyond, everything = ("<=", "infinity") if search.backwards else (">=", "-infinity")
    # A range and the refId in the order: the index of times, which seems good for a short list, cannot give that.
    one = f"FROM message m WHERE m.ref_id >= t.ref_id AND m.ref_id <= t.ref_id AND {' AND '.join(where)}"
    each = max(1, 2 * search.limit // max(1, len(found)))
    sql = (
        "WITH near AS MATERIALIZED (SELECT t.id, t.ref_id, n.sent_at"  # noqa: S608  aliases, operators and limits of this module; what is typed is a parameter
        " FROM unnest(%(ref_tenants)s::int[], %(ref_ids)s::text[]) AS t (id, ref_id) CROSS JOIN LATERAL"
        f" (SELECT m.sent_at {one} ORDER BY m.ref_id {search.order}, m.sent_at {search.order} LIMIT {each}) AS n"
        "), edge AS MATERIALIZED (SELECT coalesce((SELECT sent_at FROM near"
        f" ORDER BY sent_at {search.order} OFFSET %(limit)s - 1 LIMIT 1), '{everything}') AS sent_at)"
        " SELECT m.* FROM"
        f" (SELECT DISTINCT id, ref_id FROM near WHERE sent_at {beyond} (SELECT sent_at FROM edge)) AS t"
        f" CROSS JOIN LATERAL (SELECT {search.columns} {one} AND m.sent_at {beyond} (SELECT sent_at FROM edge)"
        f" ORDER BY m.ref_id {search.order}, {list_order(search, 'm')} LIMIT %(limit)s) AS m"
        f" ORDER BY {list_order(search, 'm')} LIMIT %(limit)s"
    )
    parameters |= {
        "ref_tenants": [tenant for tenant, _ref_id in found],
        "ref_ids": [ref_id for _tenant, ref_id in found],
        "limit": search.limit,
    }
    return Statement(sql, parameters, without=("seqscan",))
