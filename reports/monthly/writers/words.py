"""Sentences that several writers show: what a report is about."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from reports.monthly.figures import ReportHeader
from reports.monthly.summary import period_text
from reports.monthly.tables import Kind, decimals_of
from reports.monthly.texts import find_locale, name_month, points_unit, translate

_LONGEST = 60  # characters of a name, of both names 80: a workbook's footer holds 255 signs in all


def instant_text(moment: datetime) -> str:
    """Return an instant with its offset, as `2026-11-04 14:32:07 +02:00`."""
    text = moment.isoformat(sep=" ")
    return f"{text[:-6]} {text[-6:]}"


def report_subject(header: ReportHeader) -> str:
    """Return whose report it is, of which period and in which state, short enough for a footer."""
    most = _LONGEST * 2 // 3 if header.report else _LONGEST
    names = [_short(name, most) for name in (header.title_subject, header.report) if name]
    return " · ".join([*names, period_text(header), translate(header.state, header.language)])


def cell_text(value: Any, kind: Kind, language: str) -> str:
    """Return a value as it is shown to people of the language; "" for an empty one."""
    if value is None:
        return ""
    locale = find_locale(language)
    if kind == "int":
        return str(format_decimal(value, locale=locale))
    if kind == "money":
        places = decimals_of(value)
        return str(format_decimal(value, f"#,##0{'.' * bool(places)}{'0' * places}", locale=locale))
    if kind == "seconds":
        return f"{format_decimal(value, locale=locale)}\u00a0s"
    if kind == "percent":
        return str(format_percent(value, "#,##0.00\u00a0%", locale=locale))
    if kind == "points":
        return f"{format_decimal(value * 100, '#,##0.00', locale=locale)}\u00a0{points_unit(language)}"
    if kind == "ratio":
        return str(format_decimal(value, "#,##0.00", locale=locale))
    if kind == "date":
        return _day(value, language)
    if isinstance(value, datetime):
        return instant_text(value)
    if kind == "month":
        return name_month(value, language)
    return translate(value, language) if kind == "term" else str(value)


def short_day(day: date, language: str) -> str:
    """Return a day without its year, as the axis of a chart has room for: "1 Oct"."""
    if find_locale(language).language == "fi":
        return format_date(day, "d.M.", locale="fi")
    return format_date(day, "d MMM", locale=find_locale(language))


def whole_percent(number: int, language: str) -> str:
    """Return a whole number of percent: "95%"."""
    return f"{number}\u00a0%" if find_locale(language).language == "fi" else f"{number}%"


def _day(day: date, language: str) -> str:
    return format_date(day, "d.M.yyyy", locale="fi") if find_locale(language).language == "fi" else day.isoformat()


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
