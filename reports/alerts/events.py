"""The events `alert.opened` and `alert.closed` for gates."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from deliveries.gates.events import queue_event
from deliveries.models import Gate
from portal.tenants.models import Tenant
from reports.models import Alert


def tell_opened(tenant: Tenant, alert: Alert, *, now: datetime) -> None:
    """Queue the event of an alert that opens, in the transaction that opens it."""
    _tell(tenant, alert, Gate.Event.ALERT_OPENED, now=now)


def tell_closed(tenant: Tenant, alert: Alert, *, now: datetime) -> None:
    """Queue the event of an alert that closes, in the transaction that closes it."""
    _tell(tenant, alert, Gate.Event.ALERT_CLOSED, now=now)


def _tell(tenant: Tenant, alert: Alert, event: Gate.Event, *, now: datetime) -> None:
    body = {
        "alert": alert.pk,
        "rule": alert.rule_id,
        "kind": alert.rule.kind,
        "country": alert.country or None,
        "operator": alert.operator or None,
        "budget": alert.rule.budget_id,
        "threshold": alert.threshold,
        "since": alert.since,
        "opened_at": alert.opened_at,
        "closed_at": alert.closed_at,
        "ending": alert.ending or None,
        "url": settings.PUBLIC_URL + reverse("alerts:list", args=[tenant.slug]),
    }
    queue_event(tenant_id=tenant.id, event=event, body=body, now=now)
