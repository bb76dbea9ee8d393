"""Counts of rejected requests by feed, hour and reason: in memory at once, in the database about every second."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

logger = logging.getLogger(__name__)

UNKNOWN_FEED = 0  # no feed has this id
WRITE_WITHIN = 5.0  # seconds; a connection that is silent for longer is given up

_ADD = """
INSERT INTO refusal_count AS c (feed_id, hour, reason, refusals, first_at, last_at)
SELECT * FROM unnest(%s::int[], %s::timestamptz[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (feed_id, hour, reason) DO UPDATE SET refusals = c.refusals + excluded.refusals,
    first_at = least(c.first_at, excluded.first_at), last_at = greatest(c.last_at, excluded.last_at)
"""

_Key = tuple[int, datetime, str]  # feed, hour, reason


@dataclass(slots=True)
class _Count:
    refusals: int
    first_at: datetime
    last_at: datetime
    peer: str  # of the last one

    def add(self, more: "_Count") -> None:
        self.refusals += more.refusals
        self.first_at = min(self.first_at, more.first_at)
        if more.last_at >= self.last_at:
            self.last_at, self.peer = more.last_at, more.peer


class Refusals:
    """The refusals of this process that are not in the database yet."""

    def __init__(self, connect: Callable) -> None:
        self._connect = connect
        self._connection = None
        self._new: dict[_Key, _Count] = {}
        self._kept: dict[_Key, _Count] = {}  # logged, and still to be written

    def add(self, feed_id: int, reason: str, peer: str) -> None:
        """Count one refused request; it never waits."""
        now = datetime.now(UTC)
        _add(self._new, (feed_id, now.replace(minute=0, second=0, microsecond=0), reason), _Count(1, now, now, peer))

    async def write(self) -> None:
        """Log new rejections and add them to the database's counts; keep them while the database is not reachable."""
        new, self._new = self._new, {}
        for key, count in new.items():
            feed_id, _hour, reason = key
            logger.warning(
                "requests rejected: %s, %s, %d requests, the last from %s",
                f"feed {feed_id}" if feed_id else "unknown feed",
                reason,
                count.refusals,
                count.peer or "an unknown address",
            )
            _add(self._kept, key, count)
        if not self._kept:
            return
        rows = [
            (feed_id, hour, reason, count.refusals, count.first_at, count.last_at)
            for (feed_id, hour, reason), count in sorted(self._kept.items())  # in order: other processes write too
        ]
        try:
            async with asyncio.timeout(WRITE_WITHIN):
                if self._connection is None:
                    self._connection = await self._connect()
                await self._connection.execute(_ADD, [list(column) for column in zip(*rows, strict=True)])
        except Exception as error:  # any kind: the counts are kept
            logger.warning("refusals not counted yet: %s", type(error).__name__)
            await self._drop_connection()
        else:
            self._kept = {}

    async def close(self) -> None:
        """Write what is left, if the database takes it."""
        await self._drop_connection()  # a write may have been cut short on it
        await self.write()
        await self._drop_connection()

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):  # it is given up, whatever it says
                await connection.close()


def _add(counts: dict[_Key, _Count], key: _Key, count: _Count) -> None:
    known = counts.get(key)
    if known is None:
        counts[key] = count
    else:
        known.add(count)
