"""The look at all budgets, every five minutes: alerts at parts of them that open and close, and their mails.

A threshold opens one alert in a period; the next one closes it. Costs that fall below it again, by another price list,
close it too, and it does not open again in the period unless the budget itself is changed.
"""

import logging
from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef
from django.utils.translation import gettext_noop as _

from deliveries.checks.run import keep
from portal.common.kept_text import KeptText
from portal.common.periods import local_day
from portal.tenants.models import Tenant
from reports.alerts import mailing
from reports.alerts.events import tell_closed, tell_opened
from reports.alerts.looking import Looked
from reports.budgets.periods import period_on
from reports.budgets.spending import Spending, spendings
from reports.figures.alerts_open import show_open
from reports.models import Alert, AlertRule, Budget
from reports.pricing.costing import payer_of

logger = logging.getLogger(__name__)
Ending = Alert.Ending
Told = tuple[int, date | None, int | None]  # rule, first day of the period, revision


def look_at_all(*, now: datetime) -> Looked:
    """Look at the budgets of every tenant, each tenant in a transaction of its own; keep failures as a check.

    An error with one tenant keeps no other from its look.
    """
    own = Budget.objects.filter(tenant=OuterRef("pk"), retired_at=None)
    open_alerts = Alert.objects.filter(tenant=OuterRef("pk"), rule__kind=AlertRule.Kind.BUDGET, closed_at=None)
    tenants = list(Tenant.objects.filter(Exists(own) | Exists(open_alerts)).order_by("id"))
    opened = closed = 0
    failed: list[str] = []
    for tenant in tenants:
        try:
            changed = look_at(tenant, now=now)
        except Exception:
            logger.exception("The look at the budgets of %s failed", tenant.slug)
            failed.append(tenant.slug)
            continue
        opened, closed = opened + changed[0], closed + changed[1]
    text = _("%(tenant)s: the look at its budgets failed. The log has the error")
    keep("budgets", [KeptText(text, tenant=slug) for slug in failed], now=now)
    return Looked(len(tenants), opened, closed, tuple(failed))


def look_at(tenant: Tenant, *, now: datetime) -> tuple[int, int]:
    """Look at one tenant's budgets; return how many alerts opened and closed.

    The budgets' rules stay locked, so that two looks at once open nothing twice.
    """
    with transaction.atomic():
        of_tenant = AlertRule.objects.filter(tenant=tenant, kind=AlertRule.Kind.BUDGET)
        locked = of_tenant.select_for_update(of=("self",)).order_by("id")
        rules = list(locked.select_related("budget__campaign__merged_into"))
        opened = closed = 0
        alerts = {alert.rule_id: alert for alert in Alert.objects.filter(rule__in=rules, closed_at=None)}
        states = _states(tenant, [rule.budget for rule in rules if _is_looked_at(rule)], now=now)
        told = _told(rules)
        for rule in rules:
            assert rule.budget is not None
            alert = alerts.get(rule.pk)
            if alert is not None:
                alert.rule = rule
            ended, new = _judge(rule, rule.budget, alert, states, told)
            if alert is not None and ended is not None:
                _close(tenant, alert, ended, now=now)
                closed += 1
            if new is not None:
                _open(tenant, rule, rule.budget, states[rule.budget.pk], new, now=now)
                opened += 1
        mailing.mail_due(tenant, now=now, of_budgets=True)
    show_open(tenant.pk, now=now)
    return opened, closed


def _is_looked_at(rule: AlertRule) -> bool:
    return rule.is_on and rule.budget is not None and rule.budget.retired_at is None


def _states(tenant: Tenant, budgets: list[Budget | None], *, now: datetime) -> dict[int, Spending]:
    """Return the state of running budgets."""
    today = local_day(now, tenant.timezone)
    running = [
        one
        for one in budgets
        if one is not None and period_on(today, first_day=one.first_day, last_day=one.last_day).is_running(today)
    ]
    return spendings(running, payer_of(tenant), now=now, with_forecast=False) if running else {}


def _told(rules: list[AlertRule]) -> dict[Told, int]:
    """Return the highest threshold that was told, by rule, first day of the period and revision of the budget."""
    rows = Alert.objects.filter(rule__in=rules).values_list("rule_id", "period", "revision")
    return {(rule, period, revision): most for rule, period, revision, most in rows.annotate(most=Max("threshold"))}


def _judge(
    rule: AlertRule, budget: Budget, alert: Alert | None, states: Mapping[int, Spending], told: Mapping[Told, int]
) -> tuple[str | None, int | None]:
    """Return why the open alert ends, if it does, and the threshold of an alert that opens, if one does."""
    state = states.get(budget.pk)
    if not _is_looked_at(rule):
        return Ending.SWITCHED_OFF, None
    if state is None:
        return Ending.PERIOD_OVER, None
    reached = max((one for one in budget.thresholds if state.spent * 100 >= one * budget.amount), default=0)
    new = reached if reached > told.get((rule.pk, state.period.first, budget.revision), 0) else None
    if alert is None or alert.threshold is None:
        return None, new
    if alert.period != state.period.first:
        return Ending.PERIOD_OVER, new
    if alert.revision != budget.revision:
        return Ending.CHANGED, new
    if new is not None:
        return Ending.OVERTAKEN, new
    return (Ending.RECOVERED if reached < alert.threshold else None), None


def _close(tenant: Tenant, alert: Alert, ending: str, *, now: datetime) -> None:
    alert.closed_at, alert.ending = now, ending
    alert.good_since = now if ending == Ending.RECOVERED else None
    alert.save(update_fields=["closed_at", "ending", "good_since"])
    tell_closed(tenant, alert, now=now)


def _open(
    tenant: Tenant, rule: AlertRule, budget: Budget, state: Spending, threshold: int, *, now: datetime
) -> None:  # fmt: skip
    alert = Alert.objects.create(
        tenant=tenant,
        rule=rule,
        threshold=threshold,
        period=state.period.first,
        revision=budget.revision,
        since=now,
        opened_at=now,
        seen_at=now,
        figures={
            "now": state.spent,
            "usual": budget.amount,
            "currency": budget.currency,
            "messages": state.unpriced.messages,
        },
    )
    tell_opened(tenant, alert, now=now)
