"""Models of reports."""

from reports.models.alerts import Alert, AlertClock, AlertMailChoice, AlertMinute, AlertQuarter, AlertRule
from reports.models.runs import Edition, ReportRun

__all__ = [
    "Alert",
    "AlertClock",
    "AlertMailChoice",
    "AlertMinute",
    "AlertQuarter",
    "AlertRule",
    "Edition",
    "ReportRun",
]
