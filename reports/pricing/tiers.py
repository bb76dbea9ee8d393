"""Prices that depend on the month's quantity: graduated, volume and packages (docs/billing.md)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise


class Mode(StrEnum):
    """Rule by which a quantity becomes an amount."""

    GRADUATED = "graduated"  # each tier's price for the units that lie in it
    VOLUME = "volume"  # the price of the tier in which the quantity lies, for all units
    PACKAGES = "packages"  # a price for each started package


@dataclass(frozen=True, slots=True)
class Tier:
    """Units up to and including `up_to` (None: all above), the price of each, and a fixed amount if any unit is in it.

    Graduated tiers are charged `flat_micro` each as soon as they hold a unit, volume tiers only that of the one tier.
    """

    up_to: int | None
    micro: int
    flat_micro: int = 0


@dataclass(frozen=True, slots=True)
class TierGroup:
    """Prices by the quantity of a calendar month; they hold from `valid_from` until before `valid_to`.

    `tiers` ascend and the last one is open. Packages have no tiers but `size` units at `micro` each. Raises ValueError
    with a text for people for anything else.
    """

    id: int
    name: str
    mode: Mode
    valid_from: date
    valid_to: date | None = None
    tiers: tuple[Tier, ...] = ()
    size: int = 0
    micro: int = 0

    def __post_init__(self) -> None:
        if self.valid_from.day != 1 or (self.valid_to is not None and self.valid_to.day != 1):
            raise ValueError(f"{self.name}: prices by quantity begin and end on the first day of a month")
        if self.mode == Mode.PACKAGES:
            if self.size < 1 or self.tiers:
                raise ValueError(f"{self.name}: a package has a size of at least 1, and no tiers")
            return
        if not self.tiers or self.tiers[-1].up_to is not None:
            raise ValueError(f"{self.name}: the last tier is open: it has no upper limit")
        limits = [tier.up_to for tier in self.tiers[:-1]]
        if None in limits or any(one >= other for one, other in pairwise([0, *(limit or 0 for limit in limits)])):
            raise ValueError(f"{self.name}: the upper limits of tiers ascend from 1")

    def cost(self, quantity: int) -> int:
        """Return what a month's quantity costs, in millionths; a negative quantity mirrors the positive one."""
        if quantity < 0:
            return -self.cost(-quantity)
        if self.mode == Mode.PACKAGES:
            return -(-quantity // self.size) * self.micro
        if not quantity:
            return 0
        if self.mode == Mode.VOLUME:
            tier = next(tier for tier in self.tiers if tier.up_to is None or quantity <= tier.up_to)
            return quantity * tier.micro + tier.flat_micro
        return sum(units * tier.micro + tier.flat_micro for tier, units in self.filled(quantity))

    def filled(self, quantity: int) -> list[tuple[Tier, int]]:
        """Return the tiers that hold units of the quantity, with how many, as graduated tiers do."""
        found, below = [], 0
        for tier in self.tiers:
            if quantity <= below:
                break
            top = quantity if tier.up_to is None else min(quantity, tier.up_to)
            found.append((tier, top - below))
            below = top
        return found


@dataclass(frozen=True, slots=True)
class Drop:
    """A quantity of which one unit more costs less in total: `cost` of `quantity`, `next_cost` of one more.

    With `even` units the total is first as high as `cost` again, None if it never is.
    """

    quantity: int
    cost: int
    next_cost: int
    even: int | None


def worse_with_more(group: TierGroup) -> list[Drop]:
    """Return where more volume costs less in total, which volume tiers can do at their limits."""
    found = []
    for tier, following in pairwise(group.tiers):
        quantity = tier.up_to or 0
        cost, next_cost = group.cost(quantity), group.cost(quantity + 1)
        if next_cost < cost:
            even = -(-(cost - following.flat_micro) // following.micro) if following.micro > 0 else None
            found.append(Drop(quantity, cost, next_cost, even))
    return found
