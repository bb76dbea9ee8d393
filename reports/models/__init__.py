"""Models of reports."""

from reports.models.runs import Edition, ReportRun

__all__ = ["Edition", "ReportRun"]
