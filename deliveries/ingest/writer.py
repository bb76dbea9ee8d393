"""Group commit: many requests, one INSERT, one COMMIT, and only then their answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import psycopg

from deliveries import stop_reasons
from deliveries.ingest.inbox import INSERT, NewRow, packed_columns

logger = logging.getLogger(__name__)

ANSWER_WITHIN = 2.0  # seconds; the gateway is promised an answer by then (docs/link.md section 3)
WRITE_WITHIN = 6.0  # seconds; a connection that is silent for longer than a statement may take is given up
MAX_PENDING_BYTES = 64 * 1024 * 1024
MAX_GROUP_BYTES = 8 * 1024 * 1024
_RETRY_AFTER = 0.2
# Groups begin so far apart: a statement and a commit take 0.4 ms of processor time whatever is in them, and at a few
# thousand reports a second that is the most that would be spent. Who comes alone waits for nothing.
_APART = 0.003  # seconds
_TELLS_WITHIN = 0.5  # seconds for the further query of /readyz
DOUBTED_FOR = 5.0  # seconds after a group that could not be written, unless one was meanwhile

# A commit that has something to write, by one who could write to the inbox: no row is left behind.
_PROBE = """
BEGIN;
LOCK TABLE ONLY inbox IN ROW EXCLUSIVE MODE;
LOCK TABLE ONLY inbox_todo IN ROW EXCLUSIVE MODE;
SELECT pg_logical_emit_message(true, 'portal', 'ready');
COMMIT
"""


class NotDurable(Exception):
    """These rows may not be stored: the gateway must send them again."""


class _Group:
    """The rows of the requests that will be committed together, and the one future that they wait for."""

    def __init__(self) -> None:
        self.rows: list[NewRow] = []
        self.bytes = 0
        loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = loop.create_future()
        self.done.add_done_callback(lambda future: future.cancelled() or future.exception())  # seen, if nobody waits
        self.timer = loop.call_later(ANSWER_WITHIN, self.give_up)

    def give_up(self) -> None:
        if not self.done.done():
            self.done.set_exception(NotDurable())

    def settle(self, error: Exception | None) -> None:
        self.timer.cancel()
        if not self.done.done():
            if error is None:
                self.done.set_result(None)
            else:
                self.done.set_exception(error)


class Writer:
    """Owns one connection and writes group after group through it, so rows get their ids in order of arrival."""

    def __init__(self, connect: Callable[[], Awaitable[psycopg.AsyncConnection]]) -> None:
        self._connect = connect
        self._connection: psycopg.AsyncConnection | None = None
        self._groups: list[_Group] = []
        self._pending_bytes = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._failed_at: float | None = None
        self._task = asyncio.create_task(self._run())

    def add(self, rows: list[NewRow]) -> "asyncio.Future[None]":
        """Return a future that is done when `rows` are committed; it raises NotDurable when that cannot be said.

        Raises NotDurable at once when too much waits already.
        """
        size = sum(len(row.body) + len(row.query) for row in rows)
        if self._closing or self._pending_bytes + size > MAX_PENDING_BYTES:
            raise NotDurable
        group = self._groups[-1] if self._groups else None
        if group is None or group.bytes > MAX_GROUP_BYTES:
            group = _Group()
            self._groups.append(group)
        elif group.done.done():  # no answer in time, so the database hangs: nothing is added
            raise NotDurable
        group.rows += rows
        group.bytes += size
        self._pending_bytes += size
        self._wake.set()
        return group.done

    async def readiness(self) -> str | None:
        """Return '' when a row would be committed now: the last ones were, and a commit of ours reaches the disk.

        None when it would not, and words where rows would be stored but are not applied.
        """
        if self._failed_at is not None and asyncio.get_running_loop().time() - self._failed_at < DOUBTED_FOR:
            return None
        try:
            return await asyncio.wait_for(self._probe(), ANSWER_WITHIN)
        except (psycopg.Error, OSError, TimeoutError):
            return None

    async def close(self) -> None:
        """Write what waits, then end."""
        self._closing = True
        self._wake.set()
        await self._task
        if self._connection is not None:
            await self._connection.close()

    async def _probe(self) -> str:
        connection = await self._connect()
        try:
            await connection.execute(_PROBE)
            return await _stop(connection)
        finally:
            await connection.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time() - _APART
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._groups:
                if not self._closing:
                    await asyncio.sleep(began + _APART - loop.time())
                began = loop.time()
                group = self._groups.pop(0)
                try:
                    await self._write(group)
                finally:
                    self._pending_bytes -= group.bytes
            if self._closing:
                return

    async def _write(self, group: _Group) -> None:
        if group.done.done():  # too late: all its requests got 503
            return
        try:
            async with asyncio.timeout(WRITE_WITHIN):
                if self._connection is None:
                    self._connection = await self._connect()
                await self._connection.execute(INSERT, packed_columns(group.rows), prepare=True)
        except Exception as error:  # after any error, no response may say that the rows are safe
            logger.warning("%d rows not written: %s", len(group.rows), type(error).__name__)
            group.settle(NotDurable())
            self._failed_at = asyncio.get_running_loop().time()
            await self._drop_connection()
            await asyncio.sleep(_RETRY_AFTER)
        else:
            group.settle(None)
            self._failed_at = None

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await asyncio.wait_for(connection.close(), 1)
            except (psycopg.Error, OSError, TimeoutError):
                logger.warning("a broken connection could not be closed")


async def _stop(connection: psycopg.AsyncConnection) -> str:
    """Return the reason why stored rows are not applied, '' if they are or it is unknown (during an upgrade)."""
    try:
        async with asyncio.timeout(_TELLS_WITHIN):
            found = await (await connection.execute(stop_reasons.READ)).fetchone()
    except (psycopg.errors.ProgrammingError, TimeoutError):
        return ""
    return stop_reasons.public_words(*found) if found else ""
