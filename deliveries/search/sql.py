"""The statements of Message Search: the messages of one area, each tenant by itself, newest first or oldest first.

Under the wall only leakproof operators reach an index, and two indexes of `message` are never combined: both begin with
the tenant, so PostgreSQL takes the second one for a repetition of the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from campaigns.segments import indexed_value
from deliveries.dialects.codes import DELIVERED
from deliveries.messages.row import COLUMNS
from deliveries.search.count_index import SearchArea, Window
from deliveries.search.query import MessageQuery
from portal.common.bulk import EACH

_UNDELIVERED = "m.status <> 'delivered'"  # the words of the partial index
# The numbers of a list, as each tenant may have stored them (query.py).
_NUMBERS = (
    " JOIN (SELECT l.tenant_id, ARRAY(SELECT jsonb_array_elements_text(l.forms::jsonb)) AS forms"
    " FROM unnest(%(number_tenants)s::int[], %(number_lists)s::text[]) AS l (tenant_id, forms) OFFSET 0) AS n"
    " ON n.tenant_id = t.id"
)
_OF_TIME = ("m.sent_at ", "m.day ", "(m.sent_at, ")
MESSAGE_COLUMNS = ", ".join(f"m.{column}" for column in (*COLUMNS, "updated_at"))
_NOT_LISTED = ("labels", "partner_rank", "status_at", "part_states", "sent_at_rank", "latency_bucket", "received_at")


def listed_columns(*, with_parameters: bool) -> str:
    """Return MESSAGE_COLUMNS with NULL for what no list shows, which a file of a million messages need not read."""
    left_out = {*_NOT_LISTED, "recipient_key", *(() if with_parameters else ("custom_parameters",))}
    return ", ".join(
        f"NULL::{kind} AS {column}" if column in left_out else f"m.{column}" for column, kind in COLUMNS.items()
    )


class Statement(NamedTuple):
    """SQL with its parameters, and the kinds of plans that the planner is not to take for it."""

    sql: str
    parameters: dict
    without: tuple[str, ...] = ()


# What two frequent filters have in common is sorted, then, which takes no memory in proportion.
_BY_INDEXES = ("hashagg", "seqscan", "bitmapscan")
# A bitmap scan requests many pages from the disk at a time, an index scan one after the other.
_BY_BITMAP = ("indexscan", "seqscan")


@dataclass(frozen=True, slots=True)
class Search:
    """A search and its start: up to `limit` messages beyond `at` (None: the newest), matching `where`.

    `within` are tenants, each with its campaign (None: any); the rows of a `leading` custom parameter are read first if
    there is one.
    """

    query: MessageQuery
    within: list[tuple[int, int | None]]
    where: list[str]
    parameters: dict
    at: datetime | None
    backwards: bool
    limit: int
    leading: str | None = None
    columns: str = MESSAGE_COLUMNS

    @property
    def of_campaign(self) -> bool:
        return any(campaign is not None for _, campaign in self.within)

    @property
    def order(self) -> str:
        return "ASC" if self.backwards else "DESC"

    @property
    def undelivered(self) -> tuple[str, ...]:
        """Return the requested statuses if the index of undelivered messages has all of them."""
        return () if DELIVERED in self.query.statuses else self.query.statuses


def in_campaigns(search: Search, within: Iterable[tuple[int, int]]) -> Search:
    """Return the same search for the messages of these campaigns, each with its tenant."""
    return replace(search, within=sorted(within), where=[*search.where, "m.campaign_id = t.campaign_id"])


def in_order(search: Search, area: SearchArea) -> Statement:
    """Read the messages of an area as an index gives them, in their order, and stop when there are enough.

    States that are not the usual one are looked for one by one, for the same reason; windows too.
    """
    where, parameters = list(search.where), dict(search.parameters)
    statuses: list[str | None] = [None]
    if area.statuses and DELIVERED not in area.statuses:
        statuses = list(area.statuses)
        where += ["m.status = t.status", _UNDELIVERED]
    elif search.query.statuses:
        where.append("m.status = ANY (%(statuses)s)")
        parameters |= {"statuses": list(search.query.statuses)}
    windows = area.windows or []
    join = ""
    if len(windows) == 1:
        add_window(windows[0], where, parameters)
    elif windows:
        where += ["m.sent_at >= w.begins", "m.sent_at < w.ends", "m.day >= w.first", "m.day <= w.last"]
        join = (
            " CROSS JOIN unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[], %(firsts)s::date[],"
            " %(lasts)s::date[]) AS w (begins, ends, first, last)"
        )
        parameters |= {
            "begins": [window.begin for window in windows],
            "ends": [window.end for window in windows],
            "firsts": [window.first for window in windows],
            "lasts": [window.last for window in windows],
        }
    if search.leading is None:
        source, of = f"message m WHERE {' AND '.join(where)}", "m"
    else:
        source, of = _by_parameter_value(search, where, parameters), "p"
    found = f"SELECT {search.columns} FROM {source} ORDER BY {list_order(search, of)} LIMIT %(limit)s"  # noqa: S608  conditions of query.py and limits; what is typed is a parameter
    return for_each_tenant(search, found, parameters, statuses, join)


def collect_then_sort(search: Search, window: Window) -> Statement:
    """Read all messages of a window, by whichever index finds the fewest, before they are sorted."""
    where, parameters = list(search.where), dict(search.parameters)
    add_statuses(search, where, parameters)
    add_window(window, where, parameters)
    found = (
        f"SELECT * FROM (SELECT {search.columns} FROM message m WHERE {' AND '.join(where)} {EACH}) AS m"  # noqa: S608  conditions of query.py and limits; what is typed is a parameter
        f" ORDER BY {list_order(search, 'm')} LIMIT %(limit)s"
    )
    return for_each_tenant(search, found, parameters)._replace(without=_BY_BITMAP)


def at_shared_timestamps(search: Search, window: Window) -> Statement:
    """Read the messages of the instants at which each of the indexed filters has some.

    The indexes alone give the instants, so for two filters that rarely match together only matching messages are read.
    The indexes do not hold the day: no month is skipped there, only when messages are read.
    """
    where, parameters = list(search.where), dict(search.parameters)
    add_statuses(search, where, parameters)
    times = [condition for condition in search.where if condition.startswith("m.sent_at ")]
    add_window(window, where, parameters)
    times += ["m.sent_at >= %(window_begin)s", "m.sent_at < %(window_end)s"]
    timestamps = " INTERSECT ".join(
        _timestamps(table, conditions, times) for table, conditions in indexed_filters(search, parameters)
    )
    days = "m.day BETWEEN (i.sent_at AT TIME ZONE 'UTC')::date - 1 AND (i.sent_at AT TIME ZONE 'UTC')::date + 1"
    found = (
        f"SELECT m.* FROM ({timestamps}) AS i CROSS JOIN LATERAL (SELECT {search.columns} FROM message m"  # noqa: S608  conditions of query.py and limits; what is typed is a parameter
        f" WHERE m.sent_at = i.sent_at AND {days} AND {' AND '.join(where)} {EACH}) AS m"
        f" ORDER BY {list_order(search, 'm')} LIMIT %(limit)s"
    )
    return for_each_tenant(search, found, parameters)._replace(without=_BY_INDEXES)


def count_matches(search: Search) -> Statement:
    """Count all messages of a search."""
    where, parameters = list(search.where), dict(search.parameters)
    add_statuses(search, where, parameters)
    found = f"SELECT count(*) AS n FROM message m WHERE {' AND '.join(where)}"  # noqa: S608  conditions of query.py; what is typed is a parameter
    numbers = _NUMBERS if search.query.numbers else ""
    sql = (
        "SELECT coalesce(sum(found.n), 0)::bigint FROM unnest(%(tenants)s::int[], %(campaigns)s::int[])"  # noqa: S608  conditions of query.py; what is typed is a parameter
        f" AS t (id, campaign_id){numbers} CROSS JOIN LATERAL ({found}) AS found"
    )
    return Statement(sql, parameters | _branches(search))


def probe_window(search: Search, window: Window, count: int) -> Statement:
    """Ask for the instant until which a window has `count` shared timestamps (NULL: it has fewer), and for how many.

    It reads the indexes alone and counts no further than `count`, for each tenant.
    """
    parameters = dict(search.parameters)
    add_window(window, [], parameters)
    near, far = ("min", "max") if search.backwards else ("max", "min")
    found = (
        f"SELECT CASE WHEN count(*) = {count} THEN {far}(m.sent_at) END AS far, count(*) AS n FROM ("  # noqa: S608  conditions of query.py and limits; what is typed is a parameter
        f"SELECT i.sent_at FROM ({_shared_timestamps(search, parameters)}) AS i ORDER BY i.sent_at {search.order}"
        f" LIMIT {count}) AS m"
    )
    sql = (
        f"SELECT {near}(found.far), coalesce(sum(found.n), 0)"  # noqa: S608  conditions of query.py and limits; what is typed is a parameter
        " FROM unnest(%(tenants)s::int[], %(campaigns)s::int[], %(states)s::text[]) AS t (id, campaign_id, status)"
        f" CROSS JOIN LATERAL ({found}) AS found"
    )
    return Statement(sql, parameters | _branches(search), without=_BY_INDEXES)


def probe_range(search: Search, count: int) -> Statement:
    """Ask for the times of the message next to the page's edge and of the one `count` from there (NULL: not so many).

    They are those of the first indexed filter, else of all messages; of several tenants together there are no more.
    """
    parameters = dict(search.parameters)
    filters = [found for found in indexed_filters(search, parameters) if found[1][0] != _FROM_PREFIX]
    table, conditions = filters[0] if filters else ("message", [])
    times = [condition for condition in search.where if condition.startswith("m.sent_at ")]
    statuses: Sequence[str | None] = (None,)
    if _UNDELIVERED in conditions:
        statuses, conditions = search.undelivered, ["m.status = t.status", _UNDELIVERED]
    each = max(2, count // max(1, len(search.within) * len(statuses)))
    near, far = ("min", "max") if search.backwards else ("max", "min")
    found = (
        f"SELECT {near}(m.sent_at) AS near, CASE WHEN count(*) = {each} THEN {far}(m.sent_at) END AS far"  # noqa: S608  conditions of query.py and limits; what is typed is a parameter
        f" FROM ({_timestamps(table, conditions, times)} ORDER BY m.sent_at {search.order} LIMIT {each}) AS m"
    )
    sql = (
        f"SELECT {near}(found.near), {near}(found.far)"  # noqa: S608  conditions of query.py and limits; what is typed is a parameter
        " FROM unnest(%(tenants)s::int[], %(campaigns)s::int[], %(states)s::text[]) AS t (id, campaign_id, status)"
        f" CROSS JOIN LATERAL ({found}) AS found"
    )
    return Statement(sql, parameters | _branches(search, statuses), without=_BY_INDEXES)


_FROM_PREFIX = "m.ref_id >= %(prefix)s"


def indexed_filters(search: Search, parameters: dict) -> list[tuple[str, list[str]]]:
    """Return the filters that an index with the time of sending has, each as a table and conditions.

    The first one leads; the rows of custom parameters begin with those of the `leading` one.
    """
    query = search.query
    found: list[tuple[str, list[str]]] = []
    if query.ref_id:
        found.append(("message", ["m.ref_id = %(ref_id)s"]))
    if search.of_campaign:
        found.append(("message", ["m.campaign_id = t.campaign_id"]))
    for number, (key, value) in sorted(
        enumerate(sorted(query.parameters.items())), key=lambda item: item[1][0] != search.leading
    ):
        if key in query.indexed_parameters:
            found.append(("message_parameter", [f"m.key = %(key{number})s", f"m.value = %(indexed{number})s"]))
            parameters[f"indexed{number}"] = indexed_value(value)
    if search.undelivered:
        found.append(("message", ["m.status = ANY (%(statuses)s)", _UNDELIVERED]))
        parameters["statuses"] = list(query.statuses)
    if query.ref_id_prefix:
        end = ["m.ref_id < %(prefix_end)s"] if "prefix_end" in parameters else []
        found.append(("message", [_FROM_PREFIX, *end]))
    return found


def _shared_timestamps(search: Search, parameters: dict) -> str:
    times = [condition for condition in search.where if condition.startswith("m.sent_at ")]
    times += ["m.sent_at >= %(window_begin)s", "m.sent_at < %(window_end)s"]
    filters = indexed_filters(search, parameters)
    return " INTERSECT ".join(_timestamps(table, conditions, times) for table, conditions in filters)


def _timestamps(table: str, conditions: list[str], times: list[str]) -> str:
    return f"SELECT m.sent_at FROM {table} m WHERE {' AND '.join(['m.tenant_id = t.id', *conditions, *times])}"  # noqa: S608  conditions of query.py and limits; what is typed is a parameter


def for_each_tenant(
    search: Search,
    found: str,
    parameters: dict,
    statuses: Sequence[str | None] = (None,),
    join: str = "",
    *,
    order: str = "",
) -> Statement:
    """Return what is found for each tenant and state, and window, as one list in the order of `found` rows."""
    numbers = _NUMBERS if search.query.numbers else ""
    sql = (
        "SELECT found.* FROM unnest(%(tenants)s::int[], %(campaigns)s::int[], %(states)s::text[])"  # noqa: S608  conditions of query.py and limits; what is typed is a parameter
        f" AS t (id, campaign_id, status){numbers}{join} CROSS JOIN LATERAL ({found}) AS found"
        f" ORDER BY {order or list_order(search, 'found')} LIMIT %(limit)s"
    )
    return Statement(sql, parameters | _branches(search, statuses))


def _branches(search: Search, statuses: Sequence[str | None] = (None,)) -> dict:
    branches = [(tenant, campaign, status) for tenant, campaign in search.within for status in statuses]
    tenants, campaigns, states = (list(column) for column in zip(*branches, strict=True)) if branches else ([], [], [])
    return {"tenants": tenants, "campaigns": campaigns, "states": states, "limit": search.limit}


def list_order(search: Search, of: str) -> str:
    """Return the order of the list: newest first, or oldest first."""
    return ", ".join(f"{of}.{key} {search.order}" for key in ("sent_at", "message_id", "account_id"))


def add_statuses(search: Search, where: list[str], parameters: dict) -> None:
    """Add the condition of the requested statuses."""
    if search.query.statuses:
        where.append("m.status = ANY (%(statuses)s)")
        parameters["statuses"] = list(search.query.statuses)
    if search.undelivered:
        where.append(_UNDELIVERED)


def add_window(window: Window, where: list[str], parameters: dict) -> None:
    """Add one window by its values, which let the planner leave months out and see how much there is in it."""
    where += [
        "m.sent_at >= %(window_begin)s",
        "m.sent_at < %(window_end)s",
        "m.day >= %(window_first)s",
        "m.day <= %(window_last)s",
    ]
    parameters |= {
        "window_begin": window.begin,
        "window_end": window.end,
        "window_first": window.first,
        "window_last": window.last,
    }


def _by_parameter_value(search: Search, where: list[str], parameters: dict) -> str:
    """Return FROM and WHERE of the messages with a custom parameter's value, by the index of values: newest first.

    OFFSET 0 keeps each message a look-up of its own: the planner takes columns that always agree for independent, hopes
    for a single message, and would gather all of them before it sorts.
    """
    value = search.query.parameters[search.leading]
    parameters |= {"leading_key": search.leading, "leading_value": indexed_value(value)}
    rows = ["p.tenant_id = t.id", "p.key = %(leading_key)s", "p.value = %(leading_value)s"]
    # What holds for the message's time holds for its row's.
    rows += [condition.replace("m.", "p.") for condition in where if condition.startswith(_OF_TIME)]
    same = [f"m.{column} = p.{column}" for column in ("tenant_id", "day", "sent_at", "account_id", "message_id")]
    return (
        f"message_parameter p CROSS JOIN LATERAL (SELECT {search.columns} FROM message m"  # noqa: S608  conditions of query.py and limits; what is typed is a parameter
        f" WHERE {' AND '.join(same + where)} {EACH}) AS m WHERE {' AND '.join(rows)}"
    )
