"""Tells what messages counted otherwise since a statement was issued add to the next one, at the old price. Pure.

Each line that was billed is counted again with its own days and its list's rule of what is charged, whatever the price
list says today. Only keys and days that no line covers are priced by the present lists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from reports.billing.amounts import amount_of
from reports.billing.versions import Spans, contains
from reports.pricing.money import divide_half_away
from reports.pricing.tariff import Basis, Per


class Place(NamedTuple):
    """Tells what the messages of a line have in common."""

    account_id: int
    partner_id: str
    country: str
    operator: str
    sender_type: str


class Counted(NamedTuple):
    """Messages of one place, day and status, and their SMS parts."""

    place: Place
    day: date
    status: str
    messages: int
    parts: int


@dataclass(frozen=True, slots=True)
class Billed:
    """Tells what was billed for a place on its days: a line with its later corrections summed up.

    `line_id` is that of the first line, `average` its amount in minor units for each unit, which is the price where
    tiers made it (`micro` None).
    """

    line_id: int
    place: Place
    spans: Spans
    basis: Basis
    per: Per
    micro: int | None
    quantity: int
    average: Fraction


@dataclass(frozen=True, slots=True)
class Correction:
    """A difference of a billed line, at its price."""

    billed: Billed
    quantity: int
    amount: int


def corrections(billed: Iterable[Billed], rows: Iterable[Counted], currency: str) -> list[Correction]:
    """Return a correction for each billed line of which more or fewer units are counted today."""
    by_place = of_places(rows)
    found = []
    for one in billed:
        quantity = quantity_of(by_place.get(one.place, ()), one.spans, one.basis, one.per) - one.quantity
        if quantity:
            found.append(Correction(one, quantity, amount_at(one.micro, one.average, quantity, currency)))
    return found


def of_places(rows: Iterable[Counted]) -> Mapping[Place, Sequence[Counted]]:
    """Return counts by their place."""
    found: dict[Place, list[Counted]] = defaultdict(list)
    for row in rows:
        found[row.place].append(row)
    return found


def quantity_of(rows: Iterable[Counted], spans: Spans, basis: Basis, per: Per) -> int:
    """Return the units that a line counts among the rows of its place."""
    charged = [row for row in rows if basis.charges(row.status) and contains(spans, row.day)]
    return sum(row.parts if per == Per.PART else row.messages for row in charged)


def amount_at(micro: int | None, average: Fraction, quantity: int, currency: str) -> int:
    """Return what units cost at a price in millionths; without one at an average in minor units."""
    if micro is not None:
        return amount_of(quantity, micro, currency)
    exact = average * quantity
    return divide_half_away(exact.numerator, exact.denominator)
