"""End of replays' rows: they are kept as long as the attempts that they caused."""

from datetime import datetime, timedelta

from deliveries.models import GateReplay
from portal.common.jobs import JobState, open_jobs

ROW_KEPT = timedelta(days=30)  # from its end
SEARCH_KEPT = timedelta(days=7)  # of one that failed, for another try


def forget(*, now: datetime) -> int:
    """Delete rows that ended 30 days ago, and searches of those that failed; return how many rows were deleted."""
    failed = GateReplay.objects.filter(state=JobState.FAILED, finished_at__lte=now - SEARCH_KEPT)
    failed.exclude(sealed="").update(sealed="", position_sealed="")
    ended = GateReplay.objects.filter(finished_at__lte=now - ROW_KEPT)
    return ended.exclude(pk__in=open_jobs(GateReplay).values("pk")).delete()[0]
