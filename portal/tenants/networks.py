"""Source networks: which addresses may post to a feed."""

import ipaddress
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def validate(value: object) -> None:
    """Raise ValidationError unless `value` is a list of CIDR networks or addresses, as text."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValidationError(_('A list of networks, such as ["192.0.2.0/24"].'))
    for item in value:
        try:
            ipaddress.ip_network(item)
        except ValueError as error:
            raise ValidationError(_("%(item)s: %(error)s"), params={"item": item, "error": error}) from error


@lru_cache(maxsize=4096)  # a gateway sends from few addresses, and each request asks
def plain_address(text: str) -> str:
    """Return the address in the form of PostgreSQL's inet, '' if it is not one.

    An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`, as a dual-stack socket reports it) becomes IPv4. A zone
    (`fe80::1%eth0`) is removed.
    """
    try:
        ip = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(ip, "ipv4_mapped", None) or ip)


def admits(networks: tuple[Network, ...], address: str) -> bool:
    """Return whether `address` is allowed; an empty list of networks allows all."""
    if not networks:
        return True
    plain = plain_address(address)
    return bool(plain) and any(ipaddress.ip_address(plain) in network for network in networks)
