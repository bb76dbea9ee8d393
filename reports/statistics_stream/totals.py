"""Totals by day as the API's statistics have them, and what has changed since earlier ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson
from django.utils import timezone

from deliveries.messages.slices import no_writes_before
from deliveries.stream import server_sent
from portal.common.period_picker import Period, parse
from portal.common.periods import local_day
from reports.figures.as_json import figures
from reports.figures.finality import provisional_from
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import statistics

MAX_DAYS = 31
DEFAULT_PERIOD = "today"
EVENT = "day_totals"
_NOTHING = figures(Kpis(latency={}))  # of a group whose messages have all gone


@dataclass(frozen=True, slots=True)
class Asked:
    """Totals of these tenants' days (of one account alone), together or by tenant, as a key asks for them.

    `period` has the texts of `period`, `from` and `to`: a named period and an open end go on with the days.
    """

    tenant_ids: frozenset[int]
    account_id: int | None
    timezone: str
    group_by: tuple[str, ...]
    period: tuple[tuple[str, str], ...]

    def days(self) -> Period:
        """Return the days by now. Raises PeriodError."""
        today = local_day(timezone.now(), self.timezone)
        return parse(dict(self.period), today=today, default=DEFAULT_PERIOD, most=MAX_DAYS)


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals from one reading: figures by the values of `group_by`. Equal totals have one `cursor`."""

    first: date
    last: date
    timezone: str
    data_as_of: datetime
    group_by: tuple[str, ...]
    provisional_from: date | None
    groups: Mapping[tuple, dict[str, Any]]
    cursor: str
    _texts: dict[str, bytes] = field(default_factory=dict)

    def whole(self) -> dict:
        """Return all of them, as the API shows them."""
        return self._shown(self.groups, is_whole=True)

    def unchanged(self) -> dict:
        """Return them for one who has the same already."""
        return self._shown({}, is_whole=False)

    def event(self, before: Totals | None = None) -> bytes:
        """Return them as a server-sent event: what has changed since `before`, or all.

        The text is kept: those who share a reading mostly have the same totals from before.
        """
        since = before.cursor if before else ""
        if since not in self._texts:
            shown = self.whole() if before is None else self._shown(self._changed(before), is_whole=False)
            self._texts[since] = server_sent.message(shown, event=EVENT, id_=self.cursor)
        return self._texts[since]

    def _changed(self, before: Totals) -> Mapping[tuple, dict[str, Any]]:
        """Return the groups that differ; one of these days that has gone has zeros."""
        gone = {
            key: _NOTHING
            for key in before.groups.keys() - self.groups.keys()
            if self.first <= key[0] <= self.last  # the day
        }
        changed = {key: found for key, found in self.groups.items() if before.groups.get(key) != found}
        return dict(sorted((gone | changed).items()))

    def _shown(self, groups: Mapping[tuple, dict[str, Any]], *, is_whole: bool) -> dict:
        return {
            "from": self.first,
            "to": self.last,
            "timezone": self.timezone,
            "data_as_of": self.data_as_of,
            "group_by": self.group_by,
            "provisional_from": self.provisional_from,
            "whole": is_whole,
            "groups": [
                {"key": dict(zip(self.group_by, key, strict=True))} | of_group for key, of_group in groups.items()
            ],
            "next_cursor": self.cursor,
        }


def read_totals(asked: Asked) -> Totals:
    """Return the totals of now, in a transaction of the caller's behind the wall. Raises PeriodError."""
    days = asked.days()
    data_as_of = no_writes_before()
    query = StatisticsQuery(
        tenant_ids=asked.tenant_ids,
        first=days.first,
        last=days.last,
        group_by=asked.group_by,
        account_id=asked.account_id,
    )
    groups = {tuple(group.key.values()): figures(group.kpis) for group in statistics(query)}
    return Totals(
        first=days.first,
        last=days.last,
        timezone=asked.timezone,
        data_as_of=data_as_of,
        group_by=asked.group_by,
        provisional_from=provisional_from(
            tenant_ids=asked.tenant_ids, first=days.first, last=days.last, now=timezone.now()
        ),
        groups=groups,
        cursor=_digest(days, asked.group_by, groups),
    )


def _digest(days: Period, group_by: tuple[str, ...], groups: Mapping[tuple, dict]) -> str:
    text = orjson.dumps([days.first, days.last, group_by, sorted(groups.items())])
    return hashlib.sha256(text).hexdigest()[:16]
