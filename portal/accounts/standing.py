"""Current rights of a person at a tenant, read from the database outside of that person's own request."""

from django.conf import settings

from portal.accounts import roles
from portal.accounts.models import Membership, Role, User
from portal.tenants.models import Tenant


def with_ancestors(tenant: Tenant) -> list[int]:
    """Return the ids of the tenant and of all above it."""
    ids = [tenant.id]
    above = tenant.parent_id
    while above is not None and above not in ids:
        ids.append(above)
        above = Tenant.objects.filter(id=above).values_list("parent_id", flat=True).first()
    return ids


def roles_in(user_id: int, tenant: Tenant) -> frozenset[Role]:
    """Return the roles that the person's memberships give at the tenant."""
    held = Membership.objects.filter(user_id=user_id, tenant_id__in=with_ancestors(tenant))
    return frozenset(Role(role) for role in held.values_list("role", flat=True))


def has_right(user: User | None, tenant: Tenant, right: str, *, staff_permission: str) -> bool:
    """Return whether the person has the right now: as a member, or as staff with the permission."""
    if user is None or not user.is_active:
        return False
    if user.is_staff and user.has_perm(staff_permission):
        return True
    return roles.may(roles_in(user.id, tenant), right)


def owners_of(tenant: Tenant) -> list[User]:
    """Return the tenant's active owners; where it has none of its own, those of the nearest tenant above."""
    for tenant_id in with_ancestors(tenant):
        owned = {"memberships__tenant_id": tenant_id, "memberships__role": Role.OWNER}
        owners = list(User.objects.filter(is_active=True, **owned).order_by("email"))
        if owners:
            return owners
    return []


def managers_of(tenant: Tenant) -> dict[str, str]:
    """Return the language of each active owner and manager of the tenant by e-mail address.

    A tenant without any has those of the nearest tenant above.
    """
    for tenant_id in with_ancestors(tenant):
        held = {"tenant_id": tenant_id, "role__in": (Role.OWNER, Role.MANAGER), "user__is_active": True}
        found = dict(
            Membership.objects.filter(**held).order_by("user__email").values_list("user__email", "tenant__language")
        )
        if found:
            return found
    return {}


def staff_addresses() -> list[str]:
    """Return whom mails for staff are sent to: ALARM_EMAILS, or all active staff."""
    if settings.ALARM_EMAILS:
        return list(settings.ALARM_EMAILS)
    staff = User.objects.filter(is_staff=True, is_active=True)
    return list(staff.order_by("email").values_list("email", flat=True))


def staff_languages() -> dict[str, str]:
    """Return the language of each of `staff_addresses`: that of their own customer, else ALARM_LANGUAGE."""
    addresses = staff_addresses()
    found: dict[str, str] = {}
    for membership in (
        Membership.objects.filter(user__email__in=addresses).select_related("user", "tenant").order_by("id")
    ):
        found.setdefault(membership.user.email, membership.tenant.language)
    return {address: found.get(address, settings.ALARM_LANGUAGE) for address in addresses}
