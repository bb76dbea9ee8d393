"""Rate limits a minute: by key, and by address for requests without a valid key.

The cache counts for all processes. While Redis is not reachable, each process counts for itself
(portal/common/cache.py), so no request fails for it. The effective limit is then at most the limit times the number of
processes.
"""

import time
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

from portal.accounts.client_address import client_network
from portal.api.problems import TooManyRequests
from portal.common.cache import count_up

WINDOW = 60  # seconds


@dataclass(frozen=True, slots=True)
class Usage:
    """Usage of a limit in the current minute.

    `policy` is "key" or "address", `used` includes this request, `reset` is in seconds.
    """

    policy: str
    quota: int
    used: int
    reset: int

    @property
    def left(self) -> int:
        return max(0, self.quota - self.used)


def count(request: HttpRequest) -> Usage | None:
    """Count the request; return None if no limit applies (the limit is 0, or the caller is unknown)."""
    key = request.access.key
    policy, quota = ("key", settings.API_KEY_PER_MINUTE) if key else ("address", settings.API_ADDRESS_PER_MINUTE)
    who = str(key.id) if key else client_network(request)
    if not quota or not who:
        return None
    now = time.time()
    window = int(now // WINDOW)
    return Usage(
        policy, quota, count_up(f"api-limit:{policy}:{who}:{window}", seconds=2 * WINDOW), WINDOW - int(now % WINDOW)
    )


def refuse_over(usage: Usage | None) -> None:
    """Raise TooManyRequests where the limit is passed."""
    if usage is not None and usage.used > usage.quota:
        raise TooManyRequests(
            f"More than {usage.quota} requests in this minute. Try again in {usage.reset} seconds.", wait=usage.reset
        )


def headers(usage: Usage | None) -> dict[str, str]:
    """Return the response headers that describe the limit (draft-ietf-httpapi-ratelimit-headers-10)."""
    if usage is None:
        return {}
    return {
        "RateLimit-Policy": f'"{usage.policy}";q={usage.quota};w={WINDOW}',
        "RateLimit": f'"{usage.policy}";r={usage.left};t={usage.reset}',
    }
