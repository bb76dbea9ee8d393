"""Limits on wrong passwords: for one person from one network, and for one known device.

django-axes counts and rejects by person and network. The adapter (portal/accounts/adapter.py) adds the limits of this
module before a password is checked. Rejected attempts are not counted.
"""

import ipaddress

from allauth.core.internal import ratelimit
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.accounts.client_address import client_address
from portal.accounts.known_devices import device_of

NETWORK_OF_ONE = 64  # the owner of an IPv6 address usually has its whole /64
# One address that tries many people; many addresses that try one person. A known device is held to neither.
PER_ADDRESS = {"sign_in": "30/m/ip"}
PER_PERSON = {"sign_in": "30/5m/key"}
PER_DEVICE = {"sign_in": "5/15m/key"}

_KNOWN = "portal_guesses_as_known_device"


def typed_address(request: HttpRequest, credentials: dict | None = None) -> str:
    """Return the e-mail address that was tried, small letters, at most what an address can have; '' for none."""
    typed = (credentials or {}).get("email") or request.POST.get("login") or ""
    return str(typed).replace("\0", "").strip().lower()[:254]


def network(request: HttpRequest, credentials: dict | None = None) -> str | None:
    """Return the client's IPv4 address, or the first address of its IPv6 network."""
    address = client_address(request)
    if address is None or ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/{NETWORK_OF_ONE}", strict=False).network_address)


def is_locked(request: HttpRequest, credentials: dict) -> bool:
    """Return whether django-axes rejects this person from this network without checking the password."""
    return not AxesProxyHandler.is_allowed(request, credentials)


def known_device(request: HttpRequest, credentials: dict) -> str:
    """Return the known device that the request is from, '' for none."""
    return device_of(request, typed_address(request, credentials))


def count_for_device(request: HttpRequest) -> None:
    """Keep django-axes out of this request: a known device's limit counts it."""
    setattr(request, _KNOWN, True)


def is_counted_for_device(request: HttpRequest, credentials: dict | None = None) -> bool:
    """Return whether django-axes should ignore the request, because it counts for a device."""
    return getattr(request, _KNOWN, False)


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict | None) -> HttpResponse:
    """Respond with 429 and the waiting time; the same for known and unknown addresses."""
    minutes = round(settings.AXES_COOLOFF_TIME.total_seconds() / 60)
    return render(request, "account/locked_out.html", {"minutes": minutes}, status=429)


def count(request: HttpRequest, rates: dict[str, str], key: str) -> ratelimit.RateLimitUsage | None:
    """Count one guess for the key, by the only entry of `rates`; return None where that is one too many."""
    (action,) = rates
    return ratelimit.consume(request, app="portal.accounts", action=action, config=rates, key=key)
