"""The figures of an answer, read from the counts: those of all messages and of the groups, of one period or two."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from reports.figures.compare import ComparedGroup, Key
from reports.figures.kpis import Kpis
from reports.figures.query import SEGMENT, StatisticsQuery
from reports.figures.rollups import spans_read_once
from reports.figures.statistics import finality, statistics, total
from reports.pricing.as_json import costs_json
from reports.pricing.costing import Payer, costs, total_cost
from reports.pricing.costs import Costs
from reports.segments.small_groups import SMALL_LABEL
from reports.statistics.by_recipient import ByRecipient, by_recipient
from reports.statistics.by_segment import merged, renamed, small_values


@dataclass(frozen=True, slots=True)
class Found:
    """Figures of an answer. `costs` are None without a payer; what ends with `before` is of the period compared
    with, which may be none."""

    whole: Kpis
    groups: Mapping[Key, Kpis]
    whole_before: Kpis
    groups_before: Mapping[Key, Kpis] | None
    people: ByRecipient
    costs: Mapping[tuple, Costs] | None
    all_costs_before: Costs | None

    def costs_of_all(self) -> dict[str, Any]:
        """Return the costs of all messages."""
        return _costs(None if self.costs is None else self.costs.values())

    def costs_of(self, groups: Iterable[ComparedGroup]) -> dict[str, Any]:
        """Return the costs of these groups together."""
        if self.costs is None:
            return _costs(None)
        return _costs(self.costs.get(tuple(group.key.values()), Costs()) for group in groups)

    def costs_before(self) -> dict[str, Any]:
        """Return the costs of all messages of the period compared with."""
        return _costs(None if self.all_costs_before is None else [self.all_costs_before])


@spans_read_once()
def read(
    query: StatisticsQuery,
    then: StatisticsQuery | None,
    *,
    included: Collection[str],
    payer: Payer | None,
    merge_small: bool,
) -> Found:
    """Return the figures of a query, and of the same one of another period (`then`).

    `included` are names of INCLUDED. With `merge_small` groups of a segment key with few recipients are one. Raises
    StatisticsError and SearchTooSlow.
    """
    final = finality()
    whole, groups = _figures(query, final)
    whole_before, groups_before = _figures(then, final) if then else (Kpis(), None)
    of_values = {tuple(value for _name, value in key): kpis for key, kpis in groups.items()}
    people = by_recipient(query, of_values, whole, included)
    priced = costs(query, payer) if payer else None
    priced_before = _all_costs(then, payer) if then and payer else None
    if merge_small and query.segment_key:
        small = small_values(*filter(None, (query, then)))
        own = SEGMENT + query.segment_key
        position = query.group_by.index(own)
        as_value = renamed(position, dict.fromkeys(small, SMALL_LABEL))
        as_key = renamed(position, {(own, value): (own, SMALL_LABEL) for value in small})
        groups = merged(groups, as_key)
        groups_before = None if groups_before is None else merged(groups_before, as_key)
        priced = None if priced is None else merged(priced, as_value)
        people = people.without(position, small)
    return Found(whole, groups, whole_before, groups_before, people, priced, priced_before)


def _figures(query: StatisticsQuery, final: Q) -> tuple[Kpis, dict[Key, Kpis]]:
    if not query.group_by:
        return total(query, final=final), {}
    groups = {tuple(group.key.items()): group.kpis for group in statistics(query, final=final)}
    if groups and all(kpis.latency is not None for kpis in groups.values()):
        return Kpis.total([*groups.values()]), groups
    return _as_its_groups(total(query, final=final), groups, query), groups


def _all_costs(query: StatisticsQuery, payer: Payer) -> Costs:
    return sum(costs(query, payer).values(), Costs()) if query.segment_key else total_cost(query, payer)


def _costs(found: Iterable[Costs] | None) -> dict[str, Any]:
    return {"costs": None if found is None else costs_json(sum(found, Costs()))}


def _as_its_groups(whole: Kpis, groups: dict[tuple, Kpis], query: StatisticsQuery) -> Kpis:
    """Return the total as the sum of the groups, without values that groups lack: times, and by hour final and billed.

    Messages may arrive between the two queries, and days and hours differ while a new time zone is counted. A value
    that hours do not count is None if it exceeds the total of the hours.
    """
    if query.segment_key:  # of some tenants and days alone
        return Kpis.total([Kpis(latency={}), *groups.values()])
    of_groups = Kpis.total([Kpis(), *groups.values()])
    volume, final = of_groups.volume, of_groups.final
    if query.is_by_hour:
        volume = replace(volume, billed_parts=_at_most(volume.parts, whole.volume.billed_parts))
        final = _at_most(volume.messages, whole.final)
    return Kpis(volume, final, whole.latency)


def _at_most(most: int, count: int | None) -> int | None:
    return count if count is not None and count <= most else None
