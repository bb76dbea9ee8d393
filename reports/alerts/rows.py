"""Rows of the pages of alerts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from campaigns.models import Campaign
from portal.accounts.access import Access
from portal.common.masking import Masking
from portal.common.periods import local_day
from portal.tenants.models import Tenant
from reports.alerts.backtest import Opened
from reports.alerts.statistics import Part
from reports.alerts.texts import condition, found, name_of, part_of, place_of, scope_of, state_of
from reports.models import Alert, AlertRule


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert in words, with the address of its messages ('': they cannot be found by what is masked).

    `customer` is the name of the tenant that it is of, '' for the page's own.
    """

    alert: Alert
    customer: str
    rule: str
    place: str
    found: str
    state: str
    mark: str
    messages: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in words."""

    rule: AlertRule
    name: str
    scope: str
    condition: str
    is_snoozed: bool


@dataclass(frozen=True, slots=True)
class PastRow:
    """An alert that a rule would have opened."""

    at: datetime
    place: str
    found: str


def alert_rows(alerts: Iterable[Alert], tenant: Tenant, access: Access) -> list[AlertRow]:
    """Return in words the alerts of the tenant and of those below it; `alert.tenant` is read already."""
    masking = access.masking
    return [
        AlertRow(
            alert,
            masking.text(alert.tenant.name) if alert.tenant_id != tenant.pk else "",
            masking.text(name_of(alert.rule)) or "",
            place_of(alert, masking),
            found(alert),
            state_of(alert),
            "open" if alert.acknowledged_at and not alert.closed_at else "delivered" if alert.closed_at else "failed",
            messages_of(alert, alert.tenant, masking) if _may_open(alert, access) else "",
        )
        for alert in alerts
    ]


def _may_open(alert: Alert, access: Access) -> bool:
    """Return whether the person may open what an alert leads to: messages, or the budget that it is of."""
    return alert.rule.budget_id is not None or access.may("see_messages")


def rule_row(rule: AlertRule, masking: Masking, *, now: datetime) -> RuleRow:
    """Return a rule in words."""
    is_snoozed = rule.snoozed_until is not None and rule.snoozed_until > now
    return RuleRow(rule, masking.text(name_of(rule)) or "", scope_of(rule, masking), condition(rule), is_snoozed)


def past_rows(rule: AlertRule, opened: Iterable[Opened], masking: Masking) -> list[PastRow]:
    """Return in words what a backtest found."""
    rows = []
    for one in opened:
        verdict = one.verdict
        figures = {"now": verdict.now, "usual": verdict.usual, "messages": verdict.messages}
        place = part_of(Part(*one.part)) or scope_of(rule, masking)
        if rule.scope == AlertRule.Scope.EACH and one.part == Part():
            place = str(AlertRule.Scope.ALL.label)
        rows.append(PastRow(one.at, place, found(Alert(rule=rule, figures=figures))))
    return rows


def messages_of(alert: Alert, tenant: Tenant, masking: Masking) -> str:
    """Return the address of the list of messages from the alert's day on; a sender is no filter of that list.

    An alert of a budget leads to the budget's page.
    """
    rule = alert.rule
    if rule.budget_id is not None:
        return reverse("budgets:budget", args=[tenant.slug, rule.budget_id])
    filters = {"country": alert.country, "operator": alert.operator}
    if rule.scope == AlertRule.Scope.PARTNER_ID:
        filters["partner_id"] = rule.partner_id
    elif rule.scope == AlertRule.Scope.CAMPAIGN:
        filters["campaign"] = (
            Campaign.objects.filter(tenant=tenant, id=rule.campaign_id or 0).values_list("name", flat=True).first()
            or ""
        )
    if rule.scope == AlertRule.Scope.SENDER or any(masking.hides(value) for value in filters.values()):
        return ""
    days = {
        "from": local_day(alert.since, tenant.timezone),
        "to": local_day(alert.closed_at or alert.seen_at, tenant.timezone),
    }
    given = {name: value for name, value in filters.items() if value}
    return f"{reverse('messages:list', args=[tenant.slug])}?{urlencode(days | given)}"
