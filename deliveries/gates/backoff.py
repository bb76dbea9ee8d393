"""Time until a gate's next attempt after a failure; pure."""

from datetime import timedelta

# In all about 52 hours: more than a gate's usual time to live of 48.
DELAYS = (
    *(timedelta(seconds=5), timedelta(seconds=30)),
    *(timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30)),
    *(timedelta(hours=2), timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=20)),
)
SPREAD = 0.2  # so that the retries of one outage do not arrive at once


def next_attempt(attempts: int, *, random: float) -> timedelta:
    """Return the delay after so many failed attempts, within ±20%; `random` is from 0 to 1.

    The last delay is repeated until the time to live ends.
    """
    if attempts < 1:
        raise ValueError(f"attempts: at least 1, not {attempts}")
    return DELAYS[min(attempts, len(DELAYS)) - 1] * (1 - SPREAD + 2 * SPREAD * random)
