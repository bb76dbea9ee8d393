"""The end of a delivery's time to live; pure."""

from datetime import datetime, timedelta

from deliveries.gates.claims import Claim

EXPIRED = "expired"  # the outcome of a delivery whose time to live ended before it could be sent


def expires_in(claim: Claim, *, ttl_ms: int, held_ms: int, now: datetime) -> timedelta:
    """Return how long the delivery still lives; zero or less: it has ended.

    `held_ms` is how long its gate was held until now, all in all: the time to live stands still while it is held.
    """
    held = timedelta(milliseconds=max(held_ms - claim.held_ms, 0))
    return timedelta(milliseconds=ttl_ms) + held - (now - claim.created_at)
