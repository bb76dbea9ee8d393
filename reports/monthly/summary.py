"""The first sheet of a report: what it is about, how fresh it is, and the month in a few figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.latency import percentile
from campaigns.statistics import rate, wilson
from reports.figures.volume import Volume
from reports.monthly.figures import ReportHeader
from reports.monthly.tables import COUNTED, Column, Found, Kind, Table, narrowed
from reports.monthly.texts import name_days, name_month

SUMMARY_COLUMNS = (
    Column("Item", "term"),
    Column("Value", "mixed"),
    Column("95% from", "percent"),
    Column("95% to", "percent"),
)

PERCENTILES = (("p50", 0.50), ("p90", 0.90), ("p95", 0.95), ("p99", 0.99))


def build_summary(
    header: ReportHeader,
    volume: Volume,
    latency: Mapping[int, int],
    days: Found = None,
    *,
    has_only_states: bool = False,
) -> Table:
    """Return items and values; rates carry Wilson's 95% interval (docs/statistics.md, "Rates").

    Counts have their filters if `days` are those of Message Search for all of the report's messages. Where only the
    messages by state are known, there are no lines of SMS parts, maturity and times.
    """
    lines = [*_header_lines(header), *_count_lines(volume, has_parts=not has_only_states), *_rate_lines(volume)]
    if not has_only_states:
        lines.append(("Maturity", "percent", header.maturity, None))
        lines += [(f"Latency {name}", "seconds", percentile_seconds(latency, q), None) for name, q in PERCENTILES]
    if header.warning:
        lines.append(("Warning", "text", header.warning, None))
    return Table(
        key="Summary",
        columns=SUMMARY_COLUMNS,
        rows=[(item, value, *(interval or (None, None))) for item, _, value, interval in lines],
        row_kinds=tuple(kind for _, kind, _, _ in lines),
        found=[_found(item, days) for item, *_ in lines],
    )


def _found(item: str, days: Found) -> Found:
    if days is None or item not in COUNTED:
        return None
    return narrowed(days, COUNTED[item])


def percentile_seconds(buckets: Mapping[int, int], q: float) -> int | None:
    """Return a percentile in whole seconds, the precision of the gateway's times; None of no messages."""
    value = percentile(buckets, q)
    return None if value is None else round(value)


_Line = tuple[str, Kind, Any, tuple[float, float] | None]


def _header_lines(header: ReportHeader) -> list[_Line]:
    waiting = header.oldest_waiting
    product: list[_Line] = [("Service", "text", header.product, None)] if header.product else []
    report: list[_Line] = [("Report", "text", header.report, None)] if header.report else []
    revision: list[_Line] = [("Revision", "int", header.revision, None)] if header.revision else []
    details: list[_Line] = [(name, "text", text, None) for name, text in header.details]
    return [
        *product,
        *report,
        ("Account" if header.scope == "account" else "Tenant", "text", header.title_subject, None),
        ("Period", "month", header.month, None) if header.month else ("Period", "text", period_text(header), None),
        ("Time zone", "text", header.timezone, None),
        ("Data as of", "datetime", local_time(header.data_as_of, header), None),
        ("Oldest waiting", "datetime", local_time(waiting, header), None)
        if waiting
        else ("Oldest waiting", "term", "nothing waiting", None),
        ("State", "term", header.state, None),
        *revision,
        ("Currency", "text", header.currency, None),
        *details,
    ]


def period_text(header: ReportHeader) -> str:
    """Return what the report is of, in its language: "October 2026", or its days."""
    if header.days is None:
        return name_month(header.month, header.language)
    return name_days(*header.days, header.language)


def file_stem(header: ReportHeader) -> str:
    """Return what names of files of the report begin with: `2026-10`, or its first and last day."""
    return header.month or "_".join(map(str, header.days or ()))


def local_time(moment: datetime, header: ReportHeader) -> datetime:
    """Return the instant in the report's time zone, to the second."""
    return moment.astimezone(ZoneInfo(header.timezone)).replace(microsecond=0)


def _count_lines(volume: Volume, *, has_parts: bool) -> list[_Line]:
    parts: list[_Line] = [
        ("SMS parts", "int", volume.parts, None),
        ("Delivered parts", "int", volume.delivered_parts, None),
        ("Billed parts", "int", volume.billed_parts, None),
        ("Parts per message", "ratio", rate(volume.parts, volume.messages), None),
    ]
    return [
        ("Messages", "int", volume.messages, None),
        *(parts if has_parts else []),
        ("Delivered", "int", volume.delivered, None),
        ("Failed", "int", volume.failed, None),
        ("Pending", "int", volume.pending, None),
        ("Unknown", "int", volume.unknown, None),
    ]


def _rate_lines(volume: Volume) -> list[_Line]:
    final = volume.delivered + volume.failed
    shares = (
        ("Delivery rate", volume.delivered, volume.messages),
        ("Delivered of the final", volume.delivered, final),
        ("Failed share", volume.failed, volume.messages),
        ("Pending share", volume.pending, volume.messages),
        ("Unknown share", volume.unknown, volume.messages),
    )
    return [(name, "percent", rate(k, n), wilson(k, n)) for name, k, n in shares]
