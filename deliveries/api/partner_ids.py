"""GET /api/v1/partner-ids/: platformPartnerIds, whose they are, and what is on its way to them."""

from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.api.examples import PARTNER_ID
from deliveries.api.serializers import PartnerIdPageSerializer
from deliveries.models import PartnerMove
from portal.api.operations import Operation
from portal.api.pages import page_by_id
from portal.api.parameters import ACCOUNT, CURSOR, SIZE, TENANT
from portal.api.views import ApiView
from portal.tenants.models import GatewayAccount, PartnerId


class PartnerIdsView(ApiView):
    """The key's partner IDs, newest first; an account's key sees those that nobody declared, too."""

    operations = {
        "GET": Operation(
            id="list_partner_ids",
            tag="Partner IDs",
            summary="List partner IDs",
            text="The key's platformPartnerIds, newest first, with the newest move of messages to their tenant. An "
            "account's key sees those that nobody declared, too: they belong to the account's pool.",
            parameters=(ACCOUNT, TENANT, CURSOR, SIZE),
            answer=PartnerIdPageSerializer,
            answer_text="A page of partner IDs.",
            answer_example={"next_cursor": None, "data": [PARTNER_ID]},
        )
    }

    def get(self, request: Request) -> Response:
        partners = PartnerId.objects.filter(tenant_id__in=self.access.tenant_ids).select_related("tenant")
        if (account_id := self.given.account_id(self.access)) is not None:
            partners = partners.filter(account_id=account_id)
        if slug := self.given.text("tenant"):
            partners = partners.filter(tenant__slug=slug)
        page, cursor = page_by_id(partners, self.given)
        accounts = dict(GatewayAccount.objects.filter(id__in={p.account_id for p in page}).values_list("id", "name"))
        moves = PartnerMove.objects.filter(partner__in=page, tenant_id__in=self.access.tenant_ids).order_by("id")
        newest = {(move.partner_id, move.tenant_id): move for move in moves}
        data = [
            {
                "value": partner.value,
                "account": accounts[partner.account_id],
                "tenant": partner.tenant.slug,
                "declared_at": partner.declared_at,
                "first_seen_at": partner.first_seen_at,
                "move": _shown(newest.get((partner.id, partner.tenant_id))),
            }
            for partner in page
        ]
        return self.answer({"data": data, "next_cursor": cursor})


def _shown(move: PartnerMove | None) -> dict | None:
    return None if move is None else {"state": move.state, "total": move.total, "moved": move.moved}
