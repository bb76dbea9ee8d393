"""Partner IDs, the requests for them, and the results of declaring many."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import field

from sms_portal.errors import FieldError
from sms_portal.shapes.base import Shape


class OwnershipPeriod(Shape, frozen=True, kw_only=True):
    """A time in which a tenant owns a partner ID: messages sent from its beginning until before its end."""

    tenant: str
    from_: datetime | None = field(name="from")
    until: datetime | None


class Move(Shape, frozen=True, kw_only=True):
    """Progress of moving a partner ID's messages to its tenant."""

    state: str
    total: int
    moved: int
    sealed: int


class PartnerId(Shape, frozen=True, kw_only=True):
    """A platformPartnerId of one gateway account, and whose it is."""

    id: int
    value: str
    account: str
    tenant: str
    periods: list[OwnershipPeriod]
    declared_at: datetime | None
    first_seen_at: datetime
    move: Move | None
    url: str


class PartnerIdRequest(Shape, frozen=True, kw_only=True):
    """A tenant's request for a partner ID, and its decision."""

    id: int
    value: str
    account: str
    tenant: str
    state: str
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    may_decide: bool
    partner_id: PartnerId | None
    url: str
    from_: date | None = field(name="from")


class DeclareResult(Shape, frozen=True, kw_only=True):
    """Result for one partner ID."""

    item: int
    result: str
    partner_id: PartnerId | None
    request: PartnerIdRequest | None
    errors: list[FieldError]


class DeclareResults(Shape, frozen=True, kw_only=True):
    """Results of a body of partner IDs."""

    declared: int
    unchanged: int
    requested: int
    refused: int
    data: list[DeclareResult]
