"""Alerts and rules that a request sees: of its tenant and of those below it, those of budgets with costs alone."""

from django.db.models import QuerySet

from portal.accounts.access import Access
from reports.models import Alert, AlertRule
from reports.pricing.rights import may_see_costs


def alerts_seen(access: Access) -> QuerySet[Alert]:
    """Return the alerts, open and closed."""
    reached = Alert.objects.filter(tenant_id__in=access.tenant_ids)
    return reached if may_see_costs(access) else reached.exclude(rule__kind=AlertRule.Kind.BUDGET)


def rules_seen(access: Access) -> QuerySet[AlertRule]:
    """Return the rules, deleted ones too."""
    reached = AlertRule.objects.filter(tenant_id__in=access.tenant_ids)
    return reached if may_see_costs(access) else reached.exclude(kind=AlertRule.Kind.BUDGET)
