"""TXT records by which a tenant confirms that a host name is its own."""

from collections.abc import Iterable
from enum import StrEnum

import dns.exception
import dns.resolver
from django.conf import settings

from portal.common.name_servers import resolver_of

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
        resolver = resolver_of(dns.resolver.Resolver, settings.DNS_SERVERS if servers is None else servers)
        found = resolver.resolve(f"{PREFIX}{host}.", "TXT", lifetime=WITHIN, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Answer.MISSING
    except dns.exception.DNSException:
        return Answer.UNREACHABLE
    texts = {b"".join(record.strings).strip() for record in found}
    return Answer.FOUND if token.encode() in texts else Answer.MISSING
