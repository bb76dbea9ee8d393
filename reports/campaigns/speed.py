"""Speed of a campaign's deliveries: the share of all sent messages that had arrived by a time. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.latency import share_within, value_of
from reports.figures.kpis import Kpis

TIMES = (1, 5, 10, 30, 60, 120, 300, 900, 3600, 6 * 3600, 24 * 3600)  # seconds, as the table has them
SHARES = (0.9, 0.75, 0.5)  # the sentence speaks of the first one that was reached
WIDTH, HEIGHT = 600, 200  # units of the picture
_LAST = math.log(TIMES[-1])


@dataclass(frozen=True, slots=True)
class SpeedRow:
    """A row of the table: a time in seconds, and the share of each campaign that had arrived by then."""

    seconds: int
    share: float | None
    compared: float | None


@dataclass(frozen=True, slots=True)
class Reached:
    """The share of all sent messages that had arrived after so many seconds."""

    share: float
    seconds: float


def speed_rows(kpis: Kpis, compared: Kpis | None) -> list[SpeedRow]:
    """Return the share that was delivered within each of TIMES; all sent messages are the denominator."""
    return [SpeedRow(at, _share(kpis, at), _share(compared, at) if compared else None) for at in TIMES]


def reached(kpis: Kpis) -> Reached | None:
    """Return the largest of SHARES that was reached, and when; None where less than half of all have arrived."""
    latency, total = kpis.latency or {}, kpis.volume.messages
    for share in SHARES:
        seen = 0
        for bucket in sorted(latency):
            seen += latency[bucket]
            if seen >= share * total:
                return Reached(share, value_of(bucket))
    return None


def curve(kpis: Kpis) -> str:
    """Return the path of the curve for SVG, with time on a logarithmic axis from one second to a day."""
    total, points = kpis.volume.messages, [(0.0, _share(kpis, 0) or 0.0)]
    if not total:
        return ""
    seen = 0
    for bucket in sorted(kpis.latency or {}):
        seen += (kpis.latency or {})[bucket]
        points.append((min(max(math.log(max(value_of(bucket), 1.0)) / _LAST, 0.0), 1.0), seen / total))
    points.append((1.0, seen / total))
    return _path(points)


def _share(kpis: Kpis, seconds: float) -> float | None:
    return share_within(kpis.latency or {}, kpis.volume.messages, seconds)


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Draw steps: a share holds until the next time."""
    x, y = points[0]
    drawn = [f"M{x * WIDTH:.1f} {(1 - y) * HEIGHT:.1f}"]
    for x, y in points[1:]:
        drawn.append(f"H{x * WIDTH:.1f}V{(1 - y) * HEIGHT:.1f}")
    return "".join(drawn)
