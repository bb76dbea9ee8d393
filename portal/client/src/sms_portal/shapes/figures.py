"""Figures: counts of messages, rates, times and costs."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from msgspec import field

from sms_portal.shapes.base import Shape


class Latency(Shape, frozen=True, kw_only=True):
    """Seconds from sending to delivery, at most 2% and the source's second off; null where none was delivered."""

    median: float | None
    p90: float | None
    p95: float | None
    p99: float | None


class Figures(Shape, frozen=True, kw_only=True):
    """Counts of messages, and what follows from them; delivered, failed, pending and unknown make up all messages."""

    messages: int
    parts: int
    delivered: int
    failed: int
    pending: int
    unknown: int
    delivered_parts: int | None
    billed_parts: int | None
    final: int | None
    delivery_rate: float | None
    delivery_rate_interval: list[float] | None
    delivery_rate_of_final: float | None
    failed_rate: float | None
    maturity: float | None
    latency: Latency | None


class Uncharged(Shape, frozen=True, kw_only=True):
    """Messages without a cost."""

    messages: int
    parts: int


class Amounts(Shape, frozen=True, kw_only=True):
    """Amounts in one currency, in its unit, as texts with all decimals."""

    currency: str
    cost: Decimal
    of_failed: Decimal
    of_billed_undelivered: Decimal
    of_unknown: Decimal
    per_delivered: Decimal | None
    is_average: bool


class Costs(Shape, frozen=True, kw_only=True):
    """Tells what messages cost the tenant of the key, with those of all tenants below it, by its price lists."""

    amounts: list[Amounts]
    unpriced: Uncharged
    elsewhere: Uncharged


class PricedFigures(Figures, frozen=True, kw_only=True):
    """Figures with what the messages cost."""

    costs: Costs | None


class Changes(Shape, frozen=True, kw_only=True):
    """From the period compared with to this one; null where one of them is nothing."""

    messages: float | None
    parts: float | None
    delivered: float | None
    failed: float | None
    pending: float | None
    unknown: float | None
    delivery_rate: float | None
    failed_rate: float | None
    pending_rate: float | None
    unknown_rate: float | None
    median: float | None
    p95: float | None


class Revenue(Shape, frozen=True, kw_only=True):
    """The value of events in one currency."""

    currency: str
    total: float
    per_message: float | None
    per_recipient: float | None


class Converted(Shape, frozen=True, kw_only=True):
    """Conversions of a group of recipients."""

    converted: int
    recipients: int
    rate: float | None
    interval: list[float] | None
    revenue: list[Revenue]


class Whole(PricedFigures, frozen=True, kw_only=True):
    """The figures of all messages, with recipients and conversions where they were asked for."""

    recipients: int | None
    conversions: Converted | None


class Group(PricedFigures, frozen=True, kw_only=True):
    """The figures of one group."""

    before: Figures | None
    changes: Changes | None
    recipients: int | None
    conversions: Converted | None
    key: dict[str, Any]


class OtherGroups(PricedFigures, frozen=True, kw_only=True):
    """Sum of the groups beyond `limit`, so that all groups add up to the total."""

    before: Figures | None
    changes: Changes | None
    groups: int


class DaysCompared(Shape, frozen=True, kw_only=True):
    """The period compared with."""

    from_: date = field(name="from")
    to: date
    total: PricedFigures
    changes: Changes


class DayTotals(Figures, frozen=True, kw_only=True):
    """The figures of one day, or of one day of a tenant."""

    key: dict[str, Any]


class Totals(Shape, frozen=True, kw_only=True):
    """Totals by day. `whole`: `groups` has all days with messages; else those that have changed."""

    from_: date = field(name="from")
    to: date
    timezone: str
    data_as_of: datetime
    group_by: list[str]
    provisional_from: date | None
    whole: bool
    groups: list[DayTotals]
    next_cursor: str


class Statistics(Shape, frozen=True, kw_only=True):
    """Figures in total and by group."""

    from_: date = field(name="from")
    to: date
    timezone: str
    data_as_of: datetime
    group_by: list[str]
    provisional_from: date | None
    figures_from: date | None
    total: Whole
    groups: list[Group]
    other: OtherGroups | None
    compared_with: DaysCompared | None
