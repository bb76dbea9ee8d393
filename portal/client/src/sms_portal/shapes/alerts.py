"""Alerts and their rules."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sms_portal.shapes.base import Shape


class AlertFigures(Shape, frozen=True, kw_only=True):
    """Figures of the look that opened an alert, by the kind of its rule; `spent` and `amount` are of a budget."""

    now: float | None
    usual: float | None
    messages: int | None
    spent: Decimal | None
    amount: Decimal | None
    currency: str | None


class Alert(Shape, frozen=True, kw_only=True):
    """A finding of a rule; open until `closed_at`."""

    id: int
    tenant: str
    rule: int
    kind: str
    country: str | None
    operator: str | None
    budget: int | None
    threshold: int | None
    figures: AlertFigures
    since: datetime
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    over_at: datetime | None
    closed_at: datetime | None
    ending: str | None


class AlertRule(Shape, frozen=True, kw_only=True):
    """A rule that opens alerts; quiet times are those of the customer's clock, such as 22:00:00."""

    id: int
    tenant: str
    name: str
    standard: str | None
    kind: str
    scope: str
    country: str | None
    operator: str | None
    partner_id: str | None
    campaign: str | None
    sender: str | None
    budget: int | None
    threshold: float | None
    min_messages: int | None
    quiet_from: str | None
    quiet_until: str | None
    is_on: bool
    snoozed_until: datetime | None
    created_at: datetime
    archived_at: datetime | None
