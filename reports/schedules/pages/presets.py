"""Ready-made reports that a customer copies and changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from portal.accounts.access import Access
from reports.models import ReportDefinition
from reports.runs.report_scope import account_report_scopes
from reports.schedules.rights import rights_to_make

Kind, Period, Format, Frequency = (
    ReportDefinition.Kind, ReportDefinition.Period, ReportDefinition.Format, ReportDefinition.Frequency,
)  # fmt: skip
_MORNING = time(7)


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready-made report: its name, what it is for, and the values of the definition that a copy begins with."""

    name: Promise
    text: Promise
    values: Mapping[str, Any]


def _daily(kind: str, *formats: str) -> dict[str, Any]:
    return {"kind": kind, "period": Period.YESTERDAY, "formats": formats, "frequency": Frequency.DAILY, "at": _MORNING}


def _weekly(kind: str, *formats: str) -> dict[str, Any]:
    of_week = {"period": Period.LAST_WEEK, "frequency": Frequency.WEEKLY, "weekday": 1, "at": _MORNING}
    return {"kind": kind, "formats": formats} | of_week


def _monthly(kind: str, *formats: str, day: int) -> dict[str, Any]:
    of_month = {"period": Period.LAST_MONTH, "frequency": Frequency.MONTHLY, "month_day": day, "at": _MORNING}
    return {"kind": kind, "formats": formats} | of_month


PRESETS: dict[str, Preset] = {
    "finance": Preset(
        gettext_lazy("Monthly volumes for finance"),
        gettext_lazy("The workbook of last month, on the 4th, when late delivery reports have arrived."),
        _monthly(Kind.MONTHLY, Format.XLSX, Format.PDF, day=4),
    ),
    "campaigns": Preset(
        gettext_lazy("Campaigns of last week"),
        gettext_lazy("Volumes and delivery rates of each campaign and variant, every Monday."),
        _weekly(Kind.VOLUMES, Format.XLSX) | {"parameters": {"group_by": ["campaign", "variant"]}},
    ),
    "quality": Preset(
        gettext_lazy("Errors and quality of last week"),
        gettext_lazy("What was not delivered and why, by result code, operator and day."),
        _weekly(Kind.ERRORS, Format.XLSX, Format.PDF),
    ),
    "operators": Preset(
        gettext_lazy("Operators of last month"),
        gettext_lazy("Volumes, delivery rates and latency by country and operator."),
        _monthly(Kind.OPERATORS, Format.XLSX, day=4),
    ),
    "messages": Preset(
        gettext_lazy("Messages of yesterday"),
        gettext_lazy("A row for each message of the day before, every morning."),
        _daily(Kind.MESSAGES, Format.CSV) | {"condition": ReportDefinition.Condition.ROWS},
    ),
    "account": Preset(
        gettext_lazy("Account volumes by partner ID"),
        gettext_lazy("All partner IDs of a gateway account that you own, last month."),
        _monthly(Kind.ACCOUNT, Format.XLSX, day=4),
    ),
    "statements": Preset(
        gettext_lazy("Statements as soon as they are issued"),
        gettext_lazy("What was issued to you for last month, as PDF, each morning on which there is something new."),
        _daily(Kind.STATEMENTS, Format.PDF)
        | {"period": Period.LAST_MONTH, "condition": ReportDefinition.Condition.CHANGED},
    ),
}


def presets_for(access: Access) -> dict[str, Preset]:
    """Return the ready-made reports that a person may make; those of an account only where there is one."""
    return {key: preset for key, preset in PRESETS.items() if may_make(access, preset.values["kind"])}


def may_make(access: Access, kind: str) -> bool:
    """Return whether a person may make reports of a kind."""
    if not all(access.may(right) for right in rights_to_make(kind)):
        return False
    return kind != Kind.ACCOUNT or bool(account_report_scopes(access))
