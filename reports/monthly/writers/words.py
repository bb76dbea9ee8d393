"""Sentences that several writers show: what a report is about."""

from __future__ import annotations

from reports.monthly.figures import ReportHeader
from reports.monthly.summary import period_text
from reports.monthly.texts import translate

_LONGEST = 60  # characters of a name: a workbook's footer holds 255 signs in all


def report_subject(header: ReportHeader) -> str:
    """Return whose report it is, of which period and in which state, short enough for a footer."""
    names = [_short(name) for name in (header.title_subject, header.report) if name]
    return " · ".join([*names, period_text(header), translate(header.state, header.language)])


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
