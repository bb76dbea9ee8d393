"""The way out of the portal for gates: public addresses, and the networks of a setting."""

from django.conf import settings

from deliveries.gates.limits import NORMAL, SLOW
from portal.brands.models import TenantBrand
from portal.common.egress import Egress
from portal.common.own_hosts import own_hosts


def egress() -> Egress:
    """Return a new way out, with the portal's settings; it is an async context manager."""
    return Egress(own_addresses=settings.GATE_OWN_ADDRESSES, limit=NORMAL + SLOW)


def own_names() -> set[str]:
    """Return the host names of the portal, those of customers' brands included: gates may not send there."""
    confirmed = TenantBrand.objects.exclude(host_confirmed_at=None).values_list("host", flat=True)
    return own_hosts() | set(confirmed)
