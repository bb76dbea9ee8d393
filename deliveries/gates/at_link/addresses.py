"""Addresses of LINK's Gate API that the portal may call.

https to public hosts. GATE_ALLOWED_NETWORKS admits further addresses, those with plain http too.
"""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from deliveries.gates.at_link.errors import GateApiError, Problem

MAX_LENGTH = 300
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def normalised(text: str) -> str:
    """Return the address as scheme, host and port; https where it names no scheme, without the API's own `/gate`.

    Raises ValidationError with the fault.
    """
    text = text.strip()
    parts = _split(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("https", "http"):
        raise ValidationError(_("Use https."))
    if not parts.hostname:
        raise ValidationError(_("Enter a host, such as https://gates.example.com."))
    if parts.username is not None or parts.password is not None:
        raise ValidationError(_("Enter user name and password in their own fields, not in the address."))
    if parts.query or parts.fragment or parts.path.rstrip("/") not in ("", "/gate"):
        raise ValidationError(_("Enter scheme, host and port only. The portal adds /gate/partnergate."))
    literal = _literal(parts.hostname)
    if literal and not _is_open(literal):
        raise ValidationError(_("%(host)s is not a public address."), params={"host": parts.hostname})
    if parts.scheme == "http" and not (literal and _is_allowed(literal)):
        raise ValidationError(_("Use https: with http everybody on the way could read the password."))
    return f"{parts.scheme}://{parts.netloc}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  raises for a port that is none
    except ValueError as error:
        raise ValidationError(_("This is not an address: %(error)s."), params={"error": error}) from error
    if any(sign.isspace() or not sign.isprintable() for sign in text):
        raise ValidationError(_("An address has no spaces."))
    return parts


def check_reachable(address: str) -> None:
    """Raise GateApiError if the stored address may not be called now, or its name leads to an internal address."""
    try:
        parts = urlsplit(normalised(address))
    except ValidationError as error:
        raise GateApiError(Problem.ADDRESS, detail=error.messages[0]) from error
    host = parts.hostname or ""
    if _literal(host):
        return
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise GateApiError(Problem.UNREACHABLE) from error
    if not all(_is_open(ipaddress.ip_address(str(entry[4][0]).partition("%")[0])) for entry in found):
        raise GateApiError(Problem.ADDRESS)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_open(ip: Address) -> bool:
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    return (mapped.is_global and not mapped.is_multicast) or _is_allowed(mapped)


def _is_allowed(ip: Address) -> bool:
    return any(ip in network for network in _networks(settings.GATE_ALLOWED_NETWORKS))


def _networks(texts: Iterable[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(text) for text in texts]
