"""Answers as typed objects, one module a subject."""

from sms_portal.shapes.alerts import Alert, AlertRule
from sms_portal.shapes.base import Page, Shape
from sms_portal.shapes.campaigns import (
    Campaign,
    CampaignConversions,
    CampaignWithFigures,
    Conversion,
    ConversionResult,
    ConversionResults,
    VariantFigures,
)
from sms_portal.shapes.figures import (
    Amounts,
    Changes,
    Converted,
    Costs,
    DayTotals,
    Figures,
    Group,
    Latency,
    PricedFigures,
    Revenue,
    Statistics,
    Totals,
    Whole,
)
from sms_portal.shapes.files import Export, Report
from sms_portal.shapes.gates import Gate, Key
from sms_portal.shapes.messages import (
    Event,
    EventPage,
    ListedReport,
    Message,
    MessageReport,
    MessageWithReports,
    StreamedReport,
    Submitted,
)
from sms_portal.shapes.partner_ids import DeclareResult, DeclareResults, PartnerId, PartnerIdRequest

__all__ = [
    "Alert",
    "AlertRule",
    "Amounts",
    "Campaign",
    "CampaignConversions",
    "CampaignWithFigures",
    "Changes",
    "Conversion",
    "ConversionResult",
    "ConversionResults",
    "Converted",
    "Costs",
    "DayTotals",
    "DeclareResult",
    "DeclareResults",
    "Event",
    "EventPage",
    "Export",
    "Figures",
    "Gate",
    "Group",
    "Key",
    "Latency",
    "ListedReport",
    "Message",
    "MessageReport",
    "MessageWithReports",
    "Page",
    "PartnerId",
    "PartnerIdRequest",
    "PricedFigures",
    "Report",
    "Revenue",
    "Shape",
    "Statistics",
    "StreamedReport",
    "Submitted",
    "Totals",
    "VariantFigures",
    "Whole",
]
