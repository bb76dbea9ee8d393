"""Statistics queries: names to group and filter by, and their forbidden combinations. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

TIMES = ("hour", "day", "week", "month")
FILTERS = (
    "tenant",
    "partner_id",
    "campaign",
    "variant",
    "country",
    "operator",
    "sender_type",
    "status",
    "result_code",
)
GROUPS = (*TIMES, *FILTERS, "reason")

SEGMENT = "segment:"  # before a segment key: a name to group by the key's values

OF_CAMPAIGNS = frozenset({"campaign", "variant"})
NOT_IN_LATENCY = frozenset({"hour", "partner_id", "status", "result_code", "reason"})
WITH_HOURS = frozenset({"hour", "tenant", "country", "operator", "status"})  # what the counts by hour hold

WITH_SEGMENTS = frozenset({"day", "week", "month", "reason", *FILTERS}) - {"partner_id", *OF_CAMPAIGNS}


def segment_key_of(name: str) -> str:
    """Return the segment key whose values a name groups by; '' for another name."""
    return name.removeprefix(SEGMENT) if name.startswith(SEGMENT) else ""


def in_time(value: object) -> str:
    """Return what times of one kind are ordered by; hours by their instants, as clocks that go back repeat one."""
    return str(value.astimezone(UTC) if isinstance(value, datetime) else value)


class StatisticsError(ValueError):
    """The query cannot be answered; `str()` is the reason for people, `name` the parameter."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class UnknownName(StatisticsError):
    """There is nothing of this name to group or filter by."""


class CannotCombine(StatisticsError):
    """No count holds these together."""


class TooManyGroups(StatisticsError):
    """More groups than one answer may hold."""


class NotByHour(StatisticsError):
    """Days that began before `first` are sealed and have no hours."""

    def __init__(self, first: date) -> None:
        super().__init__(
            "group_by",
            f"hour is possible for days from {first} on: the counts of earlier days are sealed and have no hours.",
        )
        self.first = first


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsQuery:
    """Messages of the tenants from the day `first` to the day `last`, both included, by each tenant's own days.

    `group_by` are names of GROUPS, and one may be SEGMENT with a segment key, which all of the tenants have chosen;
    `filters` are names of FILTERS with the values that are wanted, any of them. A
    campaign is given by its name ('' for messages without one, `(other)` for what is over the daily limit of new
    ones), a tenant by its slug, a result code as a number. A `reason` is the class of a result code's
    failure, '' for codes of none. `account_id` keeps to one gateway account. Hours are those of `timezone`, whichever
    zones the tenants have. Raises UnknownName and CannotCombine.
    """

    tenant_ids: Collection[int]
    first: date
    last: date
    group_by: tuple[str, ...] = ()
    filters: Mapping[str, Collection] = field(default_factory=dict)
    account_id: int | None = None
    with_latency: bool = True
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        for name in self.group_by:
            if name not in GROUPS and not segment_key_of(name):
                raise UnknownName(
                    "group_by",
                    f"“{name}” is not a dimension to group by; allowed: {', '.join(GROUPS)}, {SEGMENT} with a key.",
                )
            if self.group_by.count(name) > 1:
                raise UnknownName("group_by", f"“{name}” is given twice.")
        for name in self.filters:
            if name not in FILTERS:
                raise UnknownName(name, f"“{name}” is not a filter; allowed: {', '.join(FILTERS)}.")
        of_campaigns = [name for name in self._asked() if name in OF_CAMPAIGNS]
        if of_campaigns and "partner_id" in self._asked():
            raise CannotCombine(
                "group_by",
                f"partner_id and {of_campaigns[0]} cannot be combined: counts exist for one or the other.",
            )

        if "hour" in self.group_by:
            self._check_hours()
        if self.segment_key:
            self._check_segments()

    def _check_hours(self) -> None:
        if beside := [name for name in self._asked() if name not in WITH_HOURS]:
            raise CannotCombine(
                "group_by",
                f"hour cannot be combined with {beside[0]}:"
                f" counts by hour exist for {', '.join(sorted(WITH_HOURS))} only.",
            )

    def _check_segments(self) -> None:
        own = SEGMENT + self.segment_key
        if beside := [name for name in self._asked() if name not in WITH_SEGMENTS and name != own]:
            raise CannotCombine(
                "group_by",
                f"{own} cannot be combined with {beside[0]}:"
                f" counts by segment key exist for {', '.join(sorted(WITH_SEGMENTS))} only. A campaign's figures by"
                " value are at GET /api/v1/segments/{key}/.",
            )

    def _asked(self) -> tuple[str, ...]:
        return (*self.group_by, *self.filters)

    @property
    def segment_key(self) -> str:
        """The segment key that is grouped by, '' without one."""
        return next(filter(None, map(segment_key_of, self.group_by)), "")

    @property
    def is_of_campaigns(self) -> bool:
        return any(name in OF_CAMPAIGNS for name in self._asked())

    @property
    def may_be_by_hour(self) -> bool:
        """Return whether the counts by quarter of an hour can answer the query."""
        return WITH_HOURS.issuperset(self._asked())

    @property
    def is_by_hour(self) -> bool:
        return "hour" in self.group_by

    def without_latency(self) -> list[str]:
        """Return the requested names that counts of times to delivery lack; [] if times are available."""
        return [name for name in dict.fromkeys(self._asked()) if name in NOT_IN_LATENCY]
