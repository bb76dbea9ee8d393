"""Campaigns with their figures, and conversion events."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from msgspec import field

from sms_portal.shapes.base import Shape
from sms_portal.shapes.figures import Amounts, Converted, Costs, Figures


class Campaign(Shape, frozen=True, kw_only=True):
    """A campaign and what people say about it."""

    id: int
    tenant: str
    name: str
    title: str
    note: str
    tags: list[str]
    owner: str | None
    planned_start: date | None
    planned_split: dict[str, int]
    day_notes: dict[str, str]
    conversion_window: int | None
    archived_at: datetime | None
    merged_into: int | None
    created_at: datetime
    url: str


class CampaignAmounts(Amounts, frozen=True, kw_only=True):
    """Amounts in one currency, beside conversions and revenue."""

    per_conversion: Decimal | None
    revenue: Decimal | None
    return_: float | None = field(name="return")


class CampaignCosts(Costs, frozen=True, kw_only=True):
    """Tells what the messages cost the tenant of the key, by its price lists."""

    amounts: list[CampaignAmounts]  # type: ignore[assignment]  # Costs has more general ones


class VariantFigures(Figures, frozen=True, kw_only=True):
    """The figures of one variant."""

    costs: CampaignCosts | None
    variant: str


class CampaignConversions(Converted, frozen=True, kw_only=True):
    """Events of one kind that are attributed to a campaign's messages."""

    kind: str
    events: int
    messages: int
    confirmed: float | None
    median_seconds: float | None


class CampaignWithFigures(Campaign, frozen=True, kw_only=True):
    """A campaign with its figures."""

    first_day: date | None
    last_day: date | None
    timezone: str
    data_as_of: datetime
    provisional_from: date | None
    figures: Figures | None
    costs: CampaignCosts | None
    variants: list[VariantFigures]
    conversions: list[CampaignConversions]
    conversions_as_of: datetime | None
    replies: int | None


class PointedError(Shape, frozen=True, kw_only=True):
    """An error of one field."""

    pointer: str
    detail: str


class ConversionKind(Shape, frozen=True, kw_only=True):
    """A kind of conversion events; without `window_minutes` the customer's window holds."""

    id: int
    tenant: str
    name: str
    window_minutes: int | None
    is_otp: bool
    created_at: datetime
    url: str


class ConversionResult(Shape, frozen=True, kw_only=True):
    """The result of one event."""

    event_id: str | None
    result: str
    errors: list[PointedError]


class ConversionResults(Shape, frozen=True, kw_only=True):
    """The results of all events of a body."""

    stored: int
    refused: int
    results: list[ConversionResult]


class Conversion(Shape, frozen=True, kw_only=True):
    """A stored conversion event."""

    id: int
    tenant: str
    event_id: str
    kind: str
    occurred_at: datetime
    value: Decimal | None
    currency: str | None
    belongs_to: str
    account: str | None
    message_id: str | None
    parameter_key: str | None
    parameter_value: str | None
    campaign: str | None
    source: str
    received_at: datetime
    reason: str | None
    attributed_at: datetime | None
    attributed_account: str | None
    attributed_message_id: str | None
    attributed_campaign: str | None
    attributed_variant: str | None
    delivered_at: datetime | None
    is_frozen: bool
    url: str
