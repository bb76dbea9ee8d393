"""Resolvers of dnspython that ask the name servers of settings."""

from collections.abc import Iterable
from typing import TypeVar

import dns.nameserver
from dns.resolver import BaseResolver

R = TypeVar("R", bound=BaseResolver)


def resolver_of(kind: type[R], servers: Iterable[str]) -> R:
    """Return a resolver that asks `servers` (`192.0.2.1`, `192.0.2.1:5353`), or the system's if there are none."""
    named = list(servers)
    resolver = kind(configure=not named)
    if named:
        resolver.nameservers = [_server(text) for text in named]
    return resolver


def _server(text: str) -> dns.nameserver.Nameserver:
    address, _colon, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "")
    return dns.nameserver.Do53Nameserver(address, int(port or 53))
