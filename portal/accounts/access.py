"""What a person may see and do in one request."""

from dataclasses import dataclass

from portal.accounts import roles
from portal.accounts.models import Role
from portal.tenants.models import Tenant
from portal.tenants.scope import with_descendants


@dataclass(frozen=True, slots=True)
class Access:
    """The tenants that a request sees, the one it is about (None: none, or none that the person may see), the role.

    `reached` holds all that the person's memberships reach, whatever the request is about.
    """

    tenant_ids: frozenset[int] = frozenset()
    reached: frozenset[int] = frozenset()
    tenant: Tenant | None = None
    role: Role | None = None
    is_staff: bool = False

    def may(self, right: str) -> bool:
        return roles.may(self.role, right)


def access_of(user, *, slug: str | None) -> Access:
    """Return what `user` reaches: by each membership its tenant and all below; with a slug that tenant's part of it.

    A role for a parent holds for its children; of several the greatest counts.
    """
    if not user.is_authenticated or not user.is_active:
        return Access()
    memberships = list(user.memberships.filter(tenant__kind=Tenant.Kind.CUSTOMER))  # a pool is nobody's
    reached = {membership.id: with_descendants([membership.tenant_id]) for membership in memberships}
    everything = frozenset().union(*reached.values())
    if slug is None:
        return Access(tenant_ids=everything, reached=everything, is_staff=user.is_staff)
    tenant = Tenant.objects.filter(slug=slug, id__in=everything).first()
    if tenant is None:
        return Access(reached=everything, is_staff=user.is_staff)
    role = roles.greatest([m.role for m in memberships if tenant.id in reached[m.id]])
    return Access(
        tenant_ids=frozenset(with_descendants([tenant.id])),
        reached=everything,
        tenant=tenant,
        role=role,
        is_staff=user.is_staff,
    )
