"""Figures of a finished report that pages show beside its workbook.

They are stored with the run when its workbook is written, so that both always show the same figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from campaigns.statistics import rate
from reports.figures.volume import Volume
from reports.models import ReportRun
from reports.overview.cards import CLASSES

LARGEST = 3  # countries shown by name


@dataclass(frozen=True, slots=True)
class CountryFigures:
    """Messages of one country in a report; `code` is alpha-2 or `ZZ`."""

    code: str
    messages: int
    share: float | None  # of the report's messages


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """Main figures of a finished report. A report from before these were stored has None in their places."""

    messages: int
    parts: int | None
    delivered: int | None
    failed: int | None
    pending: int | None
    unknown: int | None
    countries: int | None
    largest: tuple[CountryFigures, ...]

    @property
    def classes(self) -> list[tuple[str, Promise, int | None, float | None]]:
        """Return name, title, messages and share of each class; a share is None if it is not known."""
        counts = [(name, title, getattr(self, name)) for name, title in CLASSES.items()]
        return [(name, title, n, None if n is None else rate(n, self.messages)) for name, title, n in counts]


def stored_countries(countries: Mapping[str, Volume]) -> dict:
    """Return what a run stores of its countries: their number, and the messages of the largest."""
    largest = sorted(countries.items(), key=lambda item: (-item[1].messages, item[0]))[:LARGEST]
    return {
        "count": len(countries),
        "largest": [[code, volume.messages] for code, volume in largest],
    }


def report_summary(run: ReportRun) -> ReportSummary:
    """Return the main figures of a finished run."""
    totals, countries = run.totals or {}, run.countries or {}
    messages = run.messages or 0
    return ReportSummary(
        messages=messages,
        **{name: totals.get(name) for name in ("parts", "delivered", "failed", "pending", "unknown")},
        countries=countries.get("count"),
        largest=tuple(CountryFigures(code, n, rate(n, messages)) for code, n in countries.get("largest", ())),
    )
