"""Deletes what alerts keep for a time only: sums by quarter, closed alerts, rules that were deleted before them."""

from datetime import datetime, timedelta

from reports.alerts.sums import KEPT_DAYS
from reports.models import Alert, AlertQuarter, AlertRule

HISTORY = timedelta(days=730)


def forget(*, now: datetime) -> int:
    """Delete sums after 119 days and closed alerts after two years; return how many alerts."""
    AlertQuarter.objects.filter(quarter__lt=now - timedelta(days=KEPT_DAYS + 1)).delete()
    deleted, _by_model = Alert.objects.filter(closed_at__lt=now - HISTORY).delete()
    # A budget keeps its rule, as its page names it.
    AlertRule.objects.filter(archived_at__lt=now - HISTORY, alerts=None, budget=None).delete()
    return deleted
