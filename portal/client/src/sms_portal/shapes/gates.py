"""Gates, and the API key itself."""

from __future__ import annotations

from datetime import datetime

from sms_portal.shapes.base import Shape


class GateFilter(Shape, frozen=True, kw_only=True):
    """The reports that a gate sends."""

    partner_ids: list[str]
    final_only: bool
    statuses: list[str]
    countries: list[str]
    campaign_ids: list[int]
    ref_id_prefix: str
    parameter_key: str
    parameter_value: str


class GateDestination(Shape, frozen=True, kw_only=True):
    """One URL of a gate; password and values of headers are masked."""

    url: str
    content_type: str
    method: str
    template: str
    username: str
    password: str
    headers: list[str]
    custom_parameters: dict[str, str]


class GateFigures(Shape, frozen=True, kw_only=True):
    """Requests of a gate in the last 24 clock hours, tests not counted."""

    requests: int
    delivered: int
    success_share: float | None
    p95_ms: float | None


class GateLastAttempt(Shape, frozen=True, kw_only=True):
    """The newest attempt of a gate."""

    at: datetime
    outcome: str
    is_test: bool


class Gate(Shape, frozen=True, kw_only=True):
    """A gate; `secret`, the signing secret, is in the answer of its creation alone."""

    id: str
    tenant: str
    name: str
    ref_id: str
    type: str
    ttl_ms: int
    acknowledge: bool
    throttle: int | None
    custom_parameters: dict[str, str]
    body: str
    batch_size: int
    forwards_reports: bool
    events: list[str]
    filter: GateFilter
    destinations: list[GateDestination]
    state: str
    state_at: datetime
    off_reason: str | None
    failing_since: datetime | None
    old_secret_until: datetime | None
    created_at: datetime
    changed_at: datetime
    waiting: int
    last_24_hours: GateFigures
    last_attempt: GateLastAttempt | None
    url: str
    secret: str | None = None


class Key(Shape, frozen=True, kw_only=True):
    """The key that sends the request, with its reach."""

    name: str
    prefix: str
    tenant: str | None
    account: str | None
    timezone: str
    country: str | None
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    requests_per_minute: int | None
