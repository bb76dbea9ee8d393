"""Members of a tenant: who they are, their roles, and how they leave."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.accounts import lost_rights, lost_views, roles, standing
from portal.accounts.models import Membership, Role, User, record
from portal.accounts.owners import LAST_OWNER, NotAllowed, lock_members
from portal.tenants.models import ApiKey, Tenant
from portal.tenants.scope import with_descendants

NO_LONGER = _("You are no longer an owner.")
GONE = _("This person is no longer a member.")
OF_HOLDER = _("An API key cannot change or remove the person who holds it.")
KEY_ENDED = _("This API key was revoked, or its holder may no longer hold it.")
OWN_ROLE = _("You cannot change your own role. Ask another owner.")


def members_of(tenant: Tenant) -> QuerySet[Membership]:
    """Return the tenant's own members by name, each with its person; a parent's people are not among them."""
    return tenant.memberships.select_related("user").order_by("user__name", "user__email", "id")


def is_member(tenant: Tenant, email: str) -> bool:
    """Return whether the person with this address is a direct member of the tenant."""
    return tenant.memberships.filter(user__email__iexact=email).exists()


def change_role(*, membership: Membership, role: Role, actor: User | ApiKey, now: datetime) -> bool:
    """Give a member another role; return whether it changed. Raises NotAllowed."""
    with transaction.atomic():
        membership = _locked(membership)
        if membership.user_id == _person(actor):
            raise NotAllowed(OWN_ROLE if isinstance(actor, User) else OF_HOLDER)
        _still_an_owner(actor, membership.tenant)
        before = membership.role
        if before == role:
            return False
        _keep_an_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])
        lost_rights.settle(actor=str(actor), now=now, user=membership.user)
        record(
            "member.role",
            actor=str(actor),
            tenant=membership.tenant,
            subject=membership.user.email,
            details={"from": before, "to": role},
        )
    return True


def remove(*, membership: Membership, actor: User | ApiKey, now: datetime, revoke_keys: bool = False) -> None:
    """End a membership, one's own too; what the person did stays on record. Raises NotAllowed.

    API keys that rest on it get their notice, or with `revoke_keys` end at once.
    """
    with transaction.atomic():
        membership = _locked(membership)
        if membership.user_id == _person(actor) and isinstance(actor, ApiKey):
            raise NotAllowed(OF_HOLDER)
        if membership.user_id != _person(actor):
            _still_an_owner(actor, membership.tenant)
        _keep_an_owner(membership)
        user, role, tenant = membership.user, membership.role, membership.tenant
        membership.delete()
        record("member.removed", actor=str(actor), tenant=tenant, subject=user.email, details={"role": role})
        lost_rights.settle(actor=str(actor), now=now, user=user)
        lost_views.delete_for(user, tenant)
        if revoke_keys:
            below = list(with_descendants([tenant.id]))
            lost_rights.revoke_keys_of(user, tenant_ids=below, actor=str(actor), now=now)


def _locked(membership: Membership) -> Membership:
    """Return the current membership, with changes of members locked: otherwise two last owners could leave at once."""
    lock_members()
    found = Membership.objects.select_related("user", "tenant").filter(id=membership.id).first()
    if found is None:
        raise NotAllowed(GONE)
    return found


def _person(actor: User | ApiKey) -> int | None:
    """Return the id of the person who acts, by a key its holder."""
    return actor.pk if isinstance(actor, User) else actor.holder_id


def _still_an_owner(actor: User | ApiKey, tenant: Tenant) -> None:
    """Check the actor's role again under the lock: another owner may have removed the actor meanwhile."""
    if isinstance(actor, ApiKey):
        if not ApiKey.objects.filter(id=actor.pk, revoked_at=None, abandoned_at=None).exists():
            raise NotAllowed(KEY_ENDED)
        return
    if not roles.may(standing.roles_in(actor.id, tenant), "manage_members"):
        raise NotAllowed(NO_LONGER)


def _keep_an_owner(membership: Membership) -> None:
    others = membership.tenant.memberships.exclude(id=membership.id)
    is_last = not others.filter(role=Role.OWNER, user__is_active=True).exists()
    if membership.role == Role.OWNER and is_last:
        raise NotAllowed(LAST_OWNER)
