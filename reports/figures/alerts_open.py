"""Number of open alerts of a tenant and those below it, which the header of its pages shows without a query."""

from collections.abc import Iterable
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


def open_number(tenant_ids: Iterable[int]) -> int:
    """Return the number of these tenants' open alerts as it was at their last looks, 0 where it is not known."""
    return sum(cache.get_many([_key(tenant_id) for tenant_id in tenant_ids]).values())


def _key(tenant_id: int) -> str:
    return f"alerts-open:{tenant_id}"
