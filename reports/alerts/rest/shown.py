"""Alerts and their rules as the API shows them."""

from collections.abc import Iterable
from typing import Any

from campaigns.models import Campaign
from portal.accounts.access import Access
from reports.alerts.texts import name_of
from reports.models import Alert, AlertRule
from reports.pricing.money import minor_decimal


def rules_shown(rules: Iterable[AlertRule], access: Access) -> list[dict[str, Any]]:
    """Return rules as AlertRuleAnswer takes them; `rule.tenant` is read already."""
    rules = list(rules)
    named = Campaign.objects.filter(id__in={rule.campaign_id for rule in rules if rule.campaign_id})
    campaigns: dict[int | None, str] = dict(named.values_list("id", "name"))
    return [_rule(rule, campaigns.get(rule.campaign_id), access) for rule in rules]


def _rule(rule: AlertRule, campaign: str | None, access: Access) -> dict[str, Any]:
    text, is_budgets = access.masking.text, rule.budget_id is not None
    same = ("id", "kind", "scope", "quiet_from", "quiet_until", "is_on", "snoozed_until", "created_at", "archived_at")
    return {name: getattr(rule, name) for name in same} | {
        "tenant": rule.tenant.slug,
        "name": text(name_of(rule)),
        "standard": rule.standard or None,
        "country": rule.country or None,
        "operator": text(rule.operator) or None,
        "partner_id": text(rule.partner_id) or None,
        "campaign": text(campaign),
        "sender": text(rule.sender) or None,
        "budget": rule.budget_id,
        "threshold": None if is_budgets else rule.threshold,
        "min_messages": None if is_budgets else rule.min_messages,
    }


def alerts_shown(alerts: Iterable[Alert], access: Access) -> list[dict[str, Any]]:
    """Return alerts as AlertAnswer takes them; tenant and rule are read already."""
    same = ("id", "threshold", "since", "opened_at", "acknowledged_at", "over_at", "closed_at")
    return [
        {name: getattr(alert, name) for name in same}
        | {
            "tenant": alert.tenant.slug,
            "rule": alert.rule_id,
            "kind": alert.rule.kind,
            "country": alert.country or None,
            "operator": access.masking.text(alert.operator) or None,
            "budget": alert.rule.budget_id,
            "figures": _figures(alert),
            "acknowledged_by": alert.acknowledged_by or None,
            "ending": alert.ending or None,
        }
        for alert in alerts
    ]


def _figures(alert: Alert) -> dict[str, Any]:
    found = {name: alert.figures.get(name) for name in ("now", "usual", "messages")}
    currency = alert.figures.get("currency")
    if currency is None:
        return found | {"spent": None, "amount": None, "currency": None}
    money = {"spent": minor_decimal(found["now"], currency), "amount": minor_decimal(found["usual"], currency)}
    return money | {"now": None, "usual": None, "messages": found["messages"], "currency": currency}
