"""Alerts of a period, as charts mark them and pages list them beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from portal.common.periods import day_bounds, local_day
from portal.common.templatetags.figures import country
from portal.tenants.models import Tenant
from reports.models import Alert, AlertRule

MOST = 50
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """An alert from `since` to `until` (now, where it is open), in the tenant's days `first` to `last`."""

    id: int
    since: datetime
    until: datetime
    first: date
    last: date
    is_open: bool
    text: str


def alerts_between(
    tenant: Tenant, *, first: date, last: date, now: datetime, campaign_id: int | None = None
) -> list[ShownAlert]:
    """Return the newest alerts of the tenant's days, or those of rules on one campaign, by one query."""
    begin, end = day_bounds(first, tenant.timezone)[0], day_bounds(last, tenant.timezone)[1]
    found = Alert.objects.filter(Q(closed_at=None) | Q(closed_at__gte=begin), tenant=tenant, since__lt=end)
    if campaign_id is not None:
        found = found.filter(rule__campaign_id=campaign_id)
    return [_shown(alert, tenant, now=now) for alert in found.select_related("rule").order_by("-since", "-id")[:MOST]]


def marks(alerts: Sequence[ShownAlert], spans: Sequence[tuple[date, date, datetime | None]]) -> list[int]:
    """Return the number of alerts of each column of a chart: its first and last day, or its hour."""
    return [sum(_is_in(alert, *span) for alert in alerts) for span in spans]


def _is_in(alert: ShownAlert, first: date, last: date, hour: datetime | None) -> bool:
    if hour is None:
        return alert.first <= last and alert.last >= first
    return alert.since < hour + HOUR and alert.until >= hour


def _shown(alert: Alert, tenant: Tenant, *, now: datetime) -> ShownAlert:
    until = alert.closed_at or now
    days = local_day(alert.since, tenant.timezone), local_day(until, tenant.timezone)
    kind = str(AlertRule.Kind(alert.rule.kind).label)
    place = ", ".join(filter(None, (alert.operator, country(alert.country) if alert.country else "")))
    return ShownAlert(
        alert.pk, alert.since, until, *days, alert.closed_at is None, f"{kind}: {place}" if place else kind
    )
