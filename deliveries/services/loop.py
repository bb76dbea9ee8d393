"""The applier's loop: woken by NOTIFY, at the latest every second; ends between two batches."""

import logging
import random
import threading
import time
from dataclasses import dataclass, field

import psycopg
from django.db import close_old_connections, connection

from deliveries.services.apply import BATCH, DATABASE_AWAY, BatchResult, apply_slices
from deliveries.slices import SLICES
from portal.common.database import connection_string

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds
_PAUSE_WHEN_AWAY = 0.5


@dataclass
class Applier:
    """One applier; several may run, each takes what no other has in hands.

    `groups` is how many parts the slices are taken in: with one applier few, large batches are best.
    """

    groups: int = 4
    limit: int = BATCH
    stopping: threading.Event = field(default_factory=threading.Event)
    total: BatchResult = field(default_factory=BatchResult)

    def run(self) -> BatchResult:
        """Apply until `stopping` is set; a database that is away is waited for."""
        listener = None
        while not self.stopping.is_set():
            try:
                listener = listener or self._listen()
                if not self._apply_all():
                    for _notify in listener.notifies(timeout=LOOK_EVERY, stop_after=1):
                        pass
            except (*DATABASE_AWAY, psycopg.Error) as error:
                logger.warning("the database is away: %s", str(error).splitlines()[:1])
                connection.close()
                if listener is not None:
                    listener.close()
                listener = None
                time.sleep(_PAUSE_WHEN_AWAY)
        if listener is not None:
            listener.close()
        return self.total

    def _listen(self) -> psycopg.Connection:
        listener = psycopg.connect(connection_string(), autocommit=True, connect_timeout=2)
        listener.execute("LISTEN inbox")
        return listener

    def _apply_all(self) -> bool:
        """Go once over all groups; tell whether there was anything."""
        size = SLICES // self.groups
        groups = [range(first, first + size) for first in range(0, SLICES, size)]
        start = random.randrange(len(groups))  # noqa: S311  two appliers shall not run in step
        worked = False
        for group in groups[start:] + groups[:start]:
            if self.stopping.is_set():
                break
            result = apply_slices(slices=group, limit=self.limit)
            self.total += result
            worked = worked or result.claimed > 0
        close_old_connections()
        return worked
