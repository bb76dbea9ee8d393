"""A tenant's platformPartnerIds with their moves."""

from collections.abc import Iterable
from dataclasses import dataclass

from deliveries.models import PartnerMove
from portal.tenants.models import PartnerId, Tenant


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner id and the newest move of its messages to the tenant, None where nothing waited."""

    partner: PartnerId
    move: PartnerMove | None

    @property
    def percent(self) -> int:
        """How much of the open move is done, 0 to 100; what arrives while it runs never makes it more than 100."""
        if self.move is None or not self.move.total:
            return 0
        return min(100, 100 * self.move.moved // self.move.total)


def with_moves(partners: Iterable[PartnerId], *, tenant: Tenant) -> list[PartnerRow]:
    """Return the partner ids, in their order, each with its newest move to the tenant."""
    partners = list(partners)
    newest: dict[int, PartnerMove] = {}
    for move in PartnerMove.objects.filter(tenant=tenant, partner__in=partners).order_by("id"):
        newest[move.partner_id] = move
    return [PartnerRow(partner, newest.get(partner.id)) for partner in partners]


def open_moves(*, tenant: Tenant) -> bool:
    """Tell whether messages are on their way to the tenant."""
    return PartnerMove.objects.filter(tenant=tenant).exclude(state=PartnerMove.State.DONE).exists()
