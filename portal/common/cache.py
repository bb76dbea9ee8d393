"""A cache that survives an outage of Redis: each process then counts in its own memory.

It holds limits on guessing and marks of sent e-mails. Without Redis they hold per process, so an attacker gets as many
times the guesses as there are processes. Lock-outs of django-axes are in the database and unaffected.
"""

import logging
import time
from collections.abc import Callable

from django.core.cache import cache
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

AWAY_SECONDS = 5  # seconds without requests to Redis after it did not answer
MAX_IN_MEMORY = 10_000
_away_until: dict[str, float] = {}  # by address: Django makes a cache object for each thread


class SteadyCache(BaseCache):
    """Django's Redis cache, and this process's memory while Redis does not answer."""

    def __init__(self, server: str, params: dict) -> None:
        super().__init__(params)
        self.server = server
        self.redis = RedisCache(server, params)
        self.memory = LocMemCache("portal-while-redis-is-away", {"OPTIONS": {"MAX_ENTRIES": MAX_IN_MEMORY}})

    def _ask(self, question: Callable[[BaseCache], object]) -> object:
        if time.monotonic() >= _away_until.get(self.server, 0):
            try:
                return question(self.redis)
            except (RedisError, OSError) as error:
                _away_until[self.server] = time.monotonic() + AWAY_SECONDS
                logger.warning("Redis does not answer, limits are counted in this process alone: %s", error)
        return question(self.memory)

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        return self._ask(lambda cache: cache.add(key, value, timeout, version))

    def get(self, key, default=None, version=None):
        return self._ask(lambda cache: cache.get(key, default, version))

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        return self._ask(lambda cache: cache.set(key, value, timeout, version))

    def touch(self, key, timeout=DEFAULT_TIMEOUT, version=None):
        return self._ask(lambda cache: cache.touch(key, timeout, version))

    def delete(self, key, version=None):
        return self._ask(lambda cache: cache.delete(key, version))

    def incr(self, key, delta=1, version=None):
        return self._ask(lambda cache: cache.incr(key, delta, version))

    def clear(self):
        return self._ask(lambda cache: cache.clear())


def count_up(name: str, *, seconds: int) -> int:
    """Add one to a count of the default cache, which is kept for `seconds` from its first one; return it."""
    cache.add(name, 0, timeout=seconds)
    try:
        return cache.incr(name)
    except ValueError:  # the cache dropped the entry, or was lost, between the two
        return 1
