"""Number of a tenant's open alerts, which the header of its pages shows without a query."""

from datetime import datetime

from django.core.cache import cache
from django.db.models import Q

from reports.models import Alert

KEPT_SECONDS = 600  # the look every minute writes it anew


def show_open(tenant_id: int, *, now: datetime) -> None:
    """Count the open alerts that nobody has acknowledged or snoozed, for the header."""
    awake = Q(rule__snoozed_until=None) | Q(rule__snoozed_until__lte=now)
    open_alerts = Alert.objects.filter(
        awake, tenant_id=tenant_id, rule__is_on=True, closed_at=None, acknowledged_at=None
    )
    cache.set(_key(tenant_id), open_alerts.count(), timeout=KEPT_SECONDS)


def open_number(tenant_id: int) -> int:
    """Return the number of open alerts as it was at the last look, 0 where it is not known."""
    return cache.get(_key(tenant_id)) or 0


def _key(tenant_id: int) -> str:
    return f"alerts-open:{tenant_id}"
