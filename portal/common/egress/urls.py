"""URLs of customers' receivers: their form, and the hosts and ports that none may name (docs/operations.md).

The same parser checks a URL when it is typed and makes the URL that is connected to. A name's addresses are checked
only when it is connected to (resolver.py).
"""

import re
from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urlsplit

import idna
import yarl
from django.conf import settings
from django.utils.translation import gettext as _

from portal.common.egress.addresses import Network, is_public, networks
from portal.common.own_hosts import is_own

MAX_LENGTH = 2000  # of one that is typed
SCHEMES = ("http", "https")

# Below 1024 the ports of HTTP alone. Above, none that another common service has: what is sent could be read by it.
_LOW_PORTS = {80, 443}
_CLOSED_PORTS = {
    *(1433, 1434, 1521, 2483, 2484, 3306, 5432, 5433, 6432, 26257, 33060),  # SQL databases
    *(5984, 7000, 7001, 7199, 7474, 7687, 8529, 9042, 9160, 9200, 9300, 27017, 27018, 27019, 28017),  # other databases
    *(6379, 6380, 11211, 26379),  # caches
    *(4369, 5671, 5672, 9092, 15672, 61613, 61616),  # queues
    *(2181, 2375, 2376, 2379, 2380, 6443, 8125, 8300, 8301, 8302, 8500, 10250, 10255),  # clusters
    *(2049, 3128, 3268, 3269, 5060, 5061, *range(6660, 6670), 6697),  # files, proxies, directories, telephony, chat
    *(3389, *range(5900, 5910), 5985, 5986, *range(6000, 6011)),  # desktops
}

# Names that no public host has. They are refused unseen, so that nobody learns which of them exist here.
_CLOSED_DOMAINS = (
    "alt", "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain",
    "localhost", "mail", "onion", "private", "test",
)  # fmt: skip

_UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff\\]")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*")
_KEPT = "/?:@!$&'()*+,;=%~-._[]"  # of a path or query; all else is percent-encoded


def check_url(url: str, *, allowed_networks: Iterable[str] | None = None) -> None:
    """Raise ValueError with a sentence for people if nothing may ever be sent to this URL.

    Reads no DNS. `allowed_networks` as in Egress; default: `settings.GATE_ALLOWED_NETWORKS`.
    """
    allowed = settings.GATE_ALLOWED_NETWORKS if allowed_networks is None else allowed_networks
    parse_url(url, allowed=networks(allowed))


def parse_url(text: str, *, allowed: tuple[Network, ...] = (), limit: int = MAX_LENGTH) -> yarl.URL:
    """Return the URL to send to; its host is an address that may be connected to, or a name. Raises ValueError."""
    if not text:
        raise ValueError(_("Enter a URL."))
    if len(text) > limit:
        raise ValueError(_("A URL has at most %(limit)d characters.") % {"limit": limit})
    if _UNFIT.search(text):
        raise ValueError(_("A URL has no spaces, control characters or backslashes; percent-encode them."))
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(_("The URL is not valid: check its host and port.")) from None
    if parts.scheme not in SCHEMES or not parts.netloc:
        raise ValueError(_("A URL begins with https:// or http://."))
    if "@" in parts.netloc:
        raise ValueError(_("The URL must not hold a user name or password. Enter them in fields of their own."))
    if "#" in text:
        raise ValueError(_("A URL that is sent to has no #."))
    _check_port(port)
    host = _host(parts.hostname or "", is_bracketed="[" in parts.netloc, allowed=allowed)
    return yarl.URL.build(
        scheme=parts.scheme,
        host=host,
        port=port,
        path=quote(parts.path or "/", safe=_KEPT),
        query_string=quote(parts.query, safe=_KEPT),
        encoded=True,
    )


def _check_port(port: int | None) -> None:
    if port is None:
        return
    if port in _CLOSED_PORTS or (port < 1024 and port not in _LOW_PORTS):
        raise ValueError(
            _("Port %(port)d is not permitted: use 443, 80 or one above 1023 that no database or other service has.")
            % {"port": port}
        )


def _host(text: str, *, is_bracketed: bool, allowed: tuple[Network, ...]) -> str:
    """Return the host in ASCII. Raises ValueError."""
    if is_bracketed:
        return _address_6(text, allowed)
    try:
        host = text if text.isascii() else idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError(_not_a_host()) from None
    labels = host.split(".")
    if _NUMERIC.fullmatch(labels[-1]):
        return _address_4(host, allowed)
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError(_not_a_host())
    if not allowed and (len(labels) == 1 or labels[-1] in _CLOSED_DOMAINS):
        raise ValueError(_("The host is not public: name one that can be reached from the internet."))
    if host != "localhost" and is_own(host):  # localhost is checked as an address
        raise ValueError(_("The URL must not lead to this portal itself."))
    return host


def _address_4(host: str, allowed: tuple[Network, ...]) -> str:
    """Refuse the spellings that systems read as addresses too, such as 2130706433, 0x7f.1 and 127.1."""
    try:
        address = IPv4Address(host)
    except AddressValueError:
        raise ValueError(_("Write the address as four decimal numbers, such as 192.0.2.10.")) from None
    return _permitted(address, allowed)


def _address_6(text: str, allowed: tuple[Network, ...]) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise ValueError(_not_a_host()) from None
    if address.scope_id is not None:
        raise ValueError(_not_a_host())
    return _permitted(address, allowed)


def _permitted(address: IPv4Address | IPv6Address, allowed: tuple[Network, ...]) -> str:
    if not is_public(address) and not any(address in network for network in allowed):
        raise ValueError(_("The address is not public: name one that can be reached from the internet."))
    return str(address)


def _not_a_host() -> str:
    return _("The host in the URL is not valid: letters, digits, hyphens and dots, such as sms.example.com.")
