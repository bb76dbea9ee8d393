"""One measured figure, as a line of the table and as a line of JSON."""

import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with what it is held against in the same run; None where there is nothing.

    `baseline` is what a plain program reaches, `ceiling` what nothing can exceed; `note` is for the table alone.
    `is_missed` says that the value misses what the project promises.
    """

    name: str
    value: float | None
    unit: str
    baseline: float | None = None
    ceiling: float | None = None
    note: str = ""
    is_missed: bool = False

    @property
    def ratio(self) -> float | None:
        """Return how many times the baseline it is."""
        return self.value / self.baseline if self.baseline and self.value is not None else None

    @property
    def share(self) -> float | None:
        """Return its share of the ceiling, 1 at most."""
        return self.value / self.ceiling if self.ceiling and self.value is not None else None

    def as_json(self) -> str:
        names = ("name", "value", "unit", "baseline", "ratio", "ceiling", "share")
        return json.dumps({name: _rounded(getattr(self, name)) for name in names})


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as aligned text."""
    rows = [("figure", "value", "unit", "× baseline", "% of ceiling", ""), *map(_cells, figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "\n".join(_line(row, widths) for row in rows)


def _cells(figure: Figure) -> tuple[str, ...]:
    ratio = "" if figure.ratio is None else f"{figure.ratio:.1f}"
    share = "" if figure.share is None else f"{figure.share:.0%}"
    note = f"MISSED {figure.note}".rstrip() if figure.is_missed else figure.note
    return figure.name, _text(figure.value), figure.unit, ratio, share, note


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    name, value, *middle, note = row
    cells = [name.ljust(widths[0]), value.rjust(widths[1])]
    cells += [cell.ljust(width) for cell, width in zip(middle, widths[2:], strict=True)]
    return "  ".join([*cells, note]).rstrip()


def _text(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def _rounded(value):
    return float(f"{value:.6g}") if isinstance(value, float) else value
