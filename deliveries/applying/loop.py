"""The applier's loop: woken by NOTIFY, at the latest every second; ends between two batches.

A failure that is about no row stops it until the same works again (deliveries/applying/standstill.py).
"""

import logging
import random
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from django.db import connection

from deliveries.applying.apply import BATCH, apply_slices
from deliveries.applying.batch_result import BatchResult
from deliveries.applying.failures import stop_of
from deliveries.applying.poison import FailureStreak
from deliveries.applying.standstill import Standstill
from deliveries.messages import event_log
from deliveries.messages.slices import SLICES
from portal.common.listening import listen

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds
LISTENER = "portal applier"  # the name of each applier's listening connection
# After a pass that found fewer rows than these, more may come in for so many seconds, and then all slices are taken at
# once: a batch is some forty statements whatever is in it, so a few rows at a time would keep a core busy.
WORTH_A_PASS = 2000
PAUSE = 0.2
_PAUSE_WHEN_AWAY = 0.5
# A connection is kept over the batches, since making one costs as much as applying a hundred reports (and creates
# the staging tables again). It is renewed at times, since its cache of the database's tables grows.
_RENEW_AFTER = 600.0  # seconds


@dataclass
class Applier:
    """One applier. Several may run; each claims slices that no other holds.

    `groups` is the number of parts into which the slices are divided while many rows wait: with one applier, few large
    batches are best. `threads` run in parallel, each with its own connection: while one waits for the database, another
    computes. After a failure that no row causes, all wait except one, which retries.
    """

    groups: int = 4
    limit: int = BATCH
    threads: int = 1
    retry_after: tuple[float, ...] = (5.0, 10.0, 20.0, 30.0)  # seconds, after a failure that is about no row
    stopping: threading.Event = field(default_factory=threading.Event)
    total: BatchResult = field(default_factory=BatchResult)

    def __post_init__(self) -> None:
        self._streak = FailureStreak()
        self._standstill = Standstill(self.stopping, self.retry_after)

    def run(self) -> BatchResult:
        """Apply until `stopping` is set; wait out an outage of the database, and a failure until it is fixed."""
        with ThreadPoolExecutor(self.threads, thread_name_prefix="applier") as pool:
            loops = [pool.submit(self._loop) for _ in range(self.threads)]
            wait(loops, return_when=FIRST_EXCEPTION)
            self.stopping.set()  # one that fails ends all
        for loop in loops:
            self.total += loop.result()
        return self.total

    def _loop(self) -> BatchResult:
        listener, total, done = None, BatchResult(), BatchResult()
        is_prepared = False
        renew_at = time.monotonic() + _RENEW_AFTER
        try:
            while not self.stopping.is_set():
                if time.monotonic() > renew_at:
                    connection.close()
                    renew_at = time.monotonic() + _RENEW_AFTER
                try:
                    self._standstill.wait_for_others()
                    if not is_prepared:  # at the start, and after an outage: it may have been a restore
                        event_log.prepare()
                        is_prepared = True
                    listener = listener or listen("inbox", name=LISTENER)
                    done = self._apply_all(1 if done.claimed < WORTH_A_PASS else self.groups)
                    total += done
                    self._standstill.end()
                    if not done.claimed:
                        for _notify in listener.notifies(timeout=LOOK_EVERY, stop_after=1):
                            pass
                    if done.claimed < WORTH_A_PASS:
                        self.stopping.wait(PAUSE)
                except Exception as error:
                    done, is_prepared = BatchResult(), False
                    connection.close()
                    if listener is not None:
                        listener.close()
                    listener = None
                    stop = stop_of(error)
                    if stop is None:
                        logger.warning("the database is not reachable: %s", str(error).splitlines()[:1])
                        time.sleep(_PAUSE_WHEN_AWAY)
                    else:
                        total += stop.done
                        self._standstill.begin(stop)
        finally:
            if listener is not None:
                listener.close()
            connection.close()  # this thread's own
        return total

    def _apply_all(self, count: int) -> BatchResult:
        """Go once over all slices, in so many groups, and return what was done."""
        size = SLICES // count
        groups = [range(first, first + size) for first in range(0, SLICES, size)]
        start = random.randrange(len(groups))  # noqa: S311  two appliers shall not run in step
        total = BatchResult()
        for group in groups[start:] + groups[:start]:
            if self.stopping.is_set():
                break
            total += apply_slices(slices=group, limit=self.limit, streak=self._streak)
        return total
