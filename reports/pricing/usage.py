"""Counted messages as the engine prices them."""

from dataclasses import dataclass
from datetime import date

from deliveries.dialects.codes import COUNTS_AS, DELIVERED, UNKNOWN
from reports.pricing.tariff import Per

BILLED_UNDELIVERED = 1009  # the gateway's code for messages that it bills although they were not delivered


@dataclass(frozen=True, slots=True)
class Usage:
    """Messages and their SMS parts with one key, on days from `day` on with the same prices, all in one month."""

    day: date
    account_id: int
    partner_id: str
    country: str
    operator: str
    sender_type: str
    status: str
    result_code: int
    messages: int
    parts: int

    def quantity(self, per: Per) -> int:
        """Return how many of the units that prices are for."""
        return self.parts if per == Per.PART else self.messages

    @property
    def is_delivered(self) -> bool:
        return self.status == DELIVERED

    @property
    def is_failed(self) -> bool:
        return COUNTS_AS[self.status] == "failed"

    @property
    def is_billed_undelivered(self) -> bool:
        return self.is_failed and self.result_code == BILLED_UNDELIVERED

    @property
    def is_unknown(self) -> bool:
        return self.status == UNKNOWN
