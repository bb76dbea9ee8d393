"""Tokens and credentials of feeds: read from the database, cached in memory, refreshed every second."""

import asyncio
import base64
import contextlib
import hmac
import ipaddress
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from deliveries.dialects.dialect import Dialect
from deliveries.dialects.registry import DIALECTS
from deliveries.ingest import signatures
from deliveries.ingest.refusals import UNKNOWN_FEED
from portal.tenants import networks, signing_keys, tokens

logger = logging.getLogger(__name__)

READ_WITHIN = 5.0  # seconds; a connection that is silent for longer is given up
_MAX_AUTHORIZED = 10_000

_FEEDS = """
SELECT t.digest, t.expires_at, f.id, f.active, f.account_id, f.basic_user, f.basic_password_digest,
    f.header_name, f.header_value_digest, f.networks, f.dialect, f.signing_keys
FROM tenants_feedtoken t JOIN tenants_feed f ON f.id = t.feed_id
WHERE f.kind = 'reports'
"""


class Unauthorized(Exception):
    """No such token, or wrong credentials: the same answer for both. `feed_id` and `reason` are for us alone."""

    def __init__(self, feed_id: int, reason: str) -> None:
        super().__init__(reason)
        self.feed_id, self.reason = feed_id, reason


class ForbiddenNetwork(Exception):
    """The token is right, the address is not one of the feed's."""

    def __init__(self, feed_id: int) -> None:
        super().__init__(feed_id)
        self.feed_id = feed_id


@dataclass(frozen=True, slots=True)
class FeedAccess:
    """One token of one feed; `shut` is the reason why it rejects all requests, '' if it accepts."""

    feed_id: int
    account_id: int
    expires_at: datetime | None
    basic_user: str
    basic_password_digest: str
    header_name: str  # in small letters
    header_value_digest: str
    networks: tuple[networks.Network, ...]
    dialect: Dialect
    signing_keys: Mapping[str, Ed25519PublicKey]  # none: no signature is required
    refusal: str = ""

    def refuse_unsigned(self, headers: dict[bytes, bytes], body: bytes) -> None:
        """Raise Unauthorized for an unpacked body that must be signed and is not."""
        names = self.dialect.signature
        if self.signing_keys and (
            reason := signatures.problem(self.signing_keys, names, headers, body) if names else ""
        ):
            raise Unauthorized(self.feed_id, reason)


# Compared against when there is no such token, so that both refusals take the same steps.
_NO_ACCESS = FeedAccess(UNKNOWN_FEED, 0, None, "-", "0" * 64, "-", "0" * 64, (), DIALECTS["link"], {}, "unknown token")


