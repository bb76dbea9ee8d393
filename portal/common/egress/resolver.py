"""Look-ups of receivers' names, and connections to their addresses: each checked before anything is sent there."""

import contextlib
import socket
import weakref
from collections.abc import Iterable
from ipaddress import ip_address

import aiohttp
import dns.asyncresolver
import dns.exception
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler

from portal.common.egress.addresses import Guard
from portal.common.name_servers import resolver_of

WITHIN = 2.0  # seconds for a look-up, both families and all servers together
IDLE_HOSTS = 200  # with open connections; they are open files, so a connection to another host is not kept


class Blocked(OSError):
    """An address that the portal must not connect to; its text names none."""

    def __init__(self) -> None:
        super().__init__("the destination is not permitted")


class NotFound(OSError):
    """DNS knows no address of a name, or did not answer."""

    def __init__(self) -> None:
        super().__init__("the name has no address")


class CheckedResolver(AbstractResolver):
    """Returns the addresses of a name if all of them are permitted.

    It asks name servers itself, without the system's list of hosts and search domains, and without a thread: a slow
    server of one customer's name delays no look-up of another's.
    """

    def __init__(self, guard: Guard, servers: Iterable[str] = ()) -> None:
        self._guard = guard
        self._servers = list(servers)
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises Blocked and NotFound."""
        addresses = await self.addresses(host)
        if not all(map(self._guard.permits, addresses)):
            raise Blocked
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def addresses(self, host: str) -> list[str]:
        """Return all addresses of a name, unchecked. Raises NotFound."""
        if host == "localhost":
            return ["127.0.0.1"]
        try:
            if self._resolver is None:
                self._resolver = resolver_of(dns.asyncresolver.Resolver, self._servers)
            found = await self._resolver.resolve_name(f"{host}.", lifetime=WITHIN, search=False)
        except dns.exception.DNSException:
            raise NotFound from None
        return list(found.addresses())

    async def addresses_of(self, host: str) -> list[str]:
        """Return the addresses of a name, or the host itself if it is an address. Raises NotFound."""
        with contextlib.suppress(ValueError):
            return [str(ip_address(host))]
        return await self.addresses(host)

    async def close(self) -> None:
        """Nothing is held open."""


class CheckedConnector(aiohttp.TCPConnector):
    """Connects to permitted addresses alone: checked before connecting, and once more by the connection's peer."""

    def __init__(self, guard: Guard, **options: object) -> None:
        self._guard = guard
        self._checked: weakref.WeakSet[ResponseHandler] = weakref.WeakSet()

        def make_socket(address: aiohttp.AddrInfoType) -> socket.socket:
            # Also numeric hosts of URLs, which no resolver sees.
            family, type_, proto, _name, (host, *_rest) = address
            if not guard.permits(str(host)):
                raise Blocked
            return socket.socket(family, type_, proto)

        super().__init__(socket_factory=make_socket, **options)  # type: ignore[arg-type]

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[aiohttp.tracing.Trace], timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        connection = await super().connect(req, traces, timeout)
        protocol, transport = connection.protocol, connection.transport
        if protocol is not None and transport is not None and protocol not in self._checked:
            peer = transport.get_extra_info("peername")
            if peer is not None and not self._guard.permits(peer[0]):
                connection.close()
                raise Blocked
            self._checked.add(protocol)
            if len(self._conns) >= IDLE_HOSTS:
                protocol.force_close()  # after the answer
        return connection
