"""Small lines beside figures, as paths of SVG. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 100, 24, 2  # units of the picture


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A figure's line. The provisional part is drawn by itself; '' is no line."""

    settled: str
    provisional: str


def draw_line(values: Sequence[float | None], provisional: Sequence[bool], low: float, high: float) -> Sparkline:
    """Draw a step from each value to the next; one that ends in a provisional column is provisional."""
    paths: dict[bool, list[str]] = {False: [], True: []}
    step = WIDTH / max(len(values) - 1, 1)
    pen: dict[bool, int | None] = {False: None, True: None}
    for n in range(1, len(values)):
        before, value = values[n - 1], values[n]
        if before is None or value is None:
            continue
        path = paths[provisional[n]]
        if pen[provisional[n]] != n - 1:
            path.append(f"M{_point(n - 1, before, step, low, high)}")
        path.append(f"L{_point(n, value, step, low, high)}")
        pen[provisional[n]] = n
    return Sparkline("".join(paths[False]), "".join(paths[True]))


def _point(n: int, value: float, step: float, low: float, high: float) -> str:
    y = HEIGHT - MARGIN - (value - low) / (high - low) * (HEIGHT - 2 * MARGIN)
    return f"{n * step:.1f} {y:.1f}"
