"""Adding a customer below another one: settings, refId scheme, partner IDs and first owner, all of it or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction

from campaigns import ref_ids
from campaigns.models import RefIdScheme
from deliveries.models import PartnerRequest
from deliveries.partner_ids import requests
from deliveries.partner_ids.named import Named
from deliveries.partner_ids.ownership import PartnerIdError, declare
from portal.accounts import invitations
from portal.accounts.access import Access
from portal.accounts.models import Invitation, Role, record
from portal.api.bodies import Faults, refuse
from portal.api.problems import BadField, Conflict
from portal.provisioning.reader import POOL_PREFIX
from portal.tenants import undone
from portal.tenants.models import PartnerId, Tenant
from portal.tenants.scope import web_scope

MAX_PER_DAY = 100  # below one key's tenant: each may send an invitation in the portal's name
RESERVED = (POOL_PREFIX, undone.PREFIX)
NO_HOLDER = (
    "An invitation rests on a person, and this key has no holder who may invite. Create a key on the page API keys, or"
    " leave out the owner."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChild:
    """A customer to add; `partner_ids` are the bodies of declarations."""

    slug: str
    settings: Mapping[str, object]
    scheme: ref_ids.RefIdScheme | None
    partner_ids: Sequence[Mapping[str, Any]]
    may_request: bool
    owner_email: str


@dataclass(slots=True)
class Added:
    """A customer that was added, with the access of the key that reaches it now."""

    tenant: Tenant
    access: Access
    partners: list[PartnerId] = field(default_factory=list)
    requests: list[PartnerRequest] = field(default_factory=list)
    invitation: Invitation | None = None


def add_child(*, access: Access, parent: Tenant, new: NewChild, now: datetime) -> Added:
    """Add a customer below `parent`. Raises BadFields with all that is wrong, and Conflict; then nothing was done."""
    key = access.key
    assert key is not None  # for API keys alone
    if new.owner_email and key.holder_id is None:
        raise Conflict(NO_HOLDER)
    with transaction.atomic():
        _keep_limit(access, parent, now)
        tenant = Tenant(slug=new.slug, parent=parent, **(_inherited(parent) | dict(new.settings)))
        refuse(settings_faults(tenant))
        try:
            with transaction.atomic():
                tenant.save(force_insert=True)
        except IntegrityError:  # another request was faster
            refuse([("#/slug", "This slug is taken.")])
        added = Added(tenant, replace(access, tenant_ids=access.tenant_ids | {tenant.id}))
        with web_scope(added.access.tenant_ids):
            for told in (parent, tenant):
                record("tenant.added", actor=str(key), tenant=told, subject=tenant.slug)
            if new.scheme is not None:
                RefIdScheme.objects.create(
                    tenant=tenant, delimiter=new.scheme.delimiter, fields=list(new.scheme.fields)
                )
            refuse(_declare(added, new, now))
            if new.owner_email:
                added.invitation = invitations.invite(
                    tenant=tenant, email=new.owner_email, role=Role.OWNER, inviter=key, now=now
                )
    return added


def settings_faults(tenant: Tenant) -> Faults:
    """Return what is wrong with a tenant's slug and settings, by JSON Pointer."""
    faults: Faults = []
    if tenant.pk is None and tenant.slug.startswith(RESERVED):
        faults.append(("#/slug", f"Slugs that begin with {' or '.join(RESERVED)} are reserved."))
    if tenant.number_days > tenant.message_days:
        faults.append(("#/number_days", "Numbers cannot be kept longer than messages."))
    try:
        tenant.full_clean(exclude=["parent"], validate_constraints=False)
    except ValidationError as error:
        for name, texts in error.message_dict.items():
            at = "#" if name == NON_FIELD_ERRORS else f"#/{name}"
            faults += [(at, text) for text in texts]
    return faults


def _inherited(parent: Tenant) -> dict[str, object]:
    """Return the settings that a new customer has from the one above it, unless the body says others."""
    return {"language": parent.language, "currency": parent.currency, "require_mfa": parent.require_mfa}


def _keep_limit(access: Access, parent: Tenant, now: datetime) -> None:
    """Count one at a time. Raises Conflict past the day's limit."""
    Tenant.objects.select_for_update().get(id=parent.id)
    recent = Tenant.objects.filter(id__in=access.tenant_ids, created_at__gt=now - timedelta(days=1))
    if recent.exclude(parent=None).count() >= MAX_PER_DAY:
        raise Conflict(f"{MAX_PER_DAY} customers were added in the last 24 hours, which is the limit.")


def _declare(added: Added, new: NewChild, now: datetime) -> Faults:
    """Declare or request the partner IDs; return what is wrong with them."""
    named, faults = Named(added.access), Faults()
    permissions = named.permissions
    for number, one in enumerate(new.partner_ids):
        asked: dict[str, Any] = {"tenant": added.tenant, "value": one["value"], "now": now, "from_day": one.get("from")}
        try:
            if one.get("tenant") not in (None, added.tenant.slug):
                raise BadField("tenant", "leave it out: the partner ID is for the new tenant")
            account = named.account(one.get("account"))
            if new.may_request and account.id not in permissions.accounts:
                made = requests.create_request(account=account, actor=permissions.actor, **asked)
                added.requests.append(made)
                continue
            with permissions.scope():
                added.partners.append(declare(account=account, permissions=permissions, **asked).partner)
        except PartnerIdError as error:
            faults.append((f"#/partner_ids/{number}/{error.field}", str(error.text)))
        except BadField as error:
            faults += [(f"#/partner_ids/{number}{one['pointer'][1:]}", one["detail"]) for one in error.errors or ()]
    return faults
