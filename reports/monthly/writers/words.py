"""Sentences that several writers show: what a report is about."""

from __future__ import annotations

from datetime import datetime

from reports.monthly.figures import ReportHeader
from reports.monthly.texts import name_month, translate


def instant_text(moment: datetime) -> str:
    """Return an instant with its offset, as `2026-11-04 14:32:07 +02:00`."""
    text = moment.isoformat(sep=" ")
    return f"{text[:-6]} {text[-6:]}"


def report_subject(header: ReportHeader) -> str:
    """Return whose report it is, of which period and in which state, short enough for a footer."""
    name = header.title_subject
    short = name if len(name) <= 60 else f"{name[:59]}…"  # a workbook's footer holds 255 signs in all
    month = name_month(header.month, header.language)
    return f"{short} · {month} · {translate(header.state, header.language)}"
