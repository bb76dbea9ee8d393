"""The dispatcher: claims deliveries of gates, sends them outside any transaction, and records what came of them.

The event loop sends; statements run in two threads, one that claims and one that records. A gate has its own limits
(lanes.py), a tenant a quarter of all requests at most, and slow gates have a lane of their own: neither a dead endpoint
nor a backlog delays the others.
"""

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from deliveries.gates import claims, loading, recording, settings
from deliveries.gates.claims import LEASE, Claim
from deliveries.gates.egress import own_names
from deliveries.gates.ending import EXPIRED, expires_in
from deliveries.gates.lanes import FIRST_LIMIT, Lane, share_room
from deliveries.gates.limits import NORMAL, SLOW
from deliveries.gates.outcomes import failures_of, results_of
from deliveries.gates.ready import Ready, ReadyQueue
from deliveries.gates.results import Attempt, Result
from deliveries.gates.rounds import send_round
from deliveries.gates.settings import DueGate, GateSettings
from deliveries.gates_outbox.outbox import CHANNEL
from portal.common.bulk import plan_for_small_sets
from portal.common.egress import Egress
from portal.common.listening import Listener

logger = logging.getLogger(__name__)

Value = TypeVar("Value")

LISTENER = "portal dispatcher"
LOOK_EVERY = 1.0  # seconds, without a notification
READY = 4_000  # deliveries in memory, all in all: those that can be sent, and results that are not recorded yet
RECORD_EVERY = 0.05  # seconds
OWN_NAMES_EVERY = 300.0  # seconds
AT_ONCE = 500  # results that are recorded in one transaction
_AGAIN_AFTER = 0.5  # seconds, when the database is away
_SAFE = 30.0  # a request is not begun so shortly before its lease ends


@dataclass
class GateWork:
    """One gate's part of the dispatcher's work: settings, limits, and what is ready to be sent."""

    settings: GateSettings
    lane: Lane
    ready: ReadyQueue = field(default_factory=ReadyQueue)


