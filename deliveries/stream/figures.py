"""Figures of this process's streams, for /metrics."""

from collections import Counter
from dataclasses import dataclass, field
from time import monotonic

REPORTS, TOTALS, PAGES = "delivery_reports", "statistics", "pages"  # the streams
STREAMS = (REPORTS, TOTALS, PAGES)


@dataclass(slots=True)
class Figures:
    """By stream: `listeners`, open streams and waiting requests; `events`, sent since the process began.

    `held_since` is the time (monotonic) since which an older transaction holds back events; None: it does not.
    """

    listeners: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    held_since: float | None = None

    @property
    def held_seconds(self) -> float:
        """Return for how long events are held back by now."""
        return 0.0 if self.held_since is None else monotonic() - self.held_since


FIGURES = Figures()
