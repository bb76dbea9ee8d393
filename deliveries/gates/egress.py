"""The way out of the portal for gates: public addresses, and the networks of a setting."""

from django.conf import settings

from deliveries.gates.limits import NORMAL, SLOW
from portal.common.egress import Egress


def egress() -> Egress:
    """Return a new way out, with the portal's settings; it is an async context manager."""
    return Egress(own_addresses=settings.GATE_OWN_ADDRESSES, limit=NORMAL + SLOW)
