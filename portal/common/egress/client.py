"""The client that sends customers' requests: to permitted addresses, within limits of time and size."""

import asyncio
import re
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache, partial
from typing import Self

import aiohttp
import certifi
from django.conf import settings
from msgspec import Struct

from portal.common.egress.addresses import Guard
from portal.common.egress.resolver import Blocked, CheckedConnector, CheckedResolver, NotFound
from portal.common.egress.urls import parse_url

USER_AGENT = "sms-reporting-portal"
KEEP_ALIVE = 4.0  # seconds; common servers close an idle connection after five
DNS_CACHE = 10  # seconds
URLS = 1000  # that are kept parsed; their addresses are checked at each connection
MAX_URL = 8000  # characters; common servers refuse longer ones
MAX_RETRY_AFTER = 366 * 86_400.0  # seconds; more is no time that a date can hold


class Answer(Struct, frozen=True):
    """An answer of any status; `body` is its beginning, as it was sent."""

    status: int
    body: bytes
    is_cut: bool  # more came than `max_answer`
    ms: int
    retry_after: float | None  # seconds


class SendError(Exception):
    """No answer: `outcome` is blocked_destination, url_too_long, dns_error, connect_error, tls_error or timeout.

    A customer sees nothing else: the first two end before a connection is opened, and `ms` is 0.
    """

    def __init__(self, outcome: str, ms: int) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.ms = ms


class Egress:
    """Sends requests over connections that it keeps for the length of an `async with`."""

    def __init__(
        self,
        *,
        allowed_networks: Iterable[str] | None = None,
        own_addresses: Iterable[str] = (),
        connect_s: float = 3.0,
        total_s: float = 10.0,
        max_answer: int = 65536,
        limit: int = 100,
        dns_servers: Iterable[str] | None = None,
        dns_cache_s: int = DNS_CACHE,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`limit`: requests at once; more wait, which counts for none of the limits of time.

        `allowed_networks` and `dns_servers` are settings (GATE_ALLOWED_NETWORKS, PORTAL_DNS_SERVERS) by default.
        """
        allowed = settings.GATE_ALLOWED_NETWORKS if allowed_networks is None else allowed_networks
        self._guard = Guard(allowed=allowed, own=own_addresses)
        self._fixed = self._guard.own
        self._url_of = lru_cache(URLS)(partial(parse_url, allowed=self._guard.allowed))
        self._of_hosts: dict[str, frozenset[str]] = {}
        self._resolver = CheckedResolver(self._guard, settings.DNS_SERVERS if dns_servers is None else dns_servers)
        self._connect_s = connect_s
        self._total_s = total_s
        self._max_answer = max_answer
        self._slots = asyncio.Semaphore(limit)
        self._dns_cache_s = dns_cache_s
        self._tls = tls or tls_context()

    async def __aenter__(self) -> Self:
        self._connector = CheckedConnector(
            self._guard,
            resolver=self._resolver,
            ttl_dns_cache=self._dns_cache_s,
            keepalive_timeout=KEEP_ALIVE,
            limit=0,
            ssl=self._tls,
        )
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": USER_AGENT},
            skip_auto_headers=("Accept-Encoding",),
            timeout=aiohttp.ClientTimeout(total=None, connect=self._connect_s),
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def refuse_hosts(self, names: Iterable[str]) -> None:
        """Refuse the addresses of these hosts: the portal's own names, looked up again at each call.

        A name that cannot be looked up keeps the addresses that it had.
        """
        known = {}
        for name in {name.strip("[]").removeprefix(".") for name in names}:
            try:
                known[name] = frozenset(await self._resolver.addresses_of(name))
            except NotFound:
                known[name] = self._of_hosts.get(name, frozenset())
        self._of_hosts = known
        self._guard.own = self._fixed | Guard(own=frozenset().union(*known.values())).own

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request and return the answer, of whatever status; redirects are not followed. Raises SendError.

        Headers must have passed `check_header`: a line break in one raises ValueError.
        """
        async with self._slots:
            start = time.monotonic()
            if len(url) > MAX_URL:
                raise SendError("url_too_long", 0)
            try:
                target = parse_url(url, allowed=self._guard.allowed, limit=MAX_URL)
            except ValueError:
                raise SendError("blocked_destination", 0) from None
            try:
                async with asyncio.timeout(self._total_s):
                    response = await self._session.request(
                        method, target, headers=headers, data=body or None, allow_redirects=False
                    )
                    try:
                        content, is_cut = await self._read(response)
                    except BaseException:
                        response.close()
                        raise
            except Exception as fault:
                outcome = outcome_of(fault)
                if outcome is None:
                    raise
                raise SendError(outcome, 0 if outcome == "blocked_destination" else _ms(start)) from None
            retry_after = seconds_of(response.headers.get("Retry-After", ""), now=datetime.now(UTC))
            return Answer(response.status, content, is_cut, _ms(start), retry_after)

    async def _read(self, response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        content = bytearray()
        async for piece in response.content.iter_any():
            content += piece
            if len(content) > self._max_answer:
                response.close()
                return bytes(content[: self._max_answer]), True
        return bytes(content), False


def outcome_of(fault: BaseException) -> str | None:
    """Return what a customer is told of a fault; None if it is one of ours."""
    for one in _chain(fault):
        match one:
            case Blocked():
                return "blocked_destination"
            case ssl.SSLError() | ssl.CertificateError():
                return "tls_error"
            case NotFound():
                return "dns_error"
            case TimeoutError():
                return "timeout"
    return "connect_error" if isinstance(fault, aiohttp.ClientError | OSError) else None


def _chain(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = getattr(fault, "os_error", None) or fault.__cause__


@cache
def tls_context() -> ssl.SSLContext:
    """Return the context that checks certificates by the system's authorities, or certifi's where there are none."""
    context = ssl.create_default_context()
    if ssl.get_default_verify_paths().cafile is None:
        context.load_verify_locations(certifi.where())
    return context


def seconds_of(retry_after: str, *, now: datetime) -> float | None:
    """Return the seconds to wait by a header Retry-After, which gives seconds or a time; None if it is unreadable."""
    text = retry_after.strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(float(text), MAX_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()), MAX_RETRY_AFTER)


def _ms(start: float) -> int:
    return round((time.monotonic() - start) * 1000)
