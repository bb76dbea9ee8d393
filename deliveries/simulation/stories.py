"""Days of a demonstration's stories, chosen so that the first page shows them."""

from datetime import datetime, timedelta

from deliveries.simulation.customers import Stories

THURSDAY = 3  # the busiest day of campaigns (rhythm.py)
SLOW_BEFORE, BAD_BEFORE = 8, 16  # days before the end
OLD_SHARE = 0.03  # of the numbers of lapsed customers


def last_month_stories(*, start: datetime, end: datetime) -> Stories:
    """Return stories of the last weeks before `end`: an operator slow on a Thursday, numbers bad for 16 days.

    In the whole period, messages to lapsed customers fail more often than others.
    Days count from `start`, a midnight in UTC; the period has at least BAD_BEFORE days.
    """
    slow = end - timedelta(days=SLOW_BEFORE)
    slow -= timedelta(days=(slow.weekday() - THURSDAY) % 7)
    bad = end - timedelta(days=BAD_BEFORE)
    return Stories(slow_day=(slow - start).days, bad_from_day=(bad - start).days, old_share=OLD_SHARE)
