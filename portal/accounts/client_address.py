"""Where a request comes from: the connection's address, or what a trusted proxy says of it."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from portal.tenants import networks

NOBODY_KNOWS = "::"  # the unspecified address, where one has to be written down


def client_address(request: HttpRequest, credentials: dict | None = None) -> str | None:
    """Return the client's address as PostgreSQL's inet takes it, None where nobody knows it.

    `X-Forwarded-For` is read from its end, and only as far as the networks of TRUSTED_PROXIES reach: what a client
    wrote into it itself is never believed. (`credentials` is what django-axes passes along.)
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


def _is_proxy(address: str, proxies: tuple[networks.Network, ...]) -> bool:
    return bool(proxies) and networks.admits(proxies, address)
