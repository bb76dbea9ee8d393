"""The gate that a page's address names."""

from django.http import Http404

from deliveries.models import Gate
from portal.tenants.models import Tenant


def gate_or_404(tenant: Tenant, public_id: str) -> Gate:
    """Return the tenant's gate with this id."""
    gate = Gate.objects.filter(tenant=tenant, public_id=public_id).first()
    if gate is None:
        raise Http404
    return gate
