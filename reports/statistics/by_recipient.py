"""Different recipients and conversions by the groups of the API's statistics: the same statements as for segments."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.api.problems import BadParameter
from reports.campaigns.api import shown_converted
from reports.campaigns.conversions import Converted
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery, segment_key_of
from reports.segments.conversions import conversions_of
from reports.segments.from_messages import (
    MAX_DAYS,
    READ_BY,
    Values,
    all_recipients,
    may_be_read,
    recipients_of,
)

RECIPIENTS, CONVERSIONS = "recipients", "conversions"
INCLUDED = (RECIPIENTS, CONVERSIONS)


@dataclass(frozen=True, slots=True)
class ByRecipient:
    """Figures of `include`, by group; None stands for all messages, and for what is not asked for or not counted."""

    recipients: Mapping[Values | None, int] = field(default_factory=dict)
    conversions: Mapping[Values | None, Converted] = field(default_factory=dict)

    def of(self, group: Values | None) -> dict[str, Any]:
        """Return the fields of a group."""
        converted = self.conversions.get(group)
        return {
            RECIPIENTS: self.recipients.get(group),
            CONVERSIONS: None if converted is None else shown_converted(converted),
        }

    def without(self, position: int, values: Collection[str]) -> "ByRecipient":
        """Return the same without groups of these values, which are shown as one: recipients cannot be added up."""
        kept = {
            group for group in {*self.recipients, *self.conversions} if group is None or group[position] not in values
        }
        return ByRecipient(
            {group: n for group, n in self.recipients.items() if group in kept},
            {group: one for group, one in self.conversions.items() if group in kept},
        )


def check_included(query: StatisticsQuery, included: Collection[str]) -> None:
    """Raise BadParameter where recipients are not counted by what the query groups by, or in so many days."""
    if not included:
        return
    if other := [name for name in query.group_by if name not in READ_BY and not segment_key_of(name)]:
        raise BadParameter("include", f"recipients are not counted by {other[0]}")
    if not may_be_read(query):
        raise BadParameter(
            "include", f"recipients are counted in at most {MAX_DAYS} days, or of a `campaign`: choose a shorter period"
        )


def by_recipient(
    query: StatisticsQuery, groups: Mapping[Values, Kpis], whole: Kpis, included: Collection[str]
) -> ByRecipient:
    """Return what is included, of the query's groups and of all. Raises SearchTooSlow and TooManyGroups."""
    recipients: dict[Values | None, int] = {}
    conversions: dict[Values | None, Converted] = {}
    if RECIPIENTS in included:
        found = recipients_of(query, query.group_by) if query.group_by else {}
        recipients = {None: all_recipients(query)} | {group: found.get(group, 0) for group in groups}
    if CONVERSIONS in included:
        conversions = conversions_of(query, query.group_by, groups, whole)
    return ByRecipient(recipients, conversions)
