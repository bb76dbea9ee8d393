"""Figures of a finished report that pages show beside its workbook.

They are stored with the run when its workbook is written, so that both always show the same figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reports.figures.volume import Volume
from reports.models import ReportRun

LARGEST = 5  # countries shown by name


@dataclass(frozen=True, slots=True)
class CountryFigures:
    """Messages of one country in a report; `code` is alpha-2 or `ZZ`."""

    code: str
    messages: int
    delivered: int
    share: float  # of the report's messages


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
    def delivery_rate(self) -> float | None:
        """Share of delivered messages; None without messages or if it is not known."""
        return self.rate(self.delivered)

    def rate(self, messages: int | None) -> float | None:
        """Share of these messages; None without messages or if it is not known."""
        return None if messages is None or not self.messages else messages / self.messages

    @property
    def shares(self) -> dict[str, tuple[int | None, float | None]]:
        """Messages and their share by class, in the order of the charts."""
        counts = {name: getattr(self, name) for name in ("delivered", "pending", "failed", "unknown")}
        return {name: (messages, self.rate(messages)) for name, messages in counts.items()}


def stored_countries(countries: Mapping[str, Volume]) -> dict:
    """Return what a run stores of its countries: their number, and the largest with messages and delivered ones."""
    largest = sorted(countries.items(), key=lambda item: (-item[1].messages, item[0]))[:LARGEST]
    return {
        "count": len(countries),
        "largest": [[code, volume.messages, volume.delivered] for code, volume in largest],
    }


def report_summary(run: ReportRun) -> ReportSummary:
    """Return the main figures of a finished run."""
    totals, countries = run.totals or {}, run.countries or {}
    messages = run.messages or 0
    return ReportSummary(
        messages=messages,
        **{name: totals.get(name) for name in ("parts", "delivered", "failed", "pending", "unknown")},
        countries=countries.get("count"),
        largest=tuple(
            CountryFigures(code, n, delivered, n / messages if messages else 0.0)
            for code, n, delivered in countries.get("largest", ())
        ),
    )
