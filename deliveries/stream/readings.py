"""Threads that read for listeners; one reading serves all who ask for the same at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from deliveries.stream.reading import Ended

_KEPT = 0.1  # seconds that a reading is shared after its end
_Found = TypeVar("_Found")


class Readings:
    """A few threads with the readings under way. A reading closes its thread's connection itself."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._shared: dict[Hashable, asyncio.Future] = {}
        self._is_stopped = False

    def stop(self) -> None:
        """Begin no reading any more."""
        self._is_stopped = True
        self._pool.shutdown(wait=False)

    async def run(self, call: Callable[..., _Found], *values: object) -> _Found:
        """Return what the call returns, in a thread. Raises Ended once the process stops."""
        if self._is_stopped:
            raise Ended("The portal restarts. Connect again.")
        return await asyncio.get_running_loop().run_in_executor(self._pool, call, *values)

    def share(self, key: Hashable, call: Callable[..., _Found], *values: object) -> Awaitable[_Found]:
        """Return what the call returns: one for all with this key at the same time."""
        if (reading := self._shared.get(key)) is None:
            reading = self._shared[key] = asyncio.ensure_future(self.run(call, *values))
            forget = partial(self._shared.pop, key, None)
            reading.add_done_callback(lambda _done: asyncio.get_running_loop().call_later(_KEPT, forget))
        return asyncio.shield(reading)  # one who leaves does not end it for the others
