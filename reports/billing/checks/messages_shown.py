"""Messages behind a part as a page or a file shows them to somebody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from deliveries.models import ResultCode
from deliveries.search.addresses import sealed_id
from portal.accounts.access import Access
from portal.common.masking import Masking
from reports.billing.checks.listing import Listed
from reports.billing.checks.scope import CheckScope

_STATUSES = dict(ResultCode.Status.choices)


@dataclass(frozen=True, slots=True)
class MessageShown:
    """One message; `address_id` is its id for the message's page, '' where the person does not reach it."""

    message_id: str
    address_id: str
    sent_at: datetime
    country: str
    operator: str
    status: str
    result_code: int
    parts: int
    closing: str
    quantity: int

    @property
    def status_text(self) -> str:
        """Status in the language of the page."""
        return str(_STATUSES[self.status])

    @property
    def closing_text(self) -> str:
        """Status at the gateway's close in the language of the page."""
        return str(_STATUSES[self.closing])


def shown_messages(listed: Iterable[Listed], scope: CheckScope, access: Access) -> list[MessageShown]:
    """Return messages with what the role hides; only messages of the person's tenants have an address."""
    return [
        MessageShown(
            message_id=shown_id(one, access.masking),
            address_id=_address_id(one, access) if one.tenant_id in access.tenant_ids else "",
            sent_at=one.sent_at.astimezone(scope.span.zone),
            country=one.country,
            operator=access.masking.text(one.operator, one.destination),
            status=one.status,
            result_code=one.result_code,
            parts=one.parts,
            closing=one.closing,
            quantity=one.quantity,
        )
        for one in listed
    ]


def shown_id(message: Listed, masking: Masking) -> str:
    """Return a message's id, masked if it reveals the recipient's number."""
    return masking.id(message.message_id, message.destination) or ""


def _address_id(message: Listed, access: Access) -> str:
    hides = access.masking.hides_id(message.message_id, message.destination)
    return sealed_id(message.message_id) if hides else message.message_id
