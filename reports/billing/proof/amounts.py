"""Amounts of a row under other versions of the price list, and rounded otherwise than agreed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reports.billing.proof.recounts import VERSIONS, Lines
from reports.pricing.money import divide_half_away


class Rounding(StrEnum):
    """A way to round a row's amount."""

    AGREED = "agreed"  # quantity × price, half away from zero, for each price
    LINE = "line"  # otherwise: by at most one step for each row of the invoice, or for each price if those are more
    PRICE_2 = "price_2"  # the price is rounded to so many decimals first
    PRICE_3 = "price_3"
    PRICE_4 = "price_4"
    PRICE_2_DOWN = "price_2_down"
    PRICE_3_DOWN = "price_3_down"
    PRICE_4_DOWN = "price_4_down"


_PRICE_STEP: dict[str, int] = {f"price_{places}": 10 ** (6 - places) for places in range(2, 5)}


@dataclass(frozen=True, slots=True)
class Pricing:
    """One way to price quantities: a version of the price list, and a rounding."""

    version: str = "agreed"
    rounding: Rounding = Rounding.AGREED

    @property
    def rules(self) -> int:
        """Return how many rules it presumes."""
        return (self.version != "agreed") + (self.rounding != Rounding.AGREED)


AGREED = Pricing()


PRICINGS = sorted(
    (Pricing(version, rounding) for version in VERSIONS for rounding in Rounding), key=lambda pricing: pricing.rules
)
"""All ways that are tried, those with fewer rules first."""


def amount_of(lines: Lines, step: int, pricing: Pricing = AGREED) -> int | None:
    """Return the amount of these quantities in millionths, a multiple of `step`; None where a price is missing."""
    by_price = prices_in(lines, pricing)
    if by_price is None:
        return None
    steps: int = sum(divide_half_away(quantity * micro, step) for micro, quantity in by_price.items())
    return steps * step


def prices_in(lines: Lines, pricing: Pricing = AGREED) -> dict[int, int] | None:
    """Return the quantities by the price of a unit, None where a price is missing."""
    found: dict[int, int] = {}
    for prices, quantity in lines.items():
        if not quantity:
            continue
        micro = getattr(prices, pricing.version)
        if micro is None:
            return None
        micro = _rounded_price(micro, pricing.rounding)
        found[micro] = found.get(micro, 0) + quantity
    return found


def _rounded_price(micro: int, rounding: Rounding) -> int:
    name = rounding.value.removesuffix("_down")
    step = _PRICE_STEP.get(name)
    if step is None:
        return micro
    steps: int = micro // step if rounding.value.endswith("_down") else divide_half_away(micro, step)
    return steps * step
