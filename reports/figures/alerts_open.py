"""Number of open alerts of a tenant and those below it, which the header of its pages shows without a query."""

from collections.abc import Iterable
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count, Q

from reports.models import Alert, AlertRule

KEPT_SECONDS = 600  # the look every minute writes it anew


def show_open(tenant_id: int, *, now: datetime) -> None:
    """Count the open alerts that nobody has acknowledged or snoozed, for the header: those of budgets apart."""
    awake = Q(rule__snoozed_until=None) | Q(rule__snoozed_until__lte=now)
    open_alerts = Alert.objects.filter(
        awake, tenant_id=tenant_id, rule__is_on=True, closed_at=None, acknowledged_at=None
    )
    of_budgets = Q(rule__kind=AlertRule.Kind.BUDGET)
    found = open_alerts.aggregate(others=Count("id", filter=~of_budgets), budgets=Count("id", filter=of_budgets))
    numbers = {_key(tenant_id): found["others"], _key(tenant_id, of_budgets=True): found["budgets"]}
    cache.set_many(numbers, timeout=KEPT_SECONDS)


def open_number(tenant_ids: Iterable[int], *, with_budgets: bool) -> int:
    """Return the number of these tenants' open alerts as it was at their last looks, 0 where it is not known."""
    kinds = (False, True) if with_budgets else (False,)
    keys = [_key(tenant_id, of_budgets=kind) for tenant_id in tenant_ids for kind in kinds]
    return sum(cache.get_many(keys).values())


def _key(tenant_id: int, *, of_budgets: bool = False) -> str:
    return f"alerts-open:{tenant_id}:budgets" if of_budgets else f"alerts-open:{tenant_id}"
