"""Who may come in by which feed: read from the database, kept in memory, read again every second."""

import asyncio
import base64
import contextlib
import hmac
import ipaddress
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.tenants import networks, secrets

logger = logging.getLogger(__name__)

READ_WITHIN = 5.0  # seconds; a connection that is silent for longer is given up
_MAX_OPENED = 10_000

_FEEDS = """
SELECT t.digest, t.expires_at, f.id, f.account_id, f.basic_user, f.basic_password_digest, f.networks
FROM tenants_feedtoken t JOIN tenants_feed f ON f.id = t.feed_id
WHERE f.active AND f.kind = 'reports' AND (t.expires_at IS NULL OR t.expires_at > now())
"""


class Unauthorized(Exception):
    """No such token, or wrong credentials: the same answer for both."""


class ForbiddenNetwork(Exception):
    """The token is right, the address is not one of the feed's."""


@dataclass(frozen=True, slots=True)
class Door:
    """One valid token of one feed."""

    feed_id: int
    account_id: int
    expires_at: datetime | None
    basic_user: str
    basic_password_digest: str
    networks: tuple[networks.Network, ...]


# Compared against when there is no such token, so that both refusals take the same steps.
_NO_DOOR = Door(0, 0, None, "-", "0" * 64, ())


class Doors:
    """The valid tokens by digest."""

    def __init__(self, connect: Callable) -> None:
        self._connect = connect
        self._connection = None
        self._doors: dict[str, Door] | None = None
        self._shut: set[int] = set()
        # Who came in by which door since the feeds were read: hashing the same token again for each of thousands of
        # requests a second is a third of what this app does. Only what was let in is kept.
        self._opened: dict[tuple[str, str, str], Door] = {}

    @property
    def known(self) -> bool:
        """Whether the feeds were ever read: before that nobody can be refused."""
        return self._doors is not None

    async def read(self) -> None:
        """Read the feeds again; what was known stays when the database is away."""
        try:
            async with asyncio.timeout(READ_WITHIN):
                if self._connection is None:
                    self._connection = await self._connect()
                rows = await (await self._connection.execute(_FEEDS)).fetchall()
        except Exception as error:  # any kind: the doors stay as they were
            logger.warning("feeds not read: %r", error)
            await self._drop_connection()
        else:
            self._set(rows)

    def _set(self, rows: list[tuple]) -> None:
        doors, shut = {}, set()
        for digest, expires_at, feed_id, account_id, user, password, nets in rows:
            try:
                allowed = tuple(map(ipaddress.ip_network, nets))
            except (TypeError, ValueError):
                shut.add(feed_id)  # what cannot be read admits nobody, and harms no other feed
            else:
                doors[digest] = Door(feed_id, account_id, expires_at, user, password, allowed)
        for feed_id in shut - self._shut:
            logger.error("feed %s is shut: its networks cannot be read", feed_id)
        self._doors, self._shut, self._opened = doors, shut, {}

    async def close(self) -> None:
        await self._drop_connection()

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):  # it is given up, whatever it says
                await connection.close()

    def open(self, *, token: str, authorization: str, peer: str) -> Door:
        """Return the door that `token` opens. Raises Unauthorized, ForbiddenNetwork."""
        door = self._opened.get((token, authorization, peer))
        if door is None or door.expires_at is not None:  # an end may come between two readings
            door = self._open(token, authorization, peer)
            if len(self._opened) < _MAX_OPENED:
                self._opened[token, authorization, peer] = door
        return door

    def _open(self, token: str, authorization: str, peer: str) -> Door:
        door = next(
            (self._doors[d] for d in secrets.digests(token, purpose="feed-token") if d in self._doors), _NO_DOOR
        )
        if door.expires_at is not None and door.expires_at <= datetime.now(UTC):
            door = _NO_DOOR
        good = _credentials_match(door, authorization)
        if door is _NO_DOOR or not good:
            raise Unauthorized
        if not networks.admits(door.networks, peer):
            raise ForbiddenNetwork
        return door


def _credentials_match(door: Door, authorization: str) -> bool:
    user, password = _basic(authorization)
    same_user = hmac.compare_digest(user.encode(), door.basic_user.encode())
    given = secrets.digests(password, purpose="feed-basic")
    matches = [hmac.compare_digest(digest, door.basic_password_digest) for digest in given]  # all of them, always
    return (same_user and any(matches)) or not door.basic_user


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:  # no base64, or no UTF-8 in it
        return "", ""
    return user, password
