"""Waking of those who wait for events: one connection listens for all of a process."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import psycopg

from deliveries.messages.event_log import CHANNEL
from portal.common.listening import listen
from portal.tenants.wall import WEB

logger = logging.getLogger(__name__)

_HORIZON_EVERY = 0.1  # seconds, while an older transaction keeps events from being complete
_ALL_EVERY = 5.0  # seconds between two looks without a notification, in case one is lost
_AWAY = 0.5
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"


class Sleeper:
    """One who waits. `wait` returns at once if it was woken since the last call."""

    def __init__(self, tenant_ids: Collection[int]) -> None:
        self.tenant_ids = tenant_ids
        self.woken = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Return whether it was woken within `seconds`."""
        try:
            await asyncio.wait_for(self.woken.wait(), seconds)
        except TimeoutError:
            return False
        self.woken.clear()
        return True


class Waking:
    """The sleepers of a process, and the thread that wakes them once an event of their tenants can be read.

    An event can be read when no older transaction runs any more. So the thread holds a notification back until then.
    """

    def __init__(self) -> None:
        self._sleepers: dict[int, set[Sleeper]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to listen, if it is not done yet; called in the event loop."""
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._run, name="stream", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread, which takes at most about a second, and wake everybody for the last time."""
        self._stopping.set()
        self._wake(None)

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    @contextmanager
    def sleeper(self, tenant_ids: Collection[int]) -> Iterator[Sleeper]:
        """Yield a sleeper for events of these tenants."""
        sleeper = Sleeper(tenant_ids)
        for tenant_id in tenant_ids:
            self._sleepers[tenant_id].add(sleeper)
        try:
            yield sleeper
        finally:
            for tenant_id in tenant_ids:
                self._sleepers[tenant_id].discard(sleeper)
                if not self._sleepers[tenant_id]:
                    del self._sleepers[tenant_id]

    def _wake(self, tenant_ids: Collection[int] | None) -> None:
        """Wake those of these tenants, None: all."""
        for tenant_id in list(self._sleepers) if tenant_ids is None else tenant_ids:
            for sleeper in self._sleepers.get(tenant_id, ()):
                sleeper.woken.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with listen(CHANNEL, "portal stream", login=WEB) as listener:
                    self._call(None)  # what came while nobody listened
                    self._listen(listener)
            except psycopg.Error as error:
                logger.warning("stream: cannot listen: %s", str(error).splitlines()[:1])
                self._stopping.wait(_AWAY)

    def _listen(self, listener: psycopg.Connection) -> None:
        held: dict[int, set[int] | None] = {}  # by transaction id; None: of any tenant
        silent = 0.0
        while not self._stopping.is_set():
            pause = _HORIZON_EVERY if held else 1.0
            came = list(listener.notifies(timeout=pause, stop_after=1))
            for notify in came:
                xid, _, tenants = notify.payload.partition(":")
                held[int(xid)] = set(map(int, tenants.split(","))) if tenants else None
            if held:
                (horizon,) = listener.execute(_HORIZON).fetchone() or ("0",)
                for complete in [xid for xid in held if xid < int(horizon)]:
                    self._call(held.pop(complete))
            silent = 0.0 if came else silent + pause
            if silent >= _ALL_EVERY:
                silent = 0.0
                self._call(None)

    def _call(self, tenant_ids: Collection[int] | None) -> None:
        if self._loop is None:
            return
        try:
            self._loop.call_soon_threadsafe(self._wake, tenant_ids)
        except RuntimeError:  # the loop has ended
            self._stopping.set()
