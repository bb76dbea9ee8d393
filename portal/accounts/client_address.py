"""Client address of a request: the connection's address, or the one that a trusted proxy reports."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from portal.tenants import networks

IPV6_SITE = 64  # bits: one customer of a provider has all addresses of such a network
NOBODY_KNOWS = "::"  # the unspecified address, where one has to be written down


def client_address(request: HttpRequest, credentials: dict | None = None) -> str | None:
    """Return the client's address in the form of PostgreSQL's inet, None if unknown.

    `X-Forwarded-For` is read from its end, and only through addresses in TRUSTED_PROXIES: entries written by the client
    are ignored. (`credentials` is passed by django-axes.)
    """
    peer = networks.plain_address(request.META.get("REMOTE_ADDR") or "")
    proxies = tuple(map(ipaddress.ip_network, settings.TRUSTED_PROXIES))
    if not _is_proxy(peer, proxies):
        return peer or None
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    for text in reversed(forwarded):
        peer = networks.plain_address(text)
        if not _is_proxy(peer, proxies):
            break
    return peer or None


def client_network(request: HttpRequest) -> str:
    """Return the address that limits count by: an IPv6 client's network, "" if unknown."""
    address = client_address(request)
    if address and ipaddress.ip_address(address).version == 6:
        return str(ipaddress.ip_network((address, IPV6_SITE), strict=False))
    return address or ""


def _is_proxy(address: str, proxies: tuple[networks.Network, ...]) -> bool:
    return bool(proxies) and networks.admits(proxies, address)
