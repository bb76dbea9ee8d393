"""The bar of a budget: what was spent, what is expected and the limit, in units of its picture (pure)."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 200  # units of the picture


@dataclass(frozen=True, slots=True)
class Bar:
    """Widths from the left edge: of what was spent, of what is expected, and where the limit stands."""

    spent: int
    expected: int
    limit: int


def bar_of(*, spent: int, expected: int | None, amount: int) -> Bar:
    """Return a bar whose whole width is the largest of the three."""
    end = max(spent, expected or 0)
    whole = max(amount, end)
    return Bar(spent * WIDTH // whole, end * WIDTH // whole, amount * WIDTH // whole)
