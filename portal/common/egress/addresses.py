"""Addresses that the portal may connect to for a customer: public ones that are not its own (docs/operations.md).

Python's own `is_global` differs between releases, so the table is here, after IANA's registries of special-purpose
addresses. A network that the operator allows is permitted whatever it is.
"""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLOSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by carriers; also Alibaba's metadata
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's host
            "169.254.0.0/16",  # link-local; the metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols; also Oracle's metadata
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
# All else is loopback, mapped or translated IPv4 (::ffff:0:0/96, 64:ff9b::/96), link-local, site-local, private,
# multicast or not assigned.
_OPEN_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address inside
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)


def is_public(address: Address) -> bool:
    """Return whether an address is of a host on the internet, by the table and by Python's."""
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _CLOSED_4)
    return address in _OPEN_6 and address.is_global and not any(address in network for network in _CLOSED_6)


def is_of_this_machine(address: Address) -> bool:
    """Return whether an interface of this machine has the address.

    The system is asked from which address it would reach it: one of its own it reaches from itself. Nothing is sent.
    """
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 53))
            return ip_address(probe.getsockname()[0].partition("%")[0]) == address
    except OSError:  # no way there, so not this machine
        return False


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return networks from their texts. Raises ValueError."""
    return tuple(map(ip_network, texts))


class Guard:
    """Decides about addresses; `own` may be replaced at any time."""

    def __init__(self, *, allowed: Iterable[str] = (), own: Iterable[str] = ()) -> None:
        self.allowed = networks(allowed)
        self.own = frozenset(map(ip_address, own))

    def permits(self, text: str) -> bool:
        """Return whether the portal may connect to an address, as the system writes addresses."""
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if getattr(address, "scope_id", None):  # of one interface
            return False
        if any(address in network for network in self.allowed):
            return True
        return is_public(address) and address not in self.own and not is_of_this_machine(address)
