"""Limits on openings of shared links in a minute: for one link, and from one address."""

import time

from django.conf import settings

from portal.accounts.access import PageRequest
from portal.accounts.client_address import client_network
from portal.common.cache import count_up

WINDOW = 60  # seconds


def is_over(request: PageRequest) -> bool:
    """Count the request, also that of an unknown link; return whether a limit is passed."""
    link, window = request.access.share, int(time.time() // WINDOW)
    limits = [("address", client_network(request), settings.SHARE_ADDRESS_PER_MINUTE)]
    if link is not None:
        limits.append(("link", str(link.id), settings.SHARE_LINK_PER_MINUTE))
    used = [
        (count_up(f"share-limit:{kind}:{who}:{window}", seconds=2 * WINDOW), quota)
        for kind, who, quota in limits
        if who and quota
    ]
    return any(count > quota for count, quota in used)
