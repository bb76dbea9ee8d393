"""Figures of this process's streams, for /metrics."""

from dataclasses import dataclass


@dataclass(slots=True)
class Figures:
    """`listeners`: open streams and waiting requests; `events`: sent since the process began."""

    listeners: int = 0
    events: int = 0


FIGURES = Figures()
