"""Price lists as the engine reads them, and the rule that picks the price of a message."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import product
from typing import NamedTuple

from deliveries.dialects.codes import DELIVERED, QUEUED, REJECTED
from reports.pricing.tiers import TierGroup

ANY = ""


class Kind(StrEnum):
    """Tells whose money a list is about: what a gateway charges, or what an issuer charges a customer."""

    COST = "cost"
    SALE = "sale"


class Basis(StrEnum):
    """States of messages that a list charges for."""

    SUBMITTED = "submitted"  # every message
    SENT = "sent"  # without queued and rejected ones
    DELIVERED = "delivered"

    def charges(self, status: str) -> bool:
        """Return whether messages of this status are charged."""
        if self == Basis.SENT:
            return status not in (QUEUED, REJECTED)
        return self == Basis.SUBMITTED or status == DELIVERED


class Per(StrEnum):
    """Unit that a price is for."""

    PART = "part"
    MESSAGE = "message"


class FeeKind(StrEnum):
    """Sort of an amount that does not depend on single messages."""

    MONTHLY = "monthly"
    MINIMUM = "minimum"
    ONE_OFF = "one_off"


@dataclass(frozen=True, slots=True)
class Fee:
    """An amount in minor units; a one-off is due on `valid_from`, the others in months that begin within the dates."""

    name: str
    kind: FeeKind
    minor: int
    valid_from: date
    valid_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Return whether the fee is valid on this day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Price:
    """Price of a unit in millionths, of messages with this key; `tier_group` (an id) replaces the price.

    It holds for days from `valid_from` until before `valid_to`, None for always.
    """

    micro: int
    valid_from: date
    valid_to: date | None = None
    country: str = ANY
    operator: str = ANY
    sender_type: str = ANY
    tier_group: int | None = None

    def holds_on(self, day: date) -> bool:
        """Return whether the price is valid on this day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


Key = tuple[str, str, str]


def key_of(country: str, operator: str, sender_type: str) -> Key:
    """Return what prices of one key have in common: operators differ by more than case and surrounding spaces."""
    return country, operator.strip().upper(), sender_type


@dataclass(frozen=True, slots=True, eq=False)
class Tariff:
    """A price list. The most specific price of a message wins: by country, then by operator, then by sender type.

    So a price for a country and an operator precedes one for the country and a sender type, and any price for the
    country precedes one for an operator in any country. Of two prices with one key the later `valid_from` wins.
    """

    list_id: int
    name: str
    kind: Kind
    currency: str
    basis: Basis
    per: Per
    prices: tuple[Price, ...]
    tier_groups: dict[int, TierGroup] = field(default_factory=dict)
    fees: tuple[Fee, ...] = ()
    _by_key: dict[Key, list[Price]] = field(init=False, repr=False)
    _found: dict[tuple[date, str, str, str], Price | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_key = defaultdict(list)
        for price in sorted(self.prices, key=lambda price: price.valid_from, reverse=True):
            by_key[key_of(price.country, price.operator, price.sender_type)].append(price)
        object.__setattr__(self, "_by_key", dict(by_key))
        object.__setattr__(self, "_found", {})

    def find(self, day: date, country: str, operator: str, sender_type: str) -> Price | None:
        """Return the price on this day of a message with this key, None where the list has none."""
        asked = (day, country, operator, sender_type)
        if asked not in self._found:
            self._found[asked] = self._look_up(*asked)
        return self._found[asked]

    def _look_up(self, day: date, country: str, operator: str, sender_type: str) -> Price | None:
        country, operator, sender_type = key_of(country, operator, sender_type)
        for key in product((country, ANY), (operator, ANY), (sender_type, ANY)):
            for price in self._by_key.get(key, ()):
                if price.holds_on(day):
                    return price
        return None


class Found(NamedTuple):
    """A price and the list that has it."""

    tariff: Tariff
    price: Price


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """Lists that are looked through in turn for messages of one account; the first one with a price charges."""

    tariffs: tuple[Tariff, ...] = ()

    def find(self, day: date, country: str, operator: str, sender_type: str) -> Found | None:
        """Return the price on this day of a message with this key and its list, None where no list has one."""
        for tariff in self.tariffs:
            price = tariff.find(day, country, operator, sender_type)
            if price is not None:
                return Found(tariff, price)
        return None

    def may_charge(self, status: str) -> bool:
        """Return whether messages of this status would cost something if they had a price."""
        return not self.tariffs or any(tariff.basis.charges(status) for tariff in self.tariffs)


def changes_of_prices(tariffs: Iterable[Tariff]) -> set[date]:
    """Return the days on which a price of these lists begins to hold or holds no more."""
    return {day for t in tariffs for price in t.prices for day in (price.valid_from, price.valid_to) if day is not None}
