"""The cost of counted messages, by any key; a pure join of counts and prices."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple, TypeVar

from portal.common.periods import Month
from reports.pricing.money import Micro, to_minor
from reports.pricing.tariff import Chain, Found
from reports.pricing.tiers import TierGroup
from reports.pricing.usage import Usage


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of charged messages in one currency, in millionths of its unit, exact.

    `of_failed` is what failed, expired and rejected messages cost, `of_billed_undelivered` the part of it for the
    gateway's code 1009, `of_unknown` what those of unknown outcome cost. `delivered` counts delivered messages that
    have a price. `is_average` says that prices by quantity are in it, at the average price of their month.
    """

    currency: str
    micro: Micro = 0
    quantity: int = 0
    messages: int = 0
    delivered: int = 0
    of_failed: Micro = 0
    of_billed_undelivered: Micro = 0
    of_unknown: Micro = 0
    is_average: bool = False

    def __add__(self, other: Cost) -> Cost:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return Cost(
            self.currency,
            self.micro + other.micro,
            self.quantity + other.quantity,
            self.messages + other.messages,
            self.delivered + other.delivered,
            self.of_failed + other.of_failed,
            self.of_billed_undelivered + other.of_billed_undelivered,
            self.of_unknown + other.of_unknown,
            self.is_average or other.is_average,
        )

    @property
    def minor(self) -> int:
        """The cost in the currency's minor unit."""
        return to_minor(self.micro, self.currency)

    def per(self, count: int) -> Fraction | None:
        """Return the cost for each of `count` things in millionths, None of none."""
        return Fraction(self.micro) / count if count else None


@dataclass(frozen=True, slots=True)
class Uncharged:
    """Messages without a cost, and their SMS parts."""

    messages: int = 0
    parts: int = 0

    def __add__(self, other: Uncharged) -> Uncharged:
        return Uncharged(self.messages + other.messages, self.parts + other.parts)


@dataclass(frozen=True, slots=True)
class Costs:
    """Costs of a group by currency, which are never added.

    `unpriced` are messages that would cost something but have no price; `elsewhere` those on accounts of which the
    gateway's bill goes to another customer.
    """

    by_currency: Mapping[str, Cost] = field(default_factory=dict)
    unpriced: Uncharged = Uncharged()
    elsewhere: Uncharged = Uncharged()

    def __add__(self, other: Costs) -> Costs:
        found = dict(self.by_currency)
        for currency, cost in other.by_currency.items():
            found[currency] = found[currency] + cost if currency in found else cost
        return Costs(found, self.unpriced + other.unpriced, self.elsewhere + other.elsewhere)


class TierMonth(NamedTuple):
    """A calendar month of a group of prices by quantity."""

    list_id: int
    group_id: int
    month: Month


Key = TypeVar("Key", bound=Hashable)
ChainOf = Callable[[int], Chain | None]  # by account; None: the account's messages are not charged to the payer


def find_price(usage: Usage, chain: Chain) -> Found | None:
    """Return the price of a row's messages, whether their status is charged or not."""
    return chain.find(usage.day, usage.country, usage.operator, usage.sender_type)


def tier_quantities(rows: Iterable[Usage], chain_of: ChainOf) -> Counter[TierMonth]:
    """Return the quantities that prices by quantity count, from all rows of a payer's whole months."""
    found: Counter[TierMonth] = Counter()
    for usage in rows:
        chain = chain_of(usage.account_id)
        price = find_price(usage, chain) if chain else None
        if price and price.price.tier_group is not None and price.tariff.basis.charges(usage.status):
            tier_month = TierMonth(price.tariff.list_id, price.price.tier_group, Month.of(usage.day))
            found[tier_month] += usage.quantity(price.tariff.per)
    return found


def price_usage(
    rows: Iterable[tuple[Key, Usage]], chain_of: ChainOf, quantities: Mapping[TierMonth, int]
) -> dict[Key, Costs]:
    """Return the costs of rows by their keys; `quantities` are `tier_quantities` of each month that the rows touch.

    Messages with a price by quantity cost the month's average, also if the rows are only a part of the month.
    """
    found: dict[Key, _Sums] = defaultdict(_Sums)
    for key, usage in rows:
        sums = found[key]
        chain = chain_of(usage.account_id)
        if chain is None:
            sums.elsewhere += Uncharged(usage.messages, usage.parts)
            continue
        price = find_price(usage, chain)
        if price is not None:
            sums.add(usage, price)
        elif chain.may_charge(usage.status):
            sums.unpriced += Uncharged(usage.messages, usage.parts)
    return {key: sums.costs(quantities) for key, sums in found.items()}


@dataclass(slots=True)
class _Units:
    """Charged units of one price, with those of failures among them, and their messages."""

    quantity: int = 0
    messages: int = 0
    delivered: int = 0
    failed: int = 0
    billed_undelivered: int = 0
    unknown: int = 0

    def add(self, usage: Usage, quantity: int) -> None:
        self.quantity += quantity
        self.messages += usage.messages
        if usage.is_delivered:
            self.delivered += usage.messages
        elif usage.is_failed:
            self.failed += quantity
            if usage.is_billed_undelivered:
                self.billed_undelivered += quantity
        elif usage.is_unknown:
            self.unknown += quantity

    def at(self, each: Micro, currency: str, *, is_average: bool) -> Cost:
        """Return what the units cost at a price."""
        return Cost(
            currency,
            each * self.quantity,
            self.quantity,
            self.messages,
            self.delivered,
            each * self.failed,
            each * self.billed_undelivered,
            each * self.unknown,
            is_average,
        )


class _Sums:
    """Units of a group by their price, so that each price is multiplied once."""

    def __init__(self) -> None:
        self.flat: dict[tuple[str, int], _Units] = defaultdict(_Units)
        self.tiered: dict[tuple[str, TierMonth], _Units] = defaultdict(_Units)
        self.groups: dict[TierMonth, TierGroup] = {}
        self.unpriced = Uncharged()
        self.elsewhere = Uncharged()

    def add(self, usage: Usage, found: Found) -> None:
        tariff, price = found
        if not tariff.basis.charges(usage.status):
            return
        quantity = usage.quantity(tariff.per)
        if price.tier_group is None:
            self.flat[tariff.currency, price.micro].add(usage, quantity)
            return
        tier_month = TierMonth(tariff.list_id, price.tier_group, Month.of(usage.day))
        self.groups[tier_month] = tariff.tier_groups[price.tier_group]
        self.tiered[tariff.currency, tier_month].add(usage, quantity)

    def costs(self, quantities: Mapping[TierMonth, int]) -> Costs:
        found: dict[str, Cost] = {}
        for (currency, micro), units in self.flat.items():
            found[currency] = found.get(currency, Cost(currency)) + units.at(micro, currency, is_average=False)
        for (currency, tier_month), units in self.tiered.items():
            whole = quantities[tier_month]
            each = Fraction(self.groups[tier_month].cost(whole), whole)
            found[currency] = found.get(currency, Cost(currency)) + units.at(each, currency, is_average=True)
        return Costs(found, self.unpriced, self.elsewhere)
