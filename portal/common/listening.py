"""Listening for notifications of PostgreSQL: what wakes the loops that work through tables."""

import logging
import threading
from collections.abc import Callable

import psycopg

from portal.common.database import connection_string

logger = logging.getLogger(__name__)

_LOOK = 1.0  # seconds
_PAUSE_WHEN_AWAY = 0.5


def listen(*channels: str, name: str, login: str = "") -> psycopg.Connection:
    """Return a connection that listens on `channels`; `name` is shown in pg_stat_activity. Raises psycopg.Error."""
    listener = psycopg.connect(connection_string(login), autocommit=True, connect_timeout=2, application_name=name)
    for channel in channels:
        listener.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
    return listener


class Listener:
    """A thread that calls `woken` for each notification on a channel; it connects again after an outage."""

    def __init__(self, channel: str, name: str, woken: Callable[[], object]) -> None:
        self._channel, self._name, self._woken = channel, name, woken
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns within about a second."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with listen(self._channel, name=self._name) as listener:
                    while not self._stopping.is_set():
                        for _notify in listener.notifies(timeout=_LOOK, stop_after=1):
                            self._woken()
            except psycopg.Error as error:
                logger.warning("%s: cannot listen: %s", self._name, str(error).splitlines()[:1])
                self._stopping.wait(_PAUSE_WHEN_AWAY)
