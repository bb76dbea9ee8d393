"""Models of reports."""

from reports.models.alerts import Alert, AlertClock, AlertMailChoice, AlertMinute, AlertQuarter, AlertRule
from reports.models.billing import (
    BillingProfile,
    BillingTerms,
    ClosingRun,
    NumberSeries,
    Statement,
    StatementLine,
)
from reports.models.budgets import Budget
from reports.models.definitions import DefinitionFile, DefinitionRun, ReportDefinition
from reports.models.pricing import ExchangeRate, Fee, Price, PriceChange, PriceList, TierGroup
from reports.models.proof import InvoiceCheck
from reports.models.report_mails import OutsideAddress, ReportMail, ReportRecipient
from reports.models.runs import Edition, ReportRun
from reports.models.workbook_templates import WorkbookTemplate

__all__ = [
    "Alert",
    "AlertClock",
    "AlertMailChoice",
    "AlertMinute",
    "AlertQuarter",
    "AlertRule",
    "BillingProfile",
    "BillingTerms",
    "Budget",
    "ClosingRun",
    "DefinitionFile",
    "DefinitionRun",
    "Edition",
    "ExchangeRate",
    "Fee",
    "InvoiceCheck",
    "NumberSeries",
    "OutsideAddress",
    "Price",
    "PriceChange",
    "PriceList",
    "ReportDefinition",
    "ReportMail",
    "ReportRecipient",
    "ReportRun",
    "Statement",
    "StatementLine",
    "TierGroup",
    "WorkbookTemplate",
]
