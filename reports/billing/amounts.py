"""Amounts of lines, value added tax and totals, in minor units of the statement's currency (docs/statements.md)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reports.pricing.money import Micro, divide_half_away, to_minor

_BASIS_POINTS = 10_000  # of the whole: 25.5% are 2,550


class Category(StrEnum):
    """Categories of value added tax (UNCL 5305), as electronic invoices name them."""

    STANDARD = "S"
    REVERSE_CHARGE = "AE"
    EXEMPT = "E"
    OUT_OF_SCOPE = "O"
    ZERO = "Z"


NEED_REASON = frozenset({Category.REVERSE_CHARGE, Category.EXEMPT, Category.OUT_OF_SCOPE})


@dataclass(frozen=True, slots=True, order=True)
class Vat:
    """Tells how a line is taxed: the category, the rate in hundredths of a percent, and why there is no tax."""

    category: str
    rate: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VatSum:
    """The lines of one category and rate: their sum, and the tax on it."""

    vat: Vat
    net: int
    amount: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of a statement."""

    net: int
    vat: int
    by_vat: tuple[VatSum, ...]

    @property
    def total(self) -> int:
        """The amount to pay, negative on a credit note."""
        return self.net + self.vat


def amount_of(quantity: int, micro: Micro, currency: str) -> int:
    """Return quantity times price (in millionths), rounded half away from zero."""
    return to_minor(quantity * micro, currency)


def totals_of(lines: Iterable[tuple[int, Vat]]) -> Totals:
    """Return the sums of lines (amount, tax): tax once for each category and rate, on the sum of its lines."""
    sums: dict[Vat, int] = {}
    for amount, vat in lines:
        sums[vat] = sums.get(vat, 0) + amount
    by_vat = tuple(VatSum(vat, net, tax_on(net, vat.rate)) for vat, net in sorted(sums.items()))
    return Totals(sum(one.net for one in by_vat), sum(one.amount for one in by_vat), by_vat)


def tax_on(net: int, rate: int) -> int:
    """Return the tax on a sum at a rate in hundredths of a percent, rounded half away from zero."""
    return divide_half_away(net * rate, _BASIS_POINTS)
