"""Rules and alerts as they are stored."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from portal.tenants.models import Tenant
from reports.models import Alert, AlertRule


def make_rule(tenant: Tenant, **fields) -> AlertRule:
    """Store a rule of the delivery rate that is on."""
    values = {"name": "Norway", "kind": "delivery", "scope": "all", "threshold": 10, "is_on": True} | fields
    return AlertRule.objects.create(tenant=tenant, **values)


def make_alert(rule: AlertRule, **fields) -> Alert:
    """Store an open alert of the rule that opened just now."""
    now = timezone.now()
    values = {"since": now - timedelta(minutes=20), "opened_at": now, "seen_at": now} | fields
    figures = {"now": 0.4, "usual": 0.95, "messages": 300}
    return Alert.objects.create(tenant=rule.tenant, rule=rule, **{"figures": figures} | values)
