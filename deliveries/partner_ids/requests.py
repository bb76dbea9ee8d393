"""Requests for platformPartnerIds that the tenant may not declare, and their decisions.

The response to a request is the same whether the value exists, waits or belongs to another tenant, so it reveals
nothing.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from deliveries.models import PartnerRequest
from deliveries.partner_ids.ownership import Declared, PartnerIdError, check_value, declare, period_from
from deliveries.partner_ids.permissions import PartnerIdPermissions
from portal.accounts.models import record
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.ownership import COLUMNS

MAX_OPEN = 50


def create_request(
    *, tenant: Tenant, account: GatewayAccount, value: str, actor: str, now: datetime, from_day: date | None = None
) -> PartnerRequest:
    """Write down that the tenant wants the value, from a day on or all of it; the open request where there is one.

    Raises PartnerIdError.
    """
    check_value(value)
    period_from(tenant, from_day, now=now)
    with transaction.atomic():
        Tenant.objects.select_for_update().get(id=tenant.id)  # the limit is counted by one at a time
        if PartnerId.objects.filter(account_id=account.id, value=value, tenant=tenant).exists():
            raise PartnerIdError("value", _("You already own this partner ID."))
        wanted = {"tenant": tenant, "account_id": account.id, "value": value, "state": PartnerRequest.State.OPEN}
        if (request := PartnerRequest.objects.filter(**wanted).first()) is not None:
            if request.from_day != from_day:
                raise PartnerIdError("from", _("You requested it with another date. Withdraw that request first."))
            return request
        if PartnerRequest.objects.filter(tenant=tenant, state=PartnerRequest.State.OPEN).count() >= MAX_OPEN:
            raise PartnerIdError("value", _("At most %(limit)s requests may be open at a time.") % {"limit": MAX_OPEN})
        request = PartnerRequest.objects.create(**wanted, from_day=from_day, requested_by=actor, requested_at=now)
        _record("requested", request, account, actor)
    return request


def approve(*, request: PartnerRequest, permissions: PartnerIdPermissions, now: datetime) -> Declared:
    """Declare the requested value. If it raises PartnerIdError, the request is unchanged."""
    with transaction.atomic():
        request = _locked(request)
        account = _account(request)
        declared = declare(
            account=account,
            value=request.value,
            tenant=request.tenant,
            permissions=permissions,
            now=now,
            from_day=request.from_day,
        )
        _decide(request, PartnerRequest.State.APPROVED, account, permissions.actor, now)
    return declared


def refuse(*, request: PartnerRequest, permissions: PartnerIdPermissions, now: datetime) -> None:
    """Say no. Raises PartnerIdError for what the permissions do not cover, or is decided."""
    with transaction.atomic():
        request = _locked(request)
        if not permissions.may_declare(account_id=request.account_id, tenant_id=request.tenant_id):
            raise PartnerIdError("request", _("You may not decide this request."))
        _decide(request, PartnerRequest.State.REFUSED, _account(request), permissions.actor, now)


def withdraw(*, request: PartnerRequest, actor: str, now: datetime) -> None:
    """Take one's own tenant's request back. Raises PartnerIdError where it is decided."""
    with transaction.atomic():
        request = _locked(request)
        _decide(request, PartnerRequest.State.WITHDRAWN, _account(request), actor, now)


def _locked(request: PartnerRequest) -> PartnerRequest:
    rows = PartnerRequest.objects.select_for_update(of=("self",)).select_related("tenant")
    request = rows.get(id=request.id)
    if request.state != PartnerRequest.State.OPEN:
        raise PartnerIdError("request", _("This request is already decided."))
    return request


def _account(request: PartnerRequest) -> GatewayAccount:
    return GatewayAccount.objects.only(*COLUMNS).get(id=request.account_id)


def _decide(request: PartnerRequest, state: str, account: GatewayAccount, actor: str, now: datetime) -> None:
    request.state, request.decided_by, request.decided_at = state, actor, now
    request.save(update_fields=["state", "decided_by", "decided_at"])
    _record(f"request_{state}", request, account, actor)


def _record(what: str, request: PartnerRequest, account: GatewayAccount, actor: str) -> None:
    details = {"from": request.from_day.isoformat()} if request.from_day else None
    subject = f"{account.name}/{request.value}"
    record(f"partner_id.{what}", actor=actor, tenant=request.tenant, subject=subject, details=details)
