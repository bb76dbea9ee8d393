"""Standstill of an applier after a failure that no row causes: one thread retries, the others wait."""

import logging
import threading
from datetime import UTC, datetime

from django.db import connection

from deliveries.applying import stops
from deliveries.applying.failures import Stopped

logger = logging.getLogger(__name__)

_LOOK_EVERY = 0.2  # seconds, at whether the thread that tries again goes on


class Standstill:
    """Shared by the threads of one applier; `begin` and `end` are called by a thread after each pass."""

    def __init__(self, stopping: threading.Event, retry_after: tuple[float, ...]) -> None:
        self._stopping, self._retry_after = stopping, retry_after
        self._lock = threading.Lock()
        self._retrier: int | None = None  # the thread that tries again
        self._tries = 0
        self._is_clear = False  # a stop recorded by an earlier process is not deleted yet

    def begin(self, stop: Stopped) -> None:
        """Write down that applying has stopped, and wait until it is to be tried again."""
        with self._lock:
            if self._retrier not in (None, threading.get_ident()):
                return  # another thread tries
            self._retrier = threading.get_ident()
        logger.error("%s. No report is lost; retrying soon", stop, exc_info=stop if not self._tries else None)
        try:
            stops.record_stop(stop, now=datetime.now(UTC))
        except Exception as error:  # of the same kind perhaps: the log has it, and the age of what waits tells it too
            logger.error("the stop of processing could not be recorded: %s", type(error).__name__)
            connection.close()
        self._stopping.wait(self._retry_after[min(self._tries, len(self._retry_after) - 1)])
        self._tries += 1

    def wait_for_others(self) -> None:
        """Hold this thread up while another one tries again."""
        while self._retrier not in (None, threading.get_ident()) and not self._stopping.wait(_LOOK_EVERY):
            pass

    def end(self) -> None:
        """Note that a pass over all slices has succeeded, so that waiting threads continue."""
        if self._is_clear and self._retrier is None:
            return
        with self._lock:
            if self._retrier not in (None, threading.get_ident()):
                return  # this pass began before the failure
            # The lock is held until the record is gone: another thread may stop meanwhile, and its record is to stay.
            if stops.clear_stop():
                logger.warning("processing has resumed")
            self._is_clear, self._tries, self._retrier = True, 0, None
