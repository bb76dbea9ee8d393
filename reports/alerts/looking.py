"""The look at all tenants, every minute: sums, verdicts, alerts that open and close, mails."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from deliveries.models import DailyCount
from portal.tenants.models import Tenant
from portal.tenants.waiting import waiting
from reports.alerts import mailing
from reports.alerts.events import tell_closed, tell_opened
from reports.alerts.looks import TenantLook
from reports.alerts.reading import Window
from reports.alerts.rules import add_standard_rules, rules_of
from reports.alerts.statistics import Part, State, Verdict, to_open
from reports.alerts.sums import advance, begin_clock, fill_day
from reports.figures.alerts_open import show_open
from reports.models import Alert, AlertClock, AlertRule

logger = logging.getLogger(__name__)

CLOSES_AFTER = timedelta(minutes=30)  # of usual looks
FORGOTTEN_AFTER = timedelta(hours=2)  # without messages enough to tell
SENT_WITHIN = timedelta(days=36)  # days with messages of a tenant that is looked at


@dataclass(frozen=True, slots=True)
class Looked:
    """Numbers of tenants, of alerts that opened and closed, and the slugs of tenants whose look failed."""

    tenants: int
    opened: int
    closed: int
    failed: tuple[str, ...]


def look_at_all(*, now: datetime) -> Looked:
    """Look at every tenant that sent something lately, each in a transaction of its own.

    An error with one tenant keeps no other from its look. Delivery reports that wait are no silence and no fall: the
    look is at what was received before them.
    """
    until = waiting(now).data_as_of
    lately = DailyCount.objects.filter(tenant=OuterRef("pk"), day__gte=(until - SENT_WITHIN).date(), messages__gt=0)
    tenants = list(Tenant.objects.filter(Exists(lately)).order_by("id"))
    opened = closed = 0
    failed: list[str] = []
    for tenant in tenants:
        try:
            changed = look_at(tenant, until=until, now=now)
        except Exception:
            logger.exception("The look at the alerts of %s failed", tenant.slug)
            failed.append(tenant.slug)
            continue
        opened, closed = opened + changed[0], closed + changed[1]
    return Looked(len(tenants), opened, closed, tuple(failed))


def look_at(tenant: Tenant, *, until: datetime, now: datetime, fill_days: int = 1) -> tuple[int, int]:
    """Look at one tenant; return how many alerts opened and closed. Nothing is done while another look is at it.

    Everything received before `until` is applied. Up to `fill_days` days of earlier messages are summed up too.
    """
    with transaction.atomic():
        clock = _clock(tenant, until=until)
        if clock is None:
            return 0, 0
        is_new = advance(clock, until=until)
        filled = 0
        while filled < fill_days and fill_day(clock, now=now):
            filled += 1
        opened = closed = 0
        if is_new and tenant.kind == Tenant.Kind.CUSTOMER:
            opened, closed = _judge(tenant, clock, now=now)
        clock.looked_at = now
        clock.save()
        if tenant.kind == Tenant.Kind.CUSTOMER:
            mailing.mail_due(tenant, now=now)
    show_open(tenant.id, now=now)
    return opened, closed


def _clock(tenant: Tenant, *, until: datetime) -> AlertClock | None:
    """Return the tenant's clock with its lock, None while another look has it."""
    if not AlertClock.objects.filter(tenant=tenant).exists():
        AlertClock.objects.bulk_create([begin_clock(tenant, until=until)], ignore_conflicts=True)
        if tenant.kind == Tenant.Kind.CUSTOMER:
            add_standard_rules(tenant)
    clock = AlertClock.objects.select_for_update(skip_locked=True).filter(tenant=tenant).first()
    if clock is not None:
        clock.tenant = tenant
    return clock


def _judge(tenant: Tenant, clock: AlertClock, *, now: datetime) -> tuple[int, int]:
    look = TenantLook(tenant.id, Window.ending(clock.summed_until), age=clock.age)
    opened = closed = 0
    of_tenant = Alert.objects.filter(tenant=tenant, closed_at=None).exclude(rule__kind=AlertRule.Kind.BUDGET)
    alerts = list(of_tenant.select_related("rule"))
    is_silent = any(alert.rule.kind == AlertRule.Kind.SILENCE for alert in alerts)
    rules = list(rules_of(tenant).filter(is_on=True).exclude(kind=AlertRule.Kind.BUDGET))
    closed += _close_of_others(tenant, alerts, rules, now=now)
    alerts = [alert for alert in alerts if alert.closed_at is None]
    for rule in rules:
        of_rule = {Part(alert.country, alert.operator): alert for alert in alerts if alert.rule_id == rule.pk}
        verdicts = look.verdicts(rule, open_parts=set(of_rule))
        ended = [alert for part, alert in of_rule.items() if _follow(alert, verdicts.get(part), now=now)]
        for alert in ended:
            tell_closed(tenant, alert, now=now)
        closed += len(ended)
        if rule.kind == AlertRule.Kind.VOLUME_DOWN and is_silent:
            continue  # the first minutes after a silence have few messages
        bad = [part for part, verdict in verdicts.items() if verdict.state is State.BAD]
        new = to_open(bad, [part for part, alert in of_rule.items() if alert.closed_at is None])
        for part in new:
            tell_opened(tenant, _open(rule, part, verdicts[part], look.window, now=now), now=now)
        opened += len(new)
    return opened, closed


def _close_of_others(tenant: Tenant, alerts: list[Alert], rules: list[AlertRule], *, now: datetime) -> int:
    """Close the open alerts of rules that were switched off or deleted; return how many."""
    others = [alert for alert in alerts if alert.rule not in rules]
    for alert in others:
        alert.closed_at, alert.ending = now, Alert.Ending.SWITCHED_OFF
        alert.save(update_fields=["closed_at", "ending"])
        tell_closed(tenant, alert, now=now)
    return len(others)


def _open(rule: AlertRule, part: Part, verdict: Verdict, window: Window, *, now: datetime) -> Alert:
    since = window.begin
    if rule.kind == AlertRule.Kind.SILENCE and verdict.now is not None:
        since = window.end - timedelta(minutes=verdict.now)
    figures = {"now": verdict.now, "usual": verdict.usual, "messages": verdict.messages}
    return Alert.objects.create(
        tenant_id=rule.tenant_id,
        rule=rule,
        country=part.country,
        operator=part.operator,
        since=since,
        opened_at=now,
        seen_at=now,
        figures=figures,
    )


def _follow(alert: Alert, verdict: Verdict | None, *, now: datetime) -> bool:
    """Note what a look found about an open alert; return whether that closed it."""
    state = verdict.state if verdict else State.UNKNOWN
    if state is State.BAD:
        alert.seen_at, alert.good_since = now, None
    elif state is State.GOOD:
        alert.good_since = alert.good_since or now
        if now - alert.good_since >= CLOSES_AFTER:
            alert.closed_at, alert.ending = now, Alert.Ending.RECOVERED
    elif now - alert.seen_at >= FORGOTTEN_AFTER:
        alert.closed_at, alert.ending = now, Alert.Ending.QUIET
    alert.save(update_fields=["seen_at", "good_since", "closed_at", "ending"])
    return alert.closed_at is not None
