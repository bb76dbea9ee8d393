"""Groups of figures compared with those of another period, sorted, and cut to the first and a sum of the rest. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.common.period_picker import Period
from portal.common.periods import Month, with_offset, zone
from reports.figures.kpis import Kpis
from reports.figures.query import in_time

FIGURES = ("messages", "parts", "delivered", "failed", "pending", "unknown")
RATES = ("delivery_rate", "failed_rate", "median", "p95")
ORDERS = tuple(sign + name for name in FIGURES + RATES for sign in ("-", ""))

Key = tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class ComparedGroup:
    """A group's figures, and those of the period before (None: nothing is compared)."""

    key: Mapping[str, object]
    kpis: Kpis
    before: Kpis | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """Sum of the groups beyond a limit."""

    groups: int
    kpis: Kpis
    before: Kpis | None


def beside(
    now: Mapping[Key, Kpis],
    before: Mapping[Key, Kpis] | None,
    *,
    period: Period,
    earlier: Period | None,
    timezone: str = "UTC",
) -> list[ComparedGroup]:
    """Pair each group with the same one of the earlier period, including groups of only one period.

    Times are paired by position: the n-th day, week or month of a period with the n-th of the other, and an hour with
    the same local time in `timezone`. An hour that the clocks skip counts with the next one.
    """
    if before is None or earlier is None:
        return [ComparedGroup(dict(key), kpis) for key, kpis in now.items()]
    moved: dict[Key, Kpis] = {}
    for key, kpis in before.items():
        there = tuple((name, _moved(name, value, earlier, period, timezone)) for name, value in key)
        moved[there] = moved[there] + kpis if there in moved else kpis
    nothing = Kpis(latency={}) if all(k.latency is not None for k in (*now.values(), *moved.values())) else Kpis()
    keys = [*now, *(key for key in moved if key not in now)]
    return [ComparedGroup(dict(key), now.get(key, nothing), moved.get(key, nothing)) for key in keys]


def arrange(groups: Sequence[ComparedGroup], *, order: str | None, times: Sequence[str]) -> list[ComparedGroup]:
    """Order groups by one of ORDERS, the largest first with a `-` and what has no such figure last.

    Without an order: by time, within it by messages before and now, the most first.
    """
    natural = sorted(groups, key=lambda group: _natural(group, times))
    if order is None:
        return natural
    name, sign = order.removeprefix("-"), -1 if order.startswith("-") else 1
    with_it = [group for group in natural if _figure(group.kpis, name) is not None]
    without = [group for group in natural if _figure(group.kpis, name) is None]
    return sorted(with_it, key=lambda group: sign * _figure(group.kpis, name)) + without


def cut(groups: Sequence[ComparedGroup], limit: int | None) -> tuple[list[ComparedGroup], Rest | None]:
    """Return the first `limit` groups, and the sum of all others (None: there are none)."""
    if limit is None or len(groups) <= limit:
        return list(groups), None
    others = groups[limit:]
    before = None if others[0].before is None else _sum([group.before for group in others])
    return list(groups[:limit]), Rest(len(others), _sum([group.kpis for group in others]), before)


def _sum(kpis: Sequence[Kpis]) -> Kpis:
    return sum(kpis[1:], kpis[0])


def _figure(kpis: Kpis, name: str) -> float | None:
    return getattr(kpis.volume if name in FIGURES else kpis, name)


def _natural(group: ComparedGroup, times: Sequence[str]) -> tuple:
    earlier = group.before.volume.messages if group.before else 0
    when = [in_time(group.key[name]) for name in times if name in group.key]
    return (when, -group.kpis.volume.messages, -earlier, [str(value) for value in group.key.values()])


def _moved(name: str, value: object, earlier: Period, period: Period, timezone: str) -> object:
    if name == "day":
        assert isinstance(value, date)
        return value + (period.first - earlier.first)
    if name == "hour":
        assert isinstance(value, datetime)
        return _moved_hour(value, period.first - earlier.first, zone(timezone))
    if name == "week":
        year, week = str(value).split("-W")
        monday = date.fromisocalendar(int(year), int(week), 1)
        year, week, _day = (monday + (_monday(period.first) - _monday(earlier.first))).isocalendar()
        return f"{year}-W{week:02d}"
    if name == "month":
        months = (period.first.year - earlier.first.year) * 12 + period.first.month - earlier.first.month
        there = Month.parse(str(value))
        number = there.year * 12 + there.month - 1 + months
        return str(Month(number // 12, number % 12 + 1))
    return value


def _moved_hour(hour: datetime, by: timedelta, local: ZoneInfo) -> datetime:
    clock = hour.replace(tzinfo=local)
    is_second = clock.utcoffset() != hour.utcoffset() == clock.replace(fold=1).utcoffset()
    there = (clock + by).replace(fold=int(is_second))
    return with_offset(there.astimezone(UTC).astimezone(local))  # one that the clocks skip is the next one


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