class Dispatcher:
    """One dispatcher. Several may run: no two claim one delivery. Throttles hold for each by itself."""

    def __init__(self, egress: Callable[[], Egress]) -> None:
        self._egress_of = egress
        self._gates: dict[int, GateWork] = {}
        self._of_tenants: dict[int, int] = defaultdict(int)
        self._under_way = {False: 0, True: 0}  # by lane: normal, slow
        self._tasks: set[asyncio.Task] = set()
        self._results: list[Result] = []
        self._woken, self._recorded = asyncio.Event(), asyncio.Event()
        self._stopping = self._starts_soon = False
        self.sent = 0

    async def run(self) -> None:
        """Work until `stop`; then finish what is under way and give back what is not."""
        loop = asyncio.get_running_loop()
        listener = Listener(CHANNEL, LISTENER, lambda: loop.call_soon_threadsafe(self._woken.set))
        with ThreadPoolExecutor(1, "claims") as claiming, ThreadPoolExecutor(1, "records") as recording_:
            self._claiming, self._recording = claiming, recording_
            listener.start()
            try:
                async with self._egress_of() as self._egress:
                    recorder = asyncio.create_task(self._record_all())
                    recorder.add_done_callback(lambda _task: self.stop())  # what fails there ends the dispatcher
                    guard = asyncio.create_task(self._guard_own_names())
                    await self._claim_all()
                    guard.cancel()
                    if self._tasks:
                        await asyncio.wait(self._tasks)
                    self._recorded.set()
                    await recorder
                    await self._retried(claiming, self._release)
            finally:
                listener.stop()
                for pool in (claiming, recording_):
                    await loop.run_in_executor(pool, lambda: connection.close())  # the thread's own

    def stop(self) -> None:
        """End soon; call it in the event loop's thread."""
        self._stopping = True
        self._woken.set()

    async def _guard_own_names(self) -> None:
        """Refuse the addresses of the portal's own names; they are looked up again every five minutes."""
        while True:
            try:
                names = await asyncio.to_thread(_own_names)
                await self._egress.refuse_hosts(names)
            except (OperationalError, InterfaceError) as error:
                logger.warning("the portal's own names are not read: %s", str(error).splitlines()[:1])
            await asyncio.sleep(OWN_NAMES_EVERY)

    # claiming

    async def _claim_all(self) -> None:
        while not self._stopping:
            self._woken.clear()
            due = await self._retried(self._claiming, settings.due_gates)
            await self._refresh(due)
            await self._give_back_held()
            taken = await self._claim(due)
            self._start()
            if not taken:
                await self._pause()

    async def _pause(self) -> None:
        """Wait until something is due, a request may begin, or the next look; sending goes on meanwhile."""
        end = time.monotonic() + LOOK_EVERY
        while not self._stopping and not self._woken.is_set():
            opens = [work.lane.opens_at(time.monotonic()) for work in self._gates.values() if work.ready]
            until = min([end, *(at for at in opens if at > time.monotonic())])
            try:
                await asyncio.wait_for(self._woken.wait(), max(until - time.monotonic(), 0.001))
            except TimeoutError:
                self._start()
                if time.monotonic() >= end:
                    return

    async def _claim(self, due: Sequence[DueGate]) -> int:
        """Claim and load what there is room for; return how many deliveries were claimed."""
        wanted = self._wanted(due)
        if not wanted:
            return 0
        now, lapses_at = datetime.now(UTC), time.monotonic() + LEASE - _SAFE
        held = {gate.id: gate.held_ms for gate in due}
        taken, loaded = await self._retried(self._claiming, lambda: _take(wanted))
        for one in taken:
            report, work = loaded[one.gate_id, one.inbox_id], self._gates[one.gate_id]
            dies_at = now + expires_in(one, ttl_ms=work.settings.ttl_ms, held_ms=held[one.gate_id], now=now)
            if isinstance(report, str):
                self._results.append(Result(one, [Attempt(None, now, report)], one.done, None, None))
            elif dies_at <= now:
                self._results.append(Result(one, [Attempt(None, now, EXPIRED)], one.done, None, None))
            else:
                work.ready.add(Ready(one, report, lapses_at, dies_at), now=now)
        return len(taken)

    async def _refresh(self, due: Sequence[DueGate]) -> None:
        """Read the settings of gates that are new or changed; forget gates that have nothing to do."""
        now = datetime.now(UTC)
        stale = [
            gate.id
            for gate in due
            if (work := self._gates.get(gate.id)) is None
            or work.settings.changed_at != gate.changed_at
            or (work.settings.signed_until is not None and work.settings.signed_until <= now)
        ]
        if stale:
            read = await self._retried(self._claiming, lambda: settings.read_settings(stale, now=now))
            for id_, one in read.items():
                if known := self._gates.get(id_):
                    known.settings, known.lane.throttle = one, one.throttle
                else:
                    self._gates[id_] = GateWork(one, Lane(one.throttle))
        names, opens = {gate.id for gate in due}, time.monotonic()
        for id_, work in list(self._gates.items()):
            is_idle = not work.ready and not work.lane.under_way and not work.lane.failures
            if id_ not in names and is_idle and work.lane.closed_until < opens:
                del self._gates[id_]

    async def _give_back_held(self) -> None:
        """Give back what is ready of gates that were held, deleted or changed meanwhile.

        An erasure changes a gate, too: what was read before it holds the number.
        """
        ready = {id_: work for id_, work in self._gates.items() if work.ready}
        if not ready:
            return
        active = await self._retried(self._claiming, lambda: settings.active_gates(ready.keys()))
        held = [work for id_, work in ready.items() if active.get(id_) != work.settings.changed_at]
        given = [one.claim for work in held for one in work.ready]
        for work in held:
            work.ready.clear()
        if given:
            await self._retried(self._claiming, lambda: claims.release(given))

    def _wanted(self, due: Sequence[DueGate]) -> dict[tuple[int, int], int]:
        """Return how many deliveries to claim of each gate; one that has nothing ready gets a few in any case."""
        # What is not recorded yet takes as much room: where the database is slow, less is claimed.
        room = READY - len(self._results) - sum(len(work.ready) for work in self._gates.values())
        asked, now = [], time.monotonic()
        for gate in due:
            work = self._gates.get(gate.id)
            if work is not None and work.lane.opens_at(now) <= now + LOOK_EVERY:
                size = work.settings.batch_size
                number = work.lane.wanted(-(-len(work.ready) // size)) * size
                asked.append((number, 0 if work.ready else FIRST_LIMIT, (gate.tenant_id, gate.id)))
        return share_room(asked, room)

    # sending

    def _start_soon(self) -> None:
        """Begin requests once for all those that end in this turn of the loop: it looks at every gate."""
        if not self._starts_soon:
            self._starts_soon = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        """Begin the requests that the limits allow, one of each gate in turn."""
        self._starts_soon = False
        now = time.monotonic()
        able = deque(work for work in self._gates.values() if work.ready)
        while able:
            work = able.popleft()
            if not work.ready or not self._may_send(work, now):
                continue
            batch = self._next_batch(work, now)
            if batch:
                work.lane.begin(now)
                is_slow = work.lane.is_slow
                self._under_way[is_slow] += 1
                self._of_tenants[work.settings.tenant_id] += 1
                task = asyncio.create_task(self._send(work, work.settings, batch, is_slow))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            able.append(work)

    def _may_send(self, work: GateWork, now: float) -> bool:
        is_slow = work.lane.is_slow
        return (
            not self._stopping
            and self._under_way[is_slow] < (SLOW if is_slow else NORMAL)
            and self._of_tenants[work.settings.tenant_id] < NORMAL // 4
            and work.lane.may_send(now)
        )

    def _next_batch(self, work: GateWork, now: float) -> list[Ready]:
        """Take the next deliveries for one request: reports that are to go to the same destinations, or one event."""
        batch: list[Ready] = []
        while work.ready and len(batch) < work.settings.batch_size:
            one = work.ready.next
            if one.lapses_at < now:
                work.ready.take()  # due again by itself: its claim ends
                continue
            if batch and (one.claim.done != batch[0].claim.done or one.claim.is_event):
                break
            batch.append(work.ready.take())
            if one.claim.is_event:
                break
        return batch

    async def _send(self, work: GateWork, gate: GateSettings, batch: list[Ready], is_slow: bool) -> None:
        reports, done = [one.report for one in batch], batch[0].claim.done
        round_ = None
        results: list[Result] = []
        try:
            round_ = await send_round(self._egress, gate.gate_type, gate.sender, gate.endpoints, reports, done)
            results = results_of(gate, batch, round_)
        except Exception:
            logger.exception("gate %s: a request failed in the program itself", gate.id)
            results = failures_of(batch)
        finally:
            now = time.monotonic()
            seconds = round_.seconds if round_ else 0.0
            retry_after = round_.retry_after if round_ and not round_.is_success else None
            work.lane.end(
                now=now, seconds=seconds, is_success=bool(round_ and round_.is_success), retry_after=retry_after
            )
            self._under_way[is_slow] -= 1
            self._of_tenants[gate.tenant_id] -= 1
        if round_ is not None:
            self.sent += len(round_.sent)
        self._results += results
        if len(work.ready) < work.lane.limit:
            self._woken.set()
        self._start_soon()

    # recording

    async def _record_all(self) -> None:
        while self._results or not self._recorded.is_set():
            if not self._results:
                try:
                    await asyncio.wait_for(self._recorded.wait(), RECORD_EVERY)
                except TimeoutError:
                    continue
            some, self._results = self._results[:AT_ONCE], self._results[AT_ONCE:]
            await self._retried(self._recording, lambda: recording.record(some, now=datetime.now(UTC)))  # noqa: B023  awaited here

    def _release(self) -> None:
        with transaction.atomic():
            claims.release(one.claim for work in self._gates.values() for one in work.ready)

    async def _retried(self, pool: ThreadPoolExecutor, function: Callable[[], Value]) -> Value:
        """Run statements in their thread, again and again while the database is away."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                return await loop.run_in_executor(pool, function)
            except (OperationalError, InterfaceError) as error:
                logger.warning("the database is not reachable: %s", str(error).splitlines()[:1])
                await loop.run_in_executor(pool, lambda: connection.close())  # the thread's own
                await asyncio.sleep(_AGAIN_AFTER)


def _own_names() -> set[str]:
    try:
        return own_names()
    finally:
        connection.close()  # the thread's own


def _take(wanted: Mapping[tuple[int, int], int]) -> tuple[list[Claim], loading.Loaded]:
    with transaction.atomic():
        taken = claims.claim(wanted)
    with transaction.atomic():
        plan_for_small_sets()
        return taken, loading.load(loading.place_of(one) for one in taken)
