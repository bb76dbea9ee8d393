"""Ownership periods of a platformPartnerId: whose its messages are, by the time they were sent.

Periods are a tuple, oldest first: the first one has no beginning, each ends where the next begins, the last has no end.
Two neighbours are never the same tenant's.
"""

from bisect import bisect_right
from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple


class Period(NamedTuple):
    """The tenant owns what was sent from `from_at` on (None: from the beginning); `day` is the date that was given."""

    tenant_id: int
    from_at: datetime | None = None
    day: date | None = None


Periods = tuple[Period, ...]


class OwnershipChange(NamedTuple):
    """A time, half-open, whose messages change hands."""

    from_at: datetime | None
    until_at: datetime | None
    old: int
    new: int


def owner_at(periods: Periods, at: datetime) -> int:
    """Return the tenant that owns what was sent at `at`."""
    return periods[bisect_right(periods, at, lo=1, key=_beginning) - 1].tenant_id


def ends(periods: Periods) -> list[datetime | None]:
    """Return when each period ends; None for the last."""
    return [period.from_at for period in periods[1:]] + [None]


def handed_over(periods: Periods, period: Period) -> Periods:
    """Return the periods after a hand-over: all from `period` on is its tenant's.

    Where the tenant is the last owner already, its last period begins at the new time instead, be it earlier or later;
    the only owner stays the only one.
    """
    if period.from_at is None:
        return (period,)
    if len(periods) == 1 and periods[0].tenant_id == period.tenant_id:
        return periods
    kept = periods[:-1] if periods[-1].tenant_id == period.tenant_id else periods
    kept = tuple(other for other in kept if other.from_at is None or other.from_at < period.from_at)
    return kept if kept[-1].tenant_id == period.tenant_id else (*kept, period)


def ownership_changes(before: Periods, after: Periods) -> list[OwnershipChange]:
    """Return the times that another tenant owns afterwards, oldest first."""
    bounds = [None, *sorted({period.from_at for period in (*before, *after) if period.from_at is not None})]
    found: list[OwnershipChange] = []
    for from_at, until_at in zip(bounds, [*bounds[1:], None], strict=True):
        old, new = (_owner_from(periods, from_at) for periods in (before, after))
        if old == new:
            continue
        if found and found[-1][1:] == (from_at, old, new):
            from_at = found.pop().from_at
        found.append(OwnershipChange(from_at, until_at, old, new))
    return found


class SeenPeriod(NamedTuple):
    """A period as shown to a person who sees its tenant, with its end (None: no end)."""

    tenant_id: int
    from_at: datetime | None
    from_day: date | None
    until_at: datetime | None
    until_day: date | None

    @property
    def is_whole(self) -> bool:
        return self.from_at is None and self.until_at is None


def seen_by(periods: Periods, tenant_ids: Collection[int]) -> list[SeenPeriod]:
    """Return the periods of these tenants, oldest first; whose the others are is not theirs to know."""
    following = [*periods[1:], Period(0)]
    return [
        SeenPeriod(period.tenant_id, period.from_at, period.day, after.from_at, after.day)
        for period, after in zip(periods, following, strict=True)
        if period.tenant_id in tenant_ids
    ]


def current(seen: list[SeenPeriod], now: datetime) -> SeenPeriod:
    """Return the current period; if it is not visible, the next one, or the last one if there is none."""
    return next((period for period in seen if period.until_at is None or period.until_at > now), seen[-1])


def _beginning(period: Period) -> datetime:
    assert period.from_at is not None  # all but the first have one
    return period.from_at


def _owner_from(periods: Periods, at: datetime | None) -> int:
    return periods[0].tenant_id if at is None else owner_at(periods, at)
