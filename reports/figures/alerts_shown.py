"""Alerts of a period, as charts mark them and pages list them beside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from portal.common.masking import Masking
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
    tenant: Tenant,
    *,
    tenant_ids: Sequence[int],
    first: date,
    last: date,
    now: datetime,
    masking: Masking,
    campaign_id: int | None = None,
    with_budgets: bool = False,
) -> list[ShownAlert]:
    """Return the newest alerts of these tenants in the tenant's days, or those of rules on one campaign, by one query.

    Those of another tenant than the page's say its name. Those of budgets are for readers who may see costs.
    """
    begin, end = day_bounds(first, tenant.timezone)[0], day_bounds(last, tenant.timezone)[1]
    found = Alert.objects.filter(Q(closed_at=None) | Q(closed_at__gte=begin), tenant_id__in=tenant_ids, since__lt=end)
    if not with_budgets:
        found = found.exclude(rule__kind=AlertRule.Kind.BUDGET)
    if campaign_id is not None:
        found = found.filter(rule__campaign_id=campaign_id)
    newest = found.select_related("rule", "tenant").order_by("-since", "-id")[:MOST]
    return [_shown(alert, tenant, masking, now=now) for alert in newest]


def marks(alerts: Sequence[ShownAlert], spans: Sequence[tuple[date, date, datetime | None]]) -> list[int]:
    """Return the number of alerts of each column of a chart: its first and last day, or its hour."""
    return [sum(_is_in(alert, *span) for alert in alerts) for span in spans]


def _is_in(alert: ShownAlert, first: date, last: date, hour: datetime | None) -> bool:
    if hour is None:
        return alert.first <= last and alert.last >= first
    return alert.since < hour + HOUR and alert.until >= hour


def _shown(alert: Alert, tenant: Tenant, masking: Masking, *, now: datetime) -> ShownAlert:
    until = alert.closed_at or now
    days = local_day(alert.since, tenant.timezone), local_day(until, tenant.timezone)
    kind = str(AlertRule.Kind(alert.rule.kind).label)
    if alert.rule.kind == AlertRule.Kind.BUDGET:
        kind = f"{kind}: {masking.text(alert.rule.name)}"
    customer = masking.text(alert.tenant.name) if alert.tenant_id != tenant.pk else ""
    place = ", ".join(filter(None, (customer, alert.operator, country(alert.country) if alert.country else "")))
    return ShownAlert(
        alert.pk, alert.since, until, *days, alert.closed_at is None, f"{kind}: {place}" if place else kind
    )
