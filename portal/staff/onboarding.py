"""Adding a customer on one page: through the same code as a provisioning file, with a way to undo it."""

from dataclasses import dataclass
from datetime import datetime

import yaml
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext

from campaigns import ref_ids
from campaigns.models import ConversionKind, ConversionUpload, RefIdScheme, SegmentKey
from deliveries.models import Export, Message, PartnerMove
from deliveries.partner_ids.ownership import reassign
from deliveries.partner_ids.permissions import operator
from deliveries.partner_ids.selectors import waiting_in
from deliveries.settings_pages.recent_ref_ids import recent_ref_ids
from portal.accounts import invitations
from portal.accounts.models import Invitation, User, record
from portal.brands.models import TenantBrand
from portal.common.jobs.models import OPEN_STATES
from portal.common.masking import Masking
from portal.provisioning.apply import provision
from portal.tenants.models import ApiKey, GatewayAccount, PartnerId, Tenant
from portal.tenants.undone import undone_slug
from reports.models import InvoiceCheck, ReportRun

PERMISSIONS = (
    "tenants.add_tenant",
    "tenants.add_gatewayaccount",
    "tenants.change_partnerid",
    "accounts.add_invitation",
)
MOST_SHOWN = 20


class NotUndone(Exception):
    """Something else depends on the customer; the message says what."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Messages of the typed partner IDs in an account's pool, and its recent refIds as the scheme reads them."""

    waiting: list[tuple[str, int]]  # undeclared partner IDs with their messages, numbers in them masked
    wanted: list[tuple[str, int]]  # each typed partner ID with its waiting messages
    read: list[tuple[str, ref_ids.RefIdParts]]


@dataclass(frozen=True, slots=True)
class Progress:
    """State of a customer that was added: its moves, messages, invitations, and what keeps it from being undone."""

    partners: list[PartnerId]
    open_moves: int
    messages: int  # MOST_SHOWN at most
    invitations: list[Invitation]
    hangs: list[str]


def check_permissions(request: HttpRequest) -> None:
    """Raise PermissionDenied for staff who may not do all that adding a customer takes."""
    if not request.user.has_perms(PERMISSIONS):
        raise PermissionDenied


def pools() -> list[tuple[str, int, int]]:
    """Return each account whose pool has undeclared partner IDs: its name, how many there are, and their messages."""
    found = waiting_in(list(GatewayAccount.objects.order_by("name")))
    return [
        (pool.account.name, len(pool.values), sum(row["messages"] for row in pool.values))
        for pool in found
        if pool.values
    ]


def try_out(account: GatewayAccount | None, values: list[str], scheme: ref_ids.RefIdScheme | None) -> Trial:
    """Return what would follow the partner IDs, and the account's recent refIds read by the scheme; writes nothing."""
    if account is None:
        return Trial([], [(value, 0) for value in values], [])
    [waiting] = waiting_in([account])
    counts = {row["value"]: row["messages"] for row in waiting.values}
    recent, shown = recent_ref_ids(tenant_id=account.pool_id), Masking(in_full=False)
    return Trial(
        [(shown.text(row["value"]), row["messages"]) for row in waiting.values[:MOST_SHOWN]],
        [(value, counts.get(value, 0)) for value in values],
        [(shown.text(ref_id), ref_ids.parse(shown.text(ref_id), scheme)) for ref_id in recent],
    )


def add_customer(data: dict, *, actor: User, now: datetime) -> Tenant:
    """Add the customer of the form's cleaned data, with account, partner IDs, refId scheme and the first owner's
    invitation, or nothing of it. Raises ProvisionError.
    """
    account = data["account"].name if data["account"] else data["new_account"]
    tenant = {name: data[name] for name in ("slug", "name", "timezone", "language", "currency")}
    if data["country"]:
        tenant["country"] = data["country"]
    if data["values"]:
        tenant["partner_ids"] = {account: data["values"]}
    if scheme := data["scheme"]:
        tenant["ref_id"] = {"delimiter": scheme.delimiter, "fields": list(scheme.fields)}
    document: dict = {"tenants": [tenant]}
    if data["new_account"]:
        document["gateway_accounts"] = [
            {"name": data["new_account"], "platform_id": data["platform_id"], "timezone": data["timezone"]}
        ]
    with transaction.atomic():
        provision(yaml.safe_dump(document, allow_unicode=True), "form", now=now, actor=actor.email)
        added = Tenant.objects.get(slug=data["slug"])
        if data["owner_email"]:
            invitations.invite(tenant=added, email=data["owner_email"], role="owner", inviter=actor, now=now)
    return added


def progress_of(tenant: Tenant) -> Progress:
    """Return how far the customer is."""
    return Progress(
        partners=list(PartnerId.objects.filter(tenant=tenant).select_related("account").order_by("value")),
        open_moves=PartnerMove.objects.filter(tenant=tenant, state__in=OPEN_STATES).count(),
        messages=len(Message.objects.filter(tenant=tenant).values_list("message_id")[:MOST_SHOWN]),
        invitations=list(tenant.invitations.filter(revoked_at=None).order_by("id")),
        hangs=_hangs(tenant),
    )


def undo(tenant: Tenant, *, actor: str, now: datetime) -> None:
    """Return the customer's partner IDs with their messages to the pool, revoke its invitations, and free its slug.

    The row stays, empty, since the audit log names it; lists leave it out (portal/tenants/undone.py). Raises NotUndone
    where anything else depends on it.
    """
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update().get(id=tenant.id)
        if hangs := _hangs(tenant):
            raise NotUndone(", ".join(hangs))
        for partner in PartnerId.objects.filter(tenant=tenant).order_by("id"):
            reassign(partner_id=partner.id, tenant=None, permissions=operator(actor, may_take=True), now=now)
        for invitation in tenant.invitations.filter(accepted_at=None, revoked_at=None):
            invitations.revoke(invitation=invitation, actor=actor, now=now)
        RefIdScheme.objects.filter(tenant=tenant).delete()
        record("tenant.undone", actor=actor, tenant=tenant, subject=tenant.slug)
        Tenant.objects.filter(id=tenant.id).update(slug=undone_slug(tenant))


def _hangs(tenant: Tenant) -> list[str]:
    """Return the names of what depends on the customer, beside what adding it made."""
    found = {
        gettext("members"): tenant.memberships,
        gettext("customers below it"): Tenant.objects.filter(parent=tenant),
        gettext("API keys"): ApiKey.objects.filter(tenant=tenant),
        gettext("reports"): ReportRun.objects.filter(tenant=tenant),
        gettext("exports"): Export.objects.filter(tenant=tenant),
        gettext("kinds of conversion events"): ConversionKind.objects.filter(tenant=tenant),
        gettext("uploads of conversion events"): ConversionUpload.objects.filter(tenant=tenant),
        gettext("invoice checks"): InvoiceCheck.objects.filter(tenant=tenant),
        gettext("segment keys"): SegmentKey.objects.filter(tenant=tenant),
        gettext("a brand"): TenantBrand.objects.filter(tenant=tenant),
        gettext("accounts that it owns"): GatewayAccount.objects.filter(owner=tenant),
    }
    return [name for name, rows in found.items() if rows.exists()]
