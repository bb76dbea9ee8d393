"""Mails about alerts: at most two a day for a rule, none in its quiet hours, each alert in one mail at most.

The alerts are marked and the rule's mails counted in the transaction that hands the mail over: after a crash in between
none is sent twice.
"""

from datetime import datetime, time
from itertools import groupby

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts import mail
from portal.common.masking import Masking
from portal.common.periods import zone
from portal.tenants.models import Tenant
from reports.alerts.readers import readers
from reports.alerts.texts import found, name_of, place_of
from reports.alerts.unsubscribing import link_for
from reports.models import Alert, AlertRule

MAILS_A_DAY = 2
SHOWN = 20  # alerts in a mail


def mail_due(tenant: Tenant, *, now: datetime) -> int:
    """Mail the open alerts that no mail has told yet, in the caller's transaction; return how many mails."""
    awake = Q(rule__snoozed_until=None) | Q(rule__snoozed_until__lte=now)
    waiting = Alert.objects.filter(awake, tenant=tenant, closed_at=None, mailed_at=None, acknowledged_at=None)
    sent = 0
    local = now.astimezone(zone(tenant.timezone))
    for _rule, group in groupby(waiting.select_related("rule").order_by("rule_id", "opened_at", "id"), _by_rule):
        alerts = list(group)
        rule = alerts[0].rule
        if is_quiet(rule, local.time()) or not _take_mail(rule, local):
            continue
        Alert.objects.filter(id__in=[alert.pk for alert in alerts]).update(mailed_at=now)
        sent += _send(tenant, rule, alerts)
    return sent


def is_quiet(rule: AlertRule, clock: time) -> bool:
    """Return whether the tenant's clock is in the rule's quiet hours, which may pass midnight."""
    if rule.quiet_from is None or rule.quiet_until is None or rule.quiet_from == rule.quiet_until:
        return False
    if rule.quiet_from < rule.quiet_until:
        return rule.quiet_from <= clock < rule.quiet_until
    return clock >= rule.quiet_from or clock < rule.quiet_until


def _by_rule(alert: Alert) -> int:
    return alert.rule_id


def _take_mail(rule: AlertRule, local: datetime) -> bool:
    """Count one more mail of the tenant's day; return False where the day has had its mails."""
    today = local.date()
    same_day = AlertRule.objects.filter(pk=rule.pk, mails_on=today, mails__lt=MAILS_A_DAY)
    other_day = AlertRule.objects.filter(Q(mails_on=None) | ~Q(mails_on=today), pk=rule.pk)
    if other_day.update(mails_on=today, mails=1):
        return True
    return bool(same_day.update(mails=rule.mails + 1))


def _send(tenant: Tenant, rule: AlertRule, alerts: list[Alert]) -> int:
    masking = Masking(in_full=False)
    page = f"{settings.PUBLIC_URL}/t/{tenant.slug}/alerts/"
    people = readers(tenant)
    with translation.override(tenant.language):
        first = ngettext(
            "%(number)s alert of the rule “%(rule)s” has opened at %(tenant)s.",
            "%(number)s alerts of the rule “%(rule)s” have opened at %(tenant)s.",
            len(alerts),
        ) % {"number": len(alerts), "rule": name_of(rule), "tenant": tenant.name}
        lines = [_line(alert, tenant, masking) for alert in alerts[:SHOWN]]
        if rest := len(alerts) - SHOWN if len(alerts) > SHOWN else 0:
            lines.append(ngettext("… and %(number)s more", "… and %(number)s more", rest) % {"number": rest})
        subject = _("Alert: %(rule)s, %(tenant)s") % {"rule": name_of(rule), "tenant": tenant.name}
        text = "\n\n".join([
            first,
            *lines,
            _("Open the alerts to acknowledge or snooze them. A rule sends at most two mails a day."),
            page,
            _("SMS reports"),
        ])  # fmt: skip
        for person in people:
            stop = _("Stop these mails"), link_for(tenant, person)
            mail.send_after_commit(to=person.email, subject=subject, text=text, action=_("Open the alerts"), stop=stop)
    return len(people)


def _line(alert: Alert, tenant: Tenant, masking: Masking) -> str:
    since = date_format(alert.since.astimezone(zone(tenant.timezone)), "SHORT_DATETIME_FORMAT")
    return f"{place_of(alert, masking)}: {found(alert)} ({_('since %(time)s') % {'time': since}})"
