"""Rows of a gateway's invoice, summed by what they are compared by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

ANY = ""


class Key(NamedTuple):
    """Tells what a row is about; ANY where the invoice does not tell them apart."""

    partner_id: str
    country: str
    operator: str


@dataclass(frozen=True, slots=True)
class Shape:
    """Columns that the invoice has: rows are compared by these."""

    partner_id: bool = True
    country: bool = True
    operator: bool = False

    def key(self, partner_id: str, country: str, operator: str) -> Key:
        """Return the key of a row that is compared in this shape."""
        return Key(
            partner_id if self.partner_id else ANY,
            country if self.country else ANY,
            operator_key(operator) if self.operator else ANY,
        )


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One row of an invoice; price and amount in millionths of the currency's unit, None where it has none."""

    partner_id: str
    country: str
    operator: str
    quantity: int
    micro: int | None = None
    amount: int | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Claimed:
    """All rows of one key: their quantity, the prices that they state, and their amount (None: not all have one)."""

    quantity: int
    prices: frozenset[int]
    amount: int | None
    rows: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A month's invoice of one account.

    `decimals` is how finely amounts are written, at least as finely as the currency's minor unit.
    """

    shape: Shape
    rows: dict[Key, Claimed]
    decimals: int = 2

    @property
    def step(self) -> int:
        """Return the smallest difference of two amounts, in millionths."""
        step: int = 10 ** (6 - self.decimals)
        return step


def summed(rows: Iterable[ClaimRow], shape: Shape, *, decimals: int = 2) -> Claim:
    """Return the rows as a claim, summed by key."""
    found: dict[Key, list[ClaimRow]] = {}
    for row in rows:
        found.setdefault(shape.key(row.partner_id, row.country, row.operator), []).append(row)
    return Claim(shape, {key: _sum(of_key) for key, of_key in found.items()}, decimals)


def _sum(rows: list[ClaimRow]) -> Claimed:
    amounts = [row.amount for row in rows]
    return Claimed(
        quantity=sum(row.quantity for row in rows),
        prices=frozenset(row.micro for row in rows if row.micro is not None and row.quantity),
        amount=None if None in amounts else sum(amount for amount in amounts if amount is not None),
        rows=len(rows),
    )


def operator_key(operator: str) -> str:
    """Return an operator's name for comparing: without case, spaces around it and the country before a dot."""
    name = operator.strip().upper()
    country, dot, rest = name.partition(".")
    return rest if dot and len(country) == 2 and rest else name
