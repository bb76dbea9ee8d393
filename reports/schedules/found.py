"""Filters of Message Search that find the messages of a saved report's rows; None where no filter finds them alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from portal.common.period_picker import MAX_DAYS
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.figures.query import TIMES, StatisticsQuery
from reports.monthly.found import search_text
from reports.monthly.tables import Found
from reports.schedules.periods import Days
from reports.schedules.reading import Reading

_NO_FILTER = frozenset({"reason", "sender_type"})  # Message Search has none of these
_TEXTS = frozenset({"partner_id", "campaign", "variant", "operator"})
_SPECIAL = {  # names that figures use for several values, as Message Search takes them
    ("campaign", ""): "(none)",
    ("campaign", "(other)"): "(other)",
    ("partner_id", "(other)"): "(other)",
}

Key = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RowFilters:
    """Filters for the groups of a query. `may_find` is False where nothing of the query has a list of messages.

    `of_all` are filters of Message Search that hold for all rows besides; `in_zone` says that all tenants have the
    zone of the query's hours.
    """

    query: StatisticsQuery
    may_find: bool = True
    of_all: Mapping[str, str] = field(default_factory=dict)
    in_zone: bool = True

    def of_groups(self, keys: Sequence[Key]) -> list[Found]:
        """Return the filters of all groups of a table.

        Messages without a variant are found only where their group has no others; an hour that the clock repeats only
        where one of the two has messages.
        """
        alone = Counter(_without_variant(key) for key in keys)
        hours = Counter(_on_the_clock(key) for key in keys)
        return [
            self.of(key, is_alone=alone[_without_variant(key)] == 1) if hours[_on_the_clock(key)] == 1 else None
            for key in keys
        ]

    def of(self, key: Key, *, is_alone: bool = False) -> Found:
        """Return the filters of a group; `is_alone` where it has no other variant."""
        days = self._days(key)
        if not self.may_find or (days[1] - days[0]).days >= MAX_DAYS:
            return None
        found: dict[str, Any] = {"from": days[0].isoformat(), "to": days[1].isoformat(), **self.of_all}
        if "hour" in key:
            if not self.in_zone:
                return None
            found["hour"] = str(_hour(key).hour)
        for name in dict.fromkeys((*self.query.filters, *key)):
            if name in TIMES:
                continue
            if name == "variant" and key.get(name) == "" and is_alone and name not in self.query.filters:
                continue
            value = self._value(name, key)
            if value is None:
                return None
            found[name] = value
        return found

    def of_statuses(self, statuses: Sequence[str]) -> Found:
        """Return the filters of the messages with one of these statuses."""
        found, filtered = self.of({}), self.query.filters.get("status", statuses)
        return None if found is None else {**found, "status": [one for one in statuses if one in filtered]}

    def _value(self, name: str, key: Key) -> Any:
        """Return the value of a filter of Message Search, or None."""
        filtered = self.query.filters.get(name)
        values = [key[name]] if name in key else list(filtered or ())
        if name in _NO_FILTER or (name in key and filtered is not None and key[name] not in filtered):
            return None  # a campaign that shows only a part of its messages: of one that is merged into it
        if name == "status":
            return tuple(map(str, values))
        if len(values) != 1:
            return None
        (value,) = values
        if name in _TEXTS:
            return _SPECIAL.get((name, str(value))) or search_text(name, str(value))
        return str(value) if value not in (None, "") else None

    def _days(self, key: Key) -> Days:
        """Return the query's days that belong to the group's time."""
        first, last = self.query.first, self.query.last
        for begin, end in [_days_of(name, key[name]) for name in TIMES if name in key]:
            first, last = max(first, begin), min(last, end)
        return first, last


def filters_of(reading: Reading, query: StatisticsQuery, **of_all: str) -> RowFilters:
    """Return the filters for a query of the run: for all of its customers or for one of them, and no account."""
    rows = Tenant.objects.filter(id__in=query.tenant_ids).values_list("slug", "timezone")
    zones = {zone for _slug, zone in rows}
    is_part = set(query.tenant_ids) != reading.tenant_ids
    if is_part and len(rows) == 1:
        of_all |= {"tenant": rows[0][0]}
    return RowFilters(
        query,
        may_find=query.account_id is None and not (is_part and len(rows) > 1),
        of_all=of_all,
        in_zone=zones == {query.timezone},
    )


def _days_of(name: str, value: object) -> Days:
    if name == "hour":
        day = _hour({"hour": value}).date()
        return day, day
    text = str(value)
    if name == "day":
        day = date.fromisoformat(text)
        return day, day
    if name == "week":
        monday = date.fromisocalendar(int(text[:4]), int(text[-2:]), 1)
        return monday, monday + timedelta(days=6)
    month = Month.of(date.fromisoformat(f"{text}-01"))
    return month.first_day, month.last_day


def _hour(key: Key) -> datetime:
    value = key["hour"]
    assert isinstance(value, datetime)  # of figures by the hour
    return value


def _without_variant(key: Key) -> tuple[tuple[str, object], ...]:
    return tuple((name, value) for name, value in key.items() if name != "variant")


def _on_the_clock(key: Key) -> tuple[tuple[str, object], ...]:
    """Return the key with its hour as the clock shows it, without its offset from UTC."""
    return tuple((name, _hour(key).replace(tzinfo=None) if name == "hour" else value) for name, value in key.items())