class FeedAccessCache:
    """The tokens by digest, also those that admit nobody any more: what they are refused is their feed's."""

    def __init__(self, connect: Callable) -> None:
        self._connect = connect
        self._connection = None
        self._by_digest: dict[str, FeedAccess] | None = None
        self._unreadable: set[int] = set()
        # Who was admitted by which token since the feeds were read: hashing the same token again for each of thousands
        # of requests a second is a third of what this app does. Only what was let in is kept. Beside it stands the
        # value of the header that the feed asks for.
        self._authorized: dict[tuple[str, str, str], tuple[FeedAccess, bytes]] = {}

    @property
    def is_loaded(self) -> bool:
        """Return whether the feeds were ever read: before that no request can be rejected."""
        return self._by_digest is not None

    async def read(self) -> None:
        """Read the feeds again; the cached ones stay if the database is not reachable."""
        try:
            async with asyncio.timeout(READ_WITHIN):
                if self._connection is None:
                    self._connection = await self._connect()
                rows = await (await self._connection.execute(_FEEDS)).fetchall()
        except Exception as error:  # any kind: the feeds stay as they were
            logger.warning("feeds not read: %r", error)
            await self._drop_connection()
        else:
            self._set(rows)

    def _set(self, rows: list[tuple]) -> None:
        by_digest, unreadable = {}, set()
        for digest, expires_at, feed_id, active, account_id, user, password, header, value, nets, name, keys in rows:
            refusal = "" if active else "feed switched off"
            try:
                allowed = tuple(map(ipaddress.ip_network, nets))
            except (TypeError, ValueError):
                allowed, refusal = (), "networks of the feed unreadable"
                unreadable.add(feed_id)  # an unreadable list rejects all requests of this feed only
            try:
                public_keys = signing_keys.load(keys)
            except (KeyError, TypeError, ValueError):
                public_keys, refusal = {}, "signing keys of the feed unreadable"
                unreadable.add(feed_id)
            by_digest[digest] = FeedAccess(
                feed_id, account_id, expires_at, user, password, header.lower(), value, allowed, DIALECTS[name],
                public_keys, refusal,
            )  # fmt: skip
        for feed_id in unreadable - self._unreadable:
            logger.error("feed %s rejects all requests: its networks or signing keys cannot be read", feed_id)
        self._by_digest, self._unreadable, self._authorized = by_digest, unreadable, {}

    async def close(self) -> None:
        await self._drop_connection()

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):  # it is given up, whatever it says
                await connection.close()

    def authorize(self, *, token: str, headers: dict[bytes, bytes], peer: str) -> FeedAccess:
        """Return the access that `token` gives. Raises Unauthorized, ForbiddenNetwork."""
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        access, value = self._authorized.get((token, authorization, peer), _NOT_AUTHORIZED)
        if access is None or access.expires_at is not None or not _is_value(access, headers, value):
            # An end may come between two readings.
            access, value = self._authorize(token, authorization, headers, peer)
            if len(self._authorized) < _MAX_AUTHORIZED:
                self._authorized[token, authorization, peer] = access, value
        return access

    def feed_of(self, token: str) -> int:
        """Return the feed that `token` is, or was, a token of; UNKNOWN_FEED for none."""
        return self._access(token).feed_id if self.is_loaded else UNKNOWN_FEED

    def _access(self, token: str) -> FeedAccess:
        found = tokens.digests(token, purpose="feed-token")
        return next((self._by_digest[digest] for digest in found if digest in self._by_digest), _NO_ACCESS)

    def _authorize(
        self, token: str, authorization: str, headers: dict[bytes, bytes], peer: str
    ) -> tuple[FeedAccess, bytes]:
        access = self._access(token)
        reason = access.refusal
        if not reason and access.expires_at is not None and access.expires_at <= datetime.now(UTC):
            reason = "expired token"
        value = _header_value(access, headers)
        good_credentials, good_header = _credentials_match(access, authorization), _header_matches(access, value)
        if reason or not good_credentials or not good_header:
            raise Unauthorized(access.feed_id, reason or ("wrong header" if good_credentials else "wrong credentials"))
        if not networks.admits(access.networks, peer):
            raise ForbiddenNetwork(access.feed_id)
        return access, value


_NOT_AUTHORIZED = (None, b"")


def _header_value(access: FeedAccess, headers: dict[bytes, bytes]) -> bytes:
    return headers.get(access.header_name.encode(), b"").strip() if access.header_name else b""


def _is_value(access: FeedAccess, headers: dict[bytes, bytes], value: bytes) -> bool:
    """Return whether the request has the header value that was accepted before."""
    return not access.header_name or hmac.compare_digest(_header_value(access, headers), value)


def _header_matches(access: FeedAccess, value: bytes) -> bool:
    given = tokens.digests(value, purpose="feed-header")
    matches = [hmac.compare_digest(digest, access.header_value_digest) for digest in given]  # all of them, always
    return any(matches) or not access.header_name


def _credentials_match(access: FeedAccess, authorization: str) -> bool:
    user, password = _basic(authorization)
    same_user = hmac.compare_digest(user.encode(), access.basic_user.encode())
    given = tokens.digests(password, purpose="feed-basic")
    matches = [hmac.compare_digest(digest, access.basic_password_digest) for digest in given]  # all of them, always
    return (same_user and any(matches)) or not access.basic_user


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no UTF-8 in it
        return "", ""
    return user, password
