"""Messages and their delivery reports, in lists, alone and in the stream."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sms_portal.shapes.base import Shape


class MessageCampaign(Shape, frozen=True, kw_only=True):
    """A message's campaign."""

    id: int
    name: str | None


class Message(Shape, frozen=True, kw_only=True):
    """One SMS with all its parts."""

    id: str
    account: str
    tenant: str
    day: date
    partner_id: str
    ref_id: str | None
    campaign: MessageCampaign | None
    variant: str
    labels: dict[str, str]
    custom_parameters: dict[str, Any]
    source: str | None
    sender_type: str
    destination: str | None
    country: str
    operator: str
    parts: int
    status: str
    counts_as: str
    result_code: int | None
    final: bool
    sent_at: datetime
    status_at: datetime | None
    delivered_at: datetime | None
    received_at: datetime
    updated_at: datetime
    url: str


class ForwardingAttempt(Shape, frozen=True, kw_only=True):
    """One attempt of a gate to deliver a report."""

    id: int
    at: datetime
    number: int
    outcome: str
    is_last: bool
    ms: int | None


class Forwarding(Shape, frozen=True, kw_only=True):
    """One report at one gate."""

    gate: str | None
    state: str
    due_at: datetime | None
    attempts: list[ForwardingAttempt]


class MessageReport(Shape, frozen=True, kw_only=True):
    """One status event, and what gates did with it."""

    part: int | None
    result_code: int
    status_at: datetime | None
    sent_at: datetime | None
    operator: str | None
    operator_result_code: str | None
    received_at: datetime
    forwardings: list[Forwarding] | None


class MessageWithReports(Message, frozen=True, kw_only=True):
    """One SMS, and all that was reported about it in the order of the operators' times."""

    data_as_of: datetime
    timezone: str
    reports: list[MessageReport]


class ListedReport(Shape, frozen=True, kw_only=True):
    """One status event with its message."""

    part: int | None
    result_code: int
    status_at: datetime | None
    sent_at: datetime | None
    operator: str | None
    operator_result_code: str | None
    received_at: datetime
    status: str
    counts_as: str
    final: bool
    applied_at: datetime
    message: Message


class StreamedReport(Shape, frozen=True, kw_only=True):
    """A delivery report with its message, as it is when it is read."""

    account: str
    tenant: str
    message_id: str
    part: int | None
    partner_id: str
    ref_id: str | None
    campaign: str | None
    variant: str
    labels: dict[str, str]
    custom_parameters: dict[str, Any]
    source: str | None
    destination: str | None
    country: str
    operator: str
    parts: int
    status: str
    final: bool
    result_code: int
    operator_result_code: str | None
    sent_at: datetime | None
    status_at: datetime | None
    received_at: datetime


class Event(Shape, frozen=True, kw_only=True):
    """One event of the stream."""

    cursor: str
    report: StreamedReport


class EventPage(Shape, frozen=True, kw_only=True):
    """Events in the order in which they were applied."""

    data: list[Event]
    next_cursor: str
    has_more: bool


class RefusedItem(Shape, frozen=True, kw_only=True):
    """A message that was not stored."""

    item: int
    message: int
    pointer: str
    detail: str


class Submitted(Shape, frozen=True, kw_only=True):
    """Result of storing a body."""

    accepted: int
    refused: list[RefusedItem]
