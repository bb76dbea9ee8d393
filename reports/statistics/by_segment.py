"""Groups by a segment key in the statistics of the API: whose messages they are of, and small groups."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from deliveries.search.segment_keys import SearchKey
from portal.accounts.access import Access
from portal.api.problems import BadParameter
from portal.common.nearest import nearest
from reports.figures.query import SEGMENT, StatisticsQuery
from reports.segments.figures import segment_figures
from reports.segments.keys_api import keys_of

_ALONE = frozenset({"day", "week", "month"})  # beside a key, for keys of the API that see masked numbers

Group = TypeVar("Group", bound=tuple)
Figures = TypeVar("Figures", bound=Any)


def tenants_of(key: str, tenant_ids: Collection[int], access: Access) -> SearchKey:
    """Return a segment key with those of the tenants that have figures by it. Raises BadParameter if none has."""
    known = keys_of(access, tenant_ids)
    if key not in known or not known[key].counted:
        near = nearest(key, [name for name, one in known.items() if one.counted])
        meant = f"; did you mean {SEGMENT}{near}?" if near else ""
        raise BadParameter("group_by", f"no segment key “{key}” with figures that the API key may see{meant}")
    return known[key]


def check_alone(query: StatisticsQuery) -> None:
    """Raise BadParameter if groups of few recipients could be told apart by what is asked for beside the key."""
    own = SEGMENT + query.segment_key
    beside = [name for name in query.group_by if name != own and name not in _ALONE]
    name = next(iter(query.filters), "group_by" if beside else "")
    if name:
        raise BadParameter(
            name,
            f"{own} with {(*query.filters, *beside)[0]} needs the scope “numbers”: groups of few recipients could be"
            " told apart.",
        )


def small_values(*queries: StatisticsQuery) -> frozenset[str]:
    """Return the values of the queries' segment key that are shown as one, because a period has few recipients."""
    found: set[str] = set()
    for query in queries:
        whole = replace(query, group_by=())
        for row in segment_figures(whole, query.segment_key, merge_small=True).rows:
            found |= row.values if row.is_small else frozenset()
    return frozenset(found)


def renamed(position: int, names: Mapping[Any, Any]) -> Callable[[Group], Group]:
    """Return what names a group by its value at `position`: one that is in `names` gets the name there."""

    def name(group: Group) -> Group:
        value = names.get(group[position])
        return group if value is None else type(group)((*group[:position], value, *group[position + 1 :]))

    return name


def merged(groups: Mapping[Group, Figures], name: Callable[[Group], Group]) -> dict[Group, Figures]:
    """Return the groups by their names, those of one name summed."""
    found: dict[Group, Figures] = {}
    for group, one in groups.items():
        shown = name(group)
        found[shown] = found[shown] + one if shown in found else one
    return found
