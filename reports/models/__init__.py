"""Models of reports."""

from reports.models.definitions import DefinitionFile, DefinitionRun, ReportDefinition
from reports.models.runs import Edition, ReportRun
from reports.models.workbook_templates import WorkbookTemplate

__all__ = ["DefinitionFile", "DefinitionRun", "Edition", "ReportDefinition", "ReportRun", "WorkbookTemplate"]
