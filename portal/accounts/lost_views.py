"""Deletion of saved views of tenants that their person has stopped reaching. Shared ones stay with the tenant."""

from portal.accounts import standing
from portal.accounts.models import Membership, User
from portal.saved_views.models import SavedView
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope, with_descendants


def delete_for(user: User, tenant: Tenant) -> None:
    """Delete the person's views of the tenant and of those below it, except of tenants that another membership reaches.

    A page that ends a membership calls this. It works in that person's scope, since no other scope shows the views
    and the memberships of the tenants above.
    """
    below = with_descendants([tenant.id])
    with web_scope(below, person=str(user.pk)):
        lost = [one.pk for one in Tenant.objects.filter(id__in=below) if not standing.roles_in(user.pk, one)]
        SavedView.objects.filter(user_id=user.pk, tenant_id__in=lost, is_shared=False).delete()


def delete_all_lost() -> int:
    """Delete such views of everybody, in a scope that sees them all; return their number."""
    private = SavedView.objects.filter(is_shared=False)
    held = set(private.values_list("user_id", "tenant_id").distinct())
    of_people = {user_id for user_id, _tenant_id in held}
    memberships = set(Membership.objects.filter(user_id__in=of_people).values_list("user_id", "tenant_id"))
    tenants = Tenant.objects.filter(id__in={tenant_id for _user_id, tenant_id in held})
    above = {tenant.pk: standing.with_ancestors(tenant) for tenant in tenants}
    deleted = 0
    for user_id, tenant_id in sorted(held):
        if not any((user_id, one) in memberships for one in above[tenant_id]):
            deleted += private.filter(user_id=user_id, tenant_id=tenant_id).delete()[0]
    return deleted
