"""Sums that a look reads: of its window, and of the same times in the past weeks, by country and operator."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from reports.alerts.places import ADDED
from reports.alerts.statistics import Part, Sums, Usual
from reports.alerts.sums import QUARTER_HOUR, USUAL_DAYS, quarter_of

WINDOW = timedelta(minutes=15)
AROUND = timedelta(hours=1)
WEEK = timedelta(days=7)
WEEKS = 4

_SUMS = "sum(s.messages)::bigint, " + ADDED
_BETWEEN = "s.tenant_id = %(tenant)s AND s.{unit} >= %(begin)s AND s.{unit} < %(end)s"
_WINDOW = (
    f"SELECT s.country, s.operator, {_SUMS} FROM alert_minute s WHERE {_BETWEEN.format(unit='minute')}"  # noqa: S608  terms of this module, constants
    " GROUP BY s.country, s.operator"
)
_USUAL = (
    f"SELECT week, s.quarter, s.country, s.operator, {_SUMS} FROM generate_series(1, 4) AS week"  # noqa: S608  terms of this module, constants
    " JOIN alert_quarter s ON s.tenant_id = %(tenant)s AND s.quarter >= %(begin)s - week * interval '7 days'"
    " AND s.quarter < %(end)s - week * interval '7 days' GROUP BY week, s.quarter, s.country, s.operator"
)
_IN_PART = "(%(country)s = '' OR s.country = %(country)s) AND (NOT %(by_operator)s OR s.operator = %(operator)s)"
_OF_PART = (
    f"SELECT s.quarter, {_SUMS} FROM alert_quarter s WHERE {_BETWEEN.format(unit='quarter')} AND {_IN_PART}"  # noqa: S608  terms of this module, constants
    " GROUP BY s.quarter"
)
_NEWEST = (
    "SELECT coalesce((SELECT max(s.minute) + interval '1 minute' FROM alert_minute s"  # noqa: S608  terms of this module, constants
    f" WHERE s.tenant_id = %(tenant)s AND {_IN_PART}), (SELECT max(s.quarter) + interval '15 minutes'"
    f" FROM alert_quarter s WHERE s.tenant_id = %(tenant)s AND s.quarter > %(end)s - interval '2 days' AND {_IN_PART}))"
)


@dataclass(frozen=True, slots=True)
class Window:
    """The window [begin, end) of a look, in minutes of sending."""

    begin: datetime
    end: datetime

    @classmethod
    def ending(cls, end: datetime) -> "Window":
        return cls(end - WINDOW, end)

    def cells(self) -> list[datetime]:
        """Return the quarters from an hour before to an hour after it."""
        found, at = [], quarter_of(self.begin - AROUND)
        while at < self.end + AROUND:
            found.append(at)
            at += QUARTER_HOUR
        return found

    def same(self) -> list[datetime]:
        """Return the quarters that it lies in."""
        return [at for at in self.cells() if at + QUARTER_HOUR > self.begin and at < self.end]


def window_sums(tenant_id: int, window: Window) -> dict[Part, Sums]:
    """Return the sums of a window by part; an operator without a name is not one of its own."""
    with connection.cursor() as cursor:
        cursor.execute(_WINDOW, {"tenant": tenant_id, "begin": window.begin, "end": window.end})
        found: dict[Part, Sums] = defaultdict(Sums)
        for country, operator, messages, delivered in cursor.fetchall():
            for part in Part(country, operator).within():
                found[part] += Sums(messages, tuple(delivered))
    return found


def usual_sums(tenant_id: int, window: Window) -> dict[Part, Usual]:
    """Return for each part what is usual at the window's time, by one query of sums by quarter."""
    cells = window.cells()
    with connection.cursor() as cursor:
        cursor.execute(_USUAL, {"tenant": tenant_id, "begin": cells[0], "end": cells[-1] + QUARTER_HOUR})
        rows = cursor.fetchall()
    sums: dict[Part, dict[datetime, Sums]] = defaultdict(lambda: defaultdict(Sums))
    for _week, quarter, country, operator, messages, delivered in rows:
        for part in Part(country, operator).within():
            sums[part][quarter] += Sums(messages, tuple(delivered))
    return {part: usual_of(by_quarter, window) for part, by_quarter in sums.items()}


def usual_of(by_quarter: Mapping[datetime, Sums], window: Window) -> Usual:
    """Pick what is usual at the window's time out of sums by quarter."""
    nothing, cells, same = Sums(), window.cells(), window.same()
    weeks = [number * WEEK for number in range(1, WEEKS + 1)]
    return Usual(
        same=[sum((by_quarter.get(at - back, nothing) for at in same), nothing) for back in weeks],
        cells=[[by_quarter.get(at - back, nothing) for at in cells] for back in weeks],
    )


def quarters_of(tenant_id: int, part: Part, *, begin: datetime, end: datetime) -> dict[datetime, Sums]:
    """Return a part's sums by quarter."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_PART, _terms(tenant_id, part) | {"begin": begin, "end": end})
        return {quarter: Sums(messages, tuple(delivered)) for quarter, messages, delivered in cursor.fetchall()}


def _terms(tenant_id: int, part: Part) -> dict[str, Any]:
    return {"tenant": tenant_id, "by_operator": bool(part.operator)} | part._asdict()


def month_of(tenant_id: int, part: Part, *, end: datetime) -> list[Sums]:
    """Return a part's quarters of the past four weeks that have messages."""
    begin = end - timedelta(days=USUAL_DAYS)
    return list(quarters_of(tenant_id, part, begin=begin, end=quarter_of(end)).values())


def silent_since(tenant_id: int, part: Part, *, end: datetime) -> datetime | None:
    """Return since when there is no message of the part before `end`, None where there was none for two days."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, _terms(tenant_id, part) | {"end": end})
        found = cursor.fetchone()[0]
    return min(found, end) if found else None


def usual_in_silence(
    by_quarter: Mapping[datetime, Sums], *, since: datetime, end: datetime
) -> tuple[list[list[int]], list[int]]:
    """Return for each past week the messages by quarter around the time, and those of the time alone."""
    weeks: list[list[int]] = []
    within: list[int] = []
    for number in range(1, WEEKS + 1):
        back, counts, inside = number * WEEK, [], 0
        at = quarter_of(since - AROUND)
        while at < end + AROUND:
            messages = by_quarter[at - back].messages if at - back in by_quarter else 0
            counts.append(messages)
            inside += messages if since <= at and at + QUARTER_HOUR <= end else 0
            at += QUARTER_HOUR
        weeks.append(counts)
        within.append(inside)
    return weeks, within


def operators_named(tenant_id: int, name: str, *, country: str = "") -> Part | None:
    """Return the operator of this name, where it has the most messages or in the country; None where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.country, s.operator FROM alert_quarter s WHERE s.tenant_id = %(tenant)s"
            " AND lower(s.operator) = lower(%(name)s) AND (%(country)s = '' OR s.country = %(country)s)"
            " GROUP BY s.country, s.operator ORDER BY sum(s.messages) DESC LIMIT 1",
            {"tenant": tenant_id, "name": name, "country": country},
        )
        row = cursor.fetchone()
    return Part(*row) if row else None
