"""Age of the answers that are kept for retries."""

from datetime import datetime, timedelta

from portal.tenants.models import IdempotentAnswer

KEPT = timedelta(hours=24)


def forget(*, now: datetime) -> int:
    """Delete answers older than KEPT; return the number."""
    return IdempotentAnswer.objects.filter(at__lt=now - KEPT).delete()[0]
