"""Partner IDs and requests for them, as the API's answers take them."""

from collections.abc import Collection, Iterable

from django.urls import reverse
from django.utils import timezone

from deliveries.models import PartnerMove, PartnerRequest
from deliveries.partner_ids.permissions import PartnerIdPermissions
from deliveries.partner_ids.selectors import seen_periods
from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.accounts.access import Access
from portal.tenants.models import GatewayAccount, PartnerId
from portal.tenants.ownership_periods import current


def shown(partners: Iterable[PartnerId], access: Access, *, also: Collection[int] = ()) -> list[dict]:
    """Return partner IDs as PartnerIdAnswer takes them, with the tenants that the key sees and `also` those."""
    partners, now = list(partners), timezone.now()
    names = _names(p.account_id for p in partners)
    seen = seen_periods(partners, access.tenant_ids | frozenset(also))
    shown_ids = {id_: current([period for _tenant, period in rows], now).tenant_id for id_, rows in seen.items()}
    moves = PartnerMove.objects.filter(partner__in=partners, tenant_id__in=set(shown_ids.values())).order_by("id")
    newest = {(move.partner_id, move.tenant_id): move for move in moves}
    telling = _telling((p.value for p in partners), access, also)
    return [
        {
            "id": partner.id,
            "value": access.masking.text(partner.value) if partner.value in telling else partner.value,
            "account": names[partner.account_id],
            "tenant": next(tenant.slug for tenant, _period in seen[partner.id] if tenant.id == shown_ids[partner.id]),
            "periods": [
                {"tenant": tenant.slug, "from": period.from_at, "until": period.until_at}
                for tenant, period in seen[partner.id]
            ],
            "declared_at": partner.declared_at,
            "first_seen_at": partner.first_seen_at,
            "move": newest.get((partner.id, shown_ids[partner.id])),
            "url": reverse("api:partner_id", args=[partner.id]),
        }
        for partner in partners
    ]


def shown_requests(requests: Iterable[PartnerRequest], access: Access, permissions: PartnerIdPermissions) -> list[dict]:
    """Return requests as RequestAnswer takes them; an approved one with its partner ID, as far as the key sees it."""
    requests = list(requests)
    names = _names(request.account_id for request in requests)
    telling = _telling((request.value for request in requests), access)
    declared = _declared(requests, access)
    return [
        {
            "id": request.id,
            "value": access.masking.text(request.value) if request.value in telling else request.value,
            "account": names[request.account_id],
            "tenant": request.tenant.slug,
            "from": request.from_day,
            "state": request.state,
            "requested_by": request.requested_by,
            "requested_at": request.requested_at,
            "decided_by": request.decided_by or None,
            "decided_at": request.decided_at,
            "may_decide": request.state == PartnerRequest.State.OPEN
            and permissions.may_declare(account_id=request.account_id, tenant_id=request.tenant_id),
            "partner_id": declared.get((request.account_id, request.value))
            if request.state == PartnerRequest.State.APPROVED
            else None,
            "url": reverse("api:partner_id_request", args=[request.id]),
        }
        for request in requests
    ]


def _declared(requests: list[PartnerRequest], access: Access) -> dict[tuple[int, str], dict]:
    approved = [request for request in requests if request.state == PartnerRequest.State.APPROVED]
    if not approved:
        return {}
    wanted = {(request.account_id, request.value) for request in approved}
    found = PartnerId.objects.filter(
        tenant_id__in=access.tenant_ids,
        account_id__in={account_id for account_id, _value in wanted},
        value__in={value for _account_id, value in wanted},
    )
    partners = [partner for partner in found if (partner.account_id, partner.value) in wanted]
    answers = shown(partners, access)
    return {(p.account_id, p.value): answer for p, answer in zip(partners, answers, strict=True)}


def _names(account_ids: Iterable[int]) -> dict[int, str]:
    return dict(GatewayAccount.objects.filter(id__in=set(account_ids)).values_list("id", "name"))


def _telling(values: Iterable[str], access: Access, also: Collection[int] = ()) -> frozenset[str]:
    """Return the values that the key sees masked."""
    if access.masking.in_full:
        return frozenset()
    return telling_partner_ids(set(values), tenant_ids=access.tenant_ids | frozenset(also))
