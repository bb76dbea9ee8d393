"""Waking of those who wait for events or for changed counts: one connection listens for all of a process."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

import psycopg

from deliveries.counts.notices import CHANNEL as COUNTS
from deliveries.messages.event_log import CHANNEL as EVENTS
from deliveries.stream.figures import FIGURES
from portal.common.listening import listen
from portal.tenants.wall import WEB

logger = logging.getLogger(__name__)

_HORIZON_EVERY = 0.1  # seconds, while an older transaction keeps events from being complete
_ALL_EVERY = 5.0  # seconds between two looks without a notification, in case one is lost
_AWAY = 0.5
HELD_LONG = 60  # seconds that events are held back, after which it is logged
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"


@dataclass(frozen=True, slots=True)
class _Held:
    """A notification that waits for an older transaction: whose events (None: any tenant's), and since when."""

    tenant_ids: set[int] | None
    since: float


class Sleeper:
    """One who waits. `wait` returns at once if it was woken since the last call."""

    def __init__(self) -> None:
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

    An event can be read when no older transaction runs any more. So the thread holds its notification back until then.
    Changed counts can be read as soon as their notice arrives.
    """

    def __init__(self) -> None:
        self._sleepers: dict[tuple[str, int], set[Sleeper]] = defaultdict(set)  # by channel and tenant
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_warned = False

    def start(self) -> None:
        """Begin to listen, if it is not done yet; called in the event loop."""
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._run, name="stream", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread, which takes at most about a second, and wake everybody for the last time."""
        self._stopping.set()
        self._wake((EVENTS, COUNTS))

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    @contextmanager
    def sleeper(self, tenant_ids: Collection[int], *, channel: str = EVENTS) -> Iterator[Sleeper]:
        """Yield a sleeper for events of these tenants, or for changes of their counts."""
        sleeper = Sleeper()
        places = [(channel, tenant_id) for tenant_id in tenant_ids]
        for place in places:
            self._sleepers[place].add(sleeper)
        try:
            yield sleeper
        finally:
            for place in places:
                self._sleepers[place].discard(sleeper)
                if not self._sleepers[place]:
                    del self._sleepers[place]

    def _wake(self, channels: Collection[str], tenant_ids: Collection[int] | None = None) -> None:
        """Wake those of these channels and tenants, None: of all."""
        if tenant_ids is None:
            places = [place for place in self._sleepers if place[0] in channels]
        else:
            places = [(channel, tenant_id) for channel in channels for tenant_id in tenant_ids]
        for place in places:
            for sleeper in self._sleepers.get(place, ()):
                sleeper.woken.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with listen(EVENTS, COUNTS, name="portal stream", login=WEB) as listener:
                    self._call((EVENTS, COUNTS))  # what came while nobody listened
                    self._listen(listener)
            except psycopg.Error as error:
                logger.warning("stream: cannot listen: %s", str(error).splitlines()[:1])
                self._stopping.wait(_AWAY)

    def _listen(self, listener: psycopg.Connection) -> None:
        held: dict[int, _Held] = {}  # by transaction id
        silent = 0.0
        while not self._stopping.is_set():
            pause = _HORIZON_EVERY if held else 1.0
            came = list(listener.notifies(timeout=pause, stop_after=1))
            for notify in came:
                if notify.channel == COUNTS:
                    self._call((COUNTS,), _ids(notify.payload))
                else:
                    xid, _, tenants = notify.payload.partition(":")
                    held[int(xid)] = _Held(_ids(tenants), monotonic())
            if held:
                (horizon,) = listener.execute(_HORIZON).fetchone() or ("0",)
                for complete in [xid for xid in held if xid < int(horizon)]:
                    self._call((EVENTS,), held.pop(complete).tenant_ids)
            self._note_oldest(held.values())
            silent = 0.0 if came else silent + pause
            if silent >= _ALL_EVERY:
                silent = 0.0
                self._call((EVENTS,))

    def _note_oldest(self, held: Collection[_Held]) -> None:
        """Note since when events are held back, and log it once it is long."""
        before, FIGURES.held_since = FIGURES.held_since, min((each.since for each in held), default=None)
        if FIGURES.held_since is None:
            self._is_warned = False
        elif before is not None and monotonic() - before > HELD_LONG and not self._is_warned:
            self._is_warned = True
            logger.warning("stream: a transaction that writes has held events back for more than %d s", HELD_LONG)

    def _call(self, channels: Collection[str], tenant_ids: Collection[int] | None = None) -> None:
        if self._loop is None:
            return
        try:
            self._loop.call_soon_threadsafe(self._wake, channels, tenant_ids)
        except RuntimeError:  # the loop has ended
            self._stopping.set()


def _ids(text: str) -> set[int] | None:
    """Return the ids of a payload; None: of any tenant."""
    return set(map(int, text.split(","))) if text else None
