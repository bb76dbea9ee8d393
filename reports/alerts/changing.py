"""Changes that people make to rules and alerts, each with its entry in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from portal.accounts.models import record
from portal.common.masking import Masking
from portal.tenants.models import Tenant
from reports.alerts.texts import name_of
from reports.figures.alerts_open import show_open
from reports.models import Alert, AlertRule

MAX_RULES = 50  # of a tenant, besides the standard ones
MAX_DIRECT = 10  # of these on partner IDs, campaigns and senders: each reads messages every minute
SNOOZES = {"1": timedelta(hours=1), "8": timedelta(hours=8), "24": timedelta(days=1), "168": timedelta(days=7)}
DIRECT = (AlertRule.Scope.PARTNER_ID, AlertRule.Scope.CAMPAIGN, AlertRule.Scope.SENDER)


class TooManyRules(Exception):
    """The tenant has as many rules as it may have, of all or of those that read messages."""


@dataclass(frozen=True, slots=True)
class RuleInput:
    """All that people say about a rule. Fields of another scope than its own are empty."""

    name: str
    kind: str
    scope: str
    threshold: float
    min_messages: int
    country: str = ""
    operator: str = ""
    partner_id: str = ""
    campaign_id: int | None = None
    sender: str = ""
    quiet_from: time | None = None
    quiet_until: time | None = None

    @classmethod
    def of(cls, rule: AlertRule) -> RuleInput:
        """Return what a stored rule says."""
        return cls(**{name: getattr(rule, name) for name in cls.__slots__})

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def create(tenant: Tenant, given: RuleInput, *, actor: str) -> AlertRule:
    """Create a rule that is switched off, so that its backtest is seen first. Raises TooManyRules."""
    with transaction.atomic():
        own = _own(tenant)
        if own.count() >= MAX_RULES or (given.scope in DIRECT and own.filter(scope__in=DIRECT).count() >= MAX_DIRECT):
            raise TooManyRules
        rule = AlertRule.objects.create(tenant=tenant, made_by=actor, **given.values())
        _record("alert_rule.created", rule, actor)
    return rule


def change(rule: AlertRule, given: RuleInput, *, actor: str) -> bool:
    """Change a rule; return False where nothing is different. Raises TooManyRules for one that now reads messages."""
    new = {name: value for name, value in given.values().items() if getattr(rule, name) != value}
    if not new:
        return False
    will_read = given.scope in DIRECT and rule.scope not in DIRECT
    with transaction.atomic():
        if will_read and _own(rule.tenant).filter(scope__in=DIRECT).count() >= MAX_DIRECT:
            raise TooManyRules
        for name, value in new.items():
            setattr(rule, name, value)
        rule.save(update_fields=list(new))
        _record("alert_rule.changed", rule, actor)
    return True


def switch(rule: AlertRule, *, is_on: bool, actor: str, now: datetime) -> bool:
    """Switch a rule on or off; return False where it was so already.

    The next look closes the alerts of one that is off.
    """
    with transaction.atomic():
        if not AlertRule.objects.filter(pk=rule.pk, is_on=not is_on).update(is_on=is_on, snoozed_until=None):
            return False
        _record("alert_rule.switched_on" if is_on else "alert_rule.switched_off", rule, actor)
    show_open(rule.tenant_id, now=now)
    return True


def snooze(rule: AlertRule, *, length: timedelta | None, actor: str, now: datetime) -> datetime | None:
    """Leave a rule's alerts out of mails and header for so long; without a length wake it up. Return until when."""
    until = now + length if length else None
    with transaction.atomic():
        AlertRule.objects.filter(pk=rule.pk).update(snoozed_until=until)
        _record("alert_rule.snoozed" if until else "alert_rule.woken", rule, actor)
    show_open(rule.tenant_id, now=now)
    return until


def archive(rule: AlertRule, *, actor: str, now: datetime) -> bool:
    """Delete a rule of the tenant's own; its alerts stay in the history. Return False for one that stays.

    A standard rule stays, and that of a budget as long as the budget.
    """
    if rule.standard or rule.budget_id is not None:
        return False
    with transaction.atomic():
        AlertRule.objects.filter(pk=rule.pk).update(archived_at=now, is_on=False)
        _record("alert_rule.deleted", rule, actor)
    show_open(rule.tenant_id, now=now)
    return True


def acknowledge(alert: Alert, *, actor: str, now: datetime) -> bool:
    """Note that somebody knows of an open alert: no mail tells it any more. Return False where that was so already."""
    with transaction.atomic():
        open_alert = Alert.objects.filter(pk=alert.pk, closed_at=None, acknowledged_at=None)
        if not open_alert.update(acknowledged_at=now, acknowledged_by=actor):
            return False
        _record("alert.acknowledged", alert.rule, actor)
    show_open(alert.tenant_id, now=now)
    return True


def _own(tenant: Tenant) -> QuerySet[AlertRule]:
    """Return the rules that count, until the transaction's end: two changes at once would both find a free place."""
    Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
    return AlertRule.objects.filter(tenant=tenant, archived_at=None, standard="", budget=None)


def _record(action: str, rule: AlertRule, actor: str) -> None:
    name = Masking(in_full=False).text(name_of(rule))
    record(action, actor=actor, tenant=rule.tenant, subject=name or "", details={"rule": rule.pk})
