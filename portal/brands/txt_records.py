"""TXT records by which a tenant confirms that a host name is its own."""

from collections.abc import Iterable
from enum import StrEnum

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings

PREFIX = "_sms-portal."
WITHIN = 3.0  # seconds, for all servers together


class Answer(StrEnum):
    """Answer of DNS about a record."""

    FOUND = "found"
    MISSING = "missing"
    UNREACHABLE = "unreachable"  # no server answered, or none could


def look_up(host: str, token: str, *, servers: Iterable[str] | None = None) -> Answer:
    """Return whether `_sms-portal.<host>` has a TXT record with exactly this token.

    `servers` are `address` or `address:port`; default: `settings.DNS_SERVERS`, and without these the system's.
    """
    try:
        found = _resolver(settings.DNS_SERVERS if servers is None else servers).resolve(
            f"{PREFIX}{host}.", "TXT", lifetime=WITHIN, search=False
        )
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Answer.MISSING
    except dns.exception.DNSException:
        return Answer.UNREACHABLE
    texts = {b"".join(record.strings).strip() for record in found}
    return Answer.FOUND if token.encode() in texts else Answer.MISSING


def _resolver(servers: Iterable[str]) -> dns.resolver.Resolver:
    named = list(servers)
    resolver = dns.resolver.Resolver(configure=not named)
    if named:
        resolver.nameservers = [_server(text) for text in named]
    return resolver


def _server(text: str) -> dns.nameserver.Nameserver:
    address, _colon, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "")
    return dns.nameserver.Do53Nameserver(address, int(port or 53))
