"""Members of a tenant: who they are, their roles, and how they leave."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.accounts import invitations
from portal.accounts.models import Membership, Role, User, record
from portal.tenants.models import Tenant


class NotAllowed(Exception):
    """A rule stands against it; the text says which, for people."""

    def __init__(self, text: object) -> None:
        super().__init__(text)
        self.text = text


LAST_OWNER = _("A tenant needs an owner: make somebody else one first.")
OWN_ROLE = _("Nobody changes their own role. Ask another owner.")


def members_of(tenant: Tenant) -> QuerySet[Membership]:
    """Return the tenant's own members by name, each with its person; a parent's people are not among them."""
    return tenant.memberships.select_related("user").order_by("user__name", "user__email", "id")


def is_member(tenant: Tenant, email: str) -> bool:
    """Tell whether the person with this address is a member of the tenant itself."""
    return tenant.memberships.filter(user__email__iexact=email).exists()


def change_role(*, membership: Membership, role: Role, actor: User, now: datetime) -> bool:
    """Give a member another role; tell whether it was another. Raises NotAllowed."""
    with transaction.atomic():
        membership = _locked(membership)
        if membership.user_id == actor.id:
            raise NotAllowed(OWN_ROLE)
        before = membership.role
        if before == role:
            return False
        _keep_an_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])
        _take_back_offers(membership, now)
        record(
            "member.role",
            actor=actor.email,
            tenant=membership.tenant,
            subject=membership.user.email,
            details={"from": before, "to": role},
        )
    return True


def remove(*, membership: Membership, actor: User, now: datetime) -> None:
    """End a membership, one's own too; what the person did stays on record. Raises NotAllowed."""
    with transaction.atomic():
        membership = _locked(membership)
        _keep_an_owner(membership)
        email, role, tenant = membership.user.email, membership.role, membership.tenant
        membership.delete()
        _take_back_offers(membership, now)
        record("member.removed", actor=actor.email, tenant=tenant, subject=email, details={"role": role})


def _locked(membership: Membership) -> Membership:
    """Return the membership as it is now, with nobody else changing the tenant's: two last owners could go at once."""
    Tenant.objects.select_for_update().get(id=membership.tenant_id)
    return Membership.objects.select_related("user", "tenant").get(id=membership.id)


def _keep_an_owner(membership: Membership) -> None:
    others = membership.tenant.memberships.exclude(id=membership.id)
    is_last = not others.filter(role=Role.OWNER, user__is_active=True).exists()
    if membership.role == Role.OWNER and is_last:
        raise NotAllowed(LAST_OWNER)


def _take_back_offers(membership: Membership, now: datetime) -> None:
    """Whoever is no owner any more leaves no door open behind them."""
    invitations.revoke_those_by(tenant=membership.tenant, inviter=membership.user.email, now=now)
