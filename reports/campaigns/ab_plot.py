"""Intervals of differences as lines of SVG, all rows on one scale. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 100  # units of the picture
MARGIN = 0.05  # of the scale, at both ends


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval on the scale: its ends, its middle, and where 0 is."""

    low: str
    high: str
    middle: str
    zero: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale of differences that has 0 and all intervals in it."""

    low: float
    high: float

    @classmethod
    def of(cls, intervals: Sequence[tuple[float, float]]) -> "Scale":
        """Return the scale for these intervals; from -0.01 to 0.01 for none."""
        low = min((low for low, _high in intervals), default=-0.01)
        high = max((high for _low, high in intervals), default=0.01)
        low, high = min(low, 0.0), max(high, 0.0)
        space = (high - low or 0.02) * MARGIN
        return cls(low - space, high + space)

    def drawn(self, low: float, middle: float, high: float) -> Interval:
        return Interval(self._at(low), self._at(high), self._at(middle), self._at(0.0))

    def _at(self, value: float) -> str:
        return f"{(value - self.low) / (self.high - self.low) * WIDTH:.2f}"
