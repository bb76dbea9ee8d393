"""Places of a process that are held for as long as an answer takes, a limited number for each key."""

import threading


class NoPlaceLeft(Exception):
    """All places of the key are taken."""


class Places:
    """Places by key, at most `most` for each; threads may take and leave them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._by_key: dict[int, int] = {}

    def enter(self, key_id: int) -> None:
        """Take a place. Raises NoPlaceLeft."""
        with self._lock:
            if (count := self._by_key.get(key_id, 0)) >= self._most:
                raise NoPlaceLeft
            self._by_key[key_id] = count + 1

    def leave(self, key_id: int) -> None:
        """Give a place back."""
        with self._lock:
            self._by_key[key_id] -= 1
            if not self._by_key[key_id]:
                del self._by_key[key_id]
