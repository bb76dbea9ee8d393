"""Places of a process that are held for as long as an answer takes, a limited number for each holder."""

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

Holder = TypeVar("Holder", bound=Hashable)


class NoPlaceLeft(Exception):
    """All places of the holder are taken."""


class Places(Generic[Holder]):
    """Places by holder, such as an API key's id, at most `most` for each; threads may take and leave them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._by_holder: dict[Holder, int] = {}

    def enter(self, holder: Holder) -> None:
        """Take a place. Raises NoPlaceLeft."""
        with self._lock:
            if (count := self._by_holder.get(holder, 0)) >= self._most:
                raise NoPlaceLeft
            self._by_holder[holder] = count + 1

    def leave(self, holder: Holder) -> None:
        """Give a place back."""
        with self._lock:
            self._by_holder[holder] -= 1
            if not self._by_holder[holder]:
                del self._by_holder[holder]
