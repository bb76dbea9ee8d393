"""Limit on openings of links in mails in a minute, from one address."""

import time

from django.conf import settings
from django.http import HttpRequest

from portal.accounts.client_address import client_network
from portal.common.cache import count_up

WINDOW = 60  # seconds


def is_over(request: HttpRequest) -> bool:
    """Count the request, also that of an unknown link; return whether the limit is passed."""
    network, quota = client_network(request), settings.SHARE_ADDRESS_PER_MINUTE
    if not (network and quota):
        return False
    return count_up(f"mail-link-limit:{network}:{int(time.time() // WINDOW)}", seconds=2 * WINDOW) > quota
