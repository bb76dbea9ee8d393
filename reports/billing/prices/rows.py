"""Tells what is on a price list, row by row, as files, forms, the API and the history have it. Pure.

`valid_to` is the first day on which a row does not hold any more, None for an open one. Outside of the portal it is
the day before, the last one on which the row holds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, TypeVar

from reports.pricing.tariff import FeeKind, key_of
from reports.pricing.tiers import Mode, Tier

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """The price of a message or part with this key; '' is any country, operator or sender type."""

    micro: int
    valid_from: date
    valid_to: date | None = None
    country: str = ""
    operator: str = ""
    sender_type: str = ""

    @property
    def key(self) -> Hashable:
        return "price", *key_of(self.country, self.operator, self.sender_type)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Prices by quantity of a group of countries: tiers, or packages of `size` units at `micro` each."""

    name: str
    countries: tuple[str, ...]
    mode: Mode
    valid_from: date
    valid_to: date | None = None
    tiers: tuple[Tier, ...] = ()
    size: int = 0
    micro: int = 0

    @property
    def key(self) -> Hashable:
        return "group", self.name.casefold()


@dataclass(frozen=True, slots=True)
class FeeRow:
    """A fee, a minimum or a one-off item, in the currency's minor unit."""

    name: str
    kind: FeeKind
    minor: int
    valid_from: date
    valid_to: date | None = None

    @property
    def key(self) -> Hashable:
        return self.kind, self.name.casefold()


Row = PriceRow | GroupRow | FeeRow
OneKind = TypeVar("OneKind", PriceRow, GroupRow, FeeRow)


@dataclass(frozen=True, slots=True)
class Content:
    """All rows of a price list."""

    prices: tuple[PriceRow, ...] = ()
    groups: tuple[GroupRow, ...] = ()
    fees: tuple[FeeRow, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        return (*self.prices, *self.groups, *self.fees)

    def ordered(self) -> Content:
        """Return the rows in one order, whatever order they came in, each open one ended where the next begins."""
        return Content(_ended(self.prices), _ended(self.groups), _ended(self.fees))

    def with_row(self, row: Row) -> Content:
        """Return the content with one row more."""
        return self._changed(lambda rows, kind: (*rows, row) if isinstance(row, kind) else rows)

    def without(self, row: Row) -> Content:
        """Return the content without a row."""
        return self._changed(lambda rows, _kind: tuple(one for one in rows if one != row))

    def _changed(self, change: Callable[[tuple[Any, ...], type], tuple[Any, ...]]) -> Content:
        return Content(change(self.prices, PriceRow), change(self.groups, GroupRow), change(self.fees, FeeRow))


def by_key(rows: Iterable[Row]) -> dict[Hashable, list[Row]]:
    """Return the rows of each key by the day on which they begin."""
    found: dict[Hashable, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        found.setdefault(row.key, []).append(row)
    return found


def last_day(row: Row) -> date | None:
    """Return the last day on which a row holds, None for an open one."""
    return row.valid_to - DAY if row.valid_to else None


def _ended(rows: tuple[OneKind, ...]) -> tuple[OneKind, ...]:
    found: list[Any] = []
    same: list[Any]
    for same in by_key(rows).values():
        for row, following in pairwise([*same, None]):
            is_open = row.valid_to is None and not (isinstance(row, FeeRow) and row.kind == FeeKind.ONE_OFF)
            if is_open and following is not None and following.valid_from > row.valid_from:
                row = replace(row, valid_to=following.valid_from)
            found.append(row)
    return tuple(sorted(found, key=_place))


def _place(row: Row) -> tuple[str, str, str, str, date, str]:
    if isinstance(row, PriceRow):
        return "", row.country, row.operator, row.sender_type, row.valid_from, ""
    kind = row.mode if isinstance(row, GroupRow) else row.kind
    return row.name.casefold(), row.name, "", "", row.valid_from, kind


def as_json(content: Content) -> dict[str, list[dict[str, Any]]]:
    """Return the content as the history keeps it."""
    return {
        "prices": [
            {"country": row.country, "operator": row.operator, "sender_type": row.sender_type, "micro": row.micro}
            | _dates(row)
            for row in content.prices
        ],
        "groups": [
            {"name": row.name, "countries": list(row.countries), "mode": str(row.mode), "tiers": stored_tiers(row)}
            | _dates(row)
            for row in content.groups
        ],
        "fees": [
            {"name": row.name, "kind": str(row.kind), "minor": row.minor} | _dates(row) for row in content.fees
        ],
    }  # fmt: skip


def from_json(kept: dict[str, list[dict[str, Any]]]) -> Content:
    """Return the content of `as_json`."""
    return Content(
        tuple(
            PriceRow(one["micro"], *_days(one), one["country"], one["operator"], one["sender_type"])
            for one in kept.get("prices", [])
        ),
        tuple(
            GroupRow(
                one["name"], tuple(one["countries"]), Mode(one["mode"]), *_days(one), **read_tiers(one["tiers"])
            )
            for one in kept.get("groups", [])
        ),
        tuple(FeeRow(one["name"], FeeKind(one["kind"]), one["minor"], *_days(one)) for one in kept.get("fees", [])),
    )  # fmt: skip


def stored_tiers(row: GroupRow) -> list[dict[str, Any]]:
    """Return the tiers of a group as the database keeps them."""
    if row.mode == Mode.PACKAGES:
        return [{"size": row.size, "micro": row.micro}]
    return [{"up_to": tier.up_to, "micro": tier.micro, "flat_micro": tier.flat_micro} for tier in row.tiers]


def read_tiers(kept: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields of a group that `stored_tiers` kept."""
    if kept and "size" in kept[0]:
        return {"size": kept[0]["size"], "micro": kept[0]["micro"]}
    return {"tiers": tuple(Tier(one["up_to"], one["micro"], one["flat_micro"]) for one in kept)}


def _dates(row: Row) -> dict[str, str | None]:
    return {
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
    }


def _days(one: dict[str, Any]) -> tuple[date, date | None]:
    to = one["valid_to"]
    return date.fromisoformat(one["valid_from"]), date.fromisoformat(to) if to else None
