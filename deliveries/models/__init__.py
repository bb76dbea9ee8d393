"""Inbox, messages, delivery reports and counts: one file for each class of tables."""

from deliveries.models.causes import ClosedMonth, CountCause
from deliveries.models.checks import StandingCheck
from deliveries.models.conversions import ConversionDue, ConversionTenant, ConversionWindow
from deliveries.models.counts import (
    CampaignCount,
    DailyCount,
    HourCount,
    LatencyCount,
    SubmissionCount,
)
from deliveries.models.event_log import EventLogState
from deliveries.models.exports import Export
from deliveries.models.facts import DeliveryReport, Message, MessageParameter
from deliveries.models.gate_replays import GateReplay
from deliveries.models.gates import Gate, GateAttempt, GateDelivery, GateDestination, GateEvent, GateHour
from deliveries.models.identity_filters import IdentityFilter
from deliveries.models.inbox import (
    ChannelCount,
    ImportCount,
    ImportRun,
    InboxRow,
    IngestCount,
    QuarantinedRow,
    RefusalCount,
    WaitingRow,
)
from deliveries.models.moves import PartnerMove, RuleRefold, TenantRecount
from deliveries.models.partner_requests import PartnerRequest
from deliveries.models.recipients import RecipientSecret
from deliveries.models.result_codes import ResultCode
from deliveries.models.retention import ErasedId, ErasedMonth, ErasedName, RetentionMark
from deliveries.models.rollups import (
    CondensedCampaign,
    CondensedCampaignCount,
    CondensedCampaignLatency,
    CondensedCampaignPlace,
    CondensedDailyCount,
    CondensedDay,
    CondensedLatency,
    CondensedPlace,
    CondensedSegment,
    CondensedSegmentCount,
    CondensedSpan,
    Span,
)
from deliveries.models.segment_counts import (
    SegmentChange,
    SegmentCount,
    SegmentLatencyCount,
    StoredSegmentCount,
    StoredSegmentLatencyCount,
)
from deliveries.models.stops import ApplierStop

__all__ = [
    "ApplierStop",
    "CampaignCount",
    "ChannelCount",
    "ClosedMonth",
    "CondensedCampaign",
    "CondensedCampaignCount",
    "CondensedCampaignLatency",
    "CondensedCampaignPlace",
    "CondensedDailyCount",
    "CondensedDay",
    "CondensedLatency",
    "CondensedPlace",
    "CondensedSegment",
    "CondensedSegmentCount",
    "CondensedSpan",
    "ConversionDue",
    "ConversionTenant",
    "ConversionWindow",
    "CountCause",
    "DailyCount",
    "DeliveryReport",
    "ErasedId",
    "ErasedMonth",
    "ErasedName",
    "EventLogState",
    "Export",
    "Gate",
    "GateAttempt",
    "GateDelivery",
    "GateDestination",
    "GateEvent",
    "GateHour",
    "GateReplay",
    "HourCount",
    "IdentityFilter",
    "ImportCount",
    "ImportRun",
    "InboxRow",
    "IngestCount",
    "LatencyCount",
    "Message",
    "MessageParameter",
    "PartnerMove",
    "PartnerRequest",
    "QuarantinedRow",
    "RecipientSecret",
    "RefusalCount",
    "ResultCode",
    "RetentionMark",
    "RuleRefold",
    "SegmentChange",
    "SegmentCount",
    "SegmentLatencyCount",
    "Span",
    "StandingCheck",
    "StoredSegmentCount",
    "StoredSegmentLatencyCount",
    "SubmissionCount",
    "TenantRecount",
    "WaitingRow",
]
