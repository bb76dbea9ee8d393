"""Mails about alerts: at most two a day for a rule, none in its quiet hours.

A mail tells that an alert opened, another one that it is over. New alerts come first: until ENDS_FROM the day's last
mail is kept for them. Alerts are marked and the rule's mails counted in the transaction that hands the mail
over: after a crash in between none is sent twice.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts import mail
from portal.common.masking import Masking
from portal.common.periods import zone
from portal.tenants.models import Tenant
from reports.alerts.readers import readers
from reports.alerts.texts import found, name_of, over, place_of
from reports.alerts.unsubscribing import link_for
from reports.models import Alert, AlertRule

MAILS_A_DAY = 2
ENDS_FROM = time(18)  # of the tenant's clock; from then on the day's last mail may tell an end alone
TOLD_WITHIN = timedelta(days=1)  # after an alert was closed
# Ends that need no mail.
UNTOLD = (Alert.Ending.SWITCHED_OFF, Alert.Ending.OVERTAKEN, Alert.Ending.PERIOD_OVER, Alert.Ending.CHANGED)
SHOWN = 20  # alerts of each sort in a mail


def mail_due(tenant: Tenant, *, now: datetime, of_budgets: bool = False) -> int:
    """Mail what no mail has told yet: alerts that opened, and told ones that are over. Return how many mails.

    Call it in the transaction of the look: that of budgets mails their alerts alone, the other look all others.
    """
    awake = Q(rule__snoozed_until=None) | Q(rule__snoozed_until__lte=now)
    kind = Q(rule__kind=AlertRule.Kind.BUDGET)
    waiting = Alert.objects.filter(awake, kind if of_budgets else ~kind, tenant=tenant, acknowledged_at=None)
    opened = _by_rule(waiting.filter(closed_at=None, mailed_at=None))
    ended = waiting.filter(mailed_at__isnull=False, end_mailed_at=None, closed_at__gt=now - TOLD_WITHIN)
    ends = _by_rule(ended.filter(rule__archived_at=None).exclude(ending__in=UNTOLD))
    sent = 0
    local = now.astimezone(zone(tenant.timezone))
    for rule in sorted(opened.keys() | ends.keys(), key=lambda rule: rule.pk):
        most = MAILS_A_DAY if rule in opened or local.time() >= ENDS_FROM else MAILS_A_DAY - 1
        if is_quiet(rule, local.time()) or not _take_mail(rule, local, most=most):
            continue
        new, over = opened.get(rule, []), ends.get(rule, [])
        Alert.objects.filter(id__in=[alert.pk for alert in new]).update(mailed_at=now)
        Alert.objects.filter(id__in=[alert.pk for alert in over]).update(end_mailed_at=now)
        sent += _send(tenant, rule, new, over)
    return sent


def is_quiet(rule: AlertRule, clock: time) -> bool:
    """Return whether the tenant's clock is in the rule's quiet hours, which may pass midnight."""
    if rule.quiet_from is None or rule.quiet_until is None or rule.quiet_from == rule.quiet_until:
        return False
    if rule.quiet_from < rule.quiet_until:
        return rule.quiet_from <= clock < rule.quiet_until
    return clock >= rule.quiet_from or clock < rule.quiet_until


def _by_rule(alerts: QuerySet[Alert]) -> dict[AlertRule, list[Alert]]:
    found: dict[AlertRule, list[Alert]] = defaultdict(list)
    for alert in alerts.select_related("rule").order_by("opened_at", "id"):
        found[alert.rule].append(alert)
    return found


def _take_mail(rule: AlertRule, local: datetime, *, most: int) -> bool:
    """Count one more mail of the tenant's day; return False where the day has had `most` mails."""
    today = local.date()
    same_day = AlertRule.objects.filter(pk=rule.pk, mails_on=today, mails__lt=most)
    other_day = AlertRule.objects.filter(Q(mails_on=None) | ~Q(mails_on=today), pk=rule.pk)
    if other_day.update(mails_on=today, mails=1):
        return True
    return bool(same_day.update(mails=F("mails") + 1))


def _send(tenant: Tenant, rule: AlertRule, new: list[Alert], over: list[Alert]) -> int:
    masking = Masking(in_full=False)
    page = f"{settings.PUBLIC_URL}/t/{tenant.slug}/alerts/"
    people = readers(tenant, right="see_costs" if rule.kind == AlertRule.Kind.BUDGET else "see_figures")
    with translation.override(tenant.language):
        named = {"rule": name_of(rule), "tenant": tenant.name}
        paragraphs = []
        if new:
            paragraphs.append(
                ngettext(
                    "%(number)s alert of the rule “%(rule)s” has opened at %(tenant)s.",
                    "%(number)s alerts of the rule “%(rule)s” have opened at %(tenant)s.",
                    len(new),
                )
                % (named | {"number": len(new)})
            )
            paragraphs += _lines((_opened_line(alert, tenant, masking) for alert in new[:SHOWN]), len(new))
        if over:
            paragraphs.append(
                ngettext(
                    "%(number)s alert of the rule “%(rule)s” is over at %(tenant)s.",
                    "%(number)s alerts of the rule “%(rule)s” are over at %(tenant)s.",
                    len(over),
                )
                % (named | {"number": len(over)})
            )
            paragraphs += _lines((_ended_line(alert, tenant, masking) for alert in over[:SHOWN]), len(over))
        subject = _("Alert: %(rule)s, %(tenant)s") if new else _("Alert over: %(rule)s, %(tenant)s")
        last = (
            _("Open the alerts to acknowledge or snooze them. A rule sends at most two mails a day.")
            if new
            else _("A rule sends at most two mails a day, and new alerts come first.")
        )
        subject, text = subject % named, "\n\n".join([*paragraphs, last, page, _("SMS reports")])
        for person in people:
            stop = _("Stop these mails"), link_for(tenant, person)
            mail.send_after_commit(to=person.email, subject=subject, text=text, action=_("Open the alerts"), stop=stop)
    return len(people)


def _lines(shown: Iterable[str], number: int) -> list[str]:
    lines = list(shown)
    if rest := number - len(lines):
        lines.append(ngettext("… and %(number)s more", "… and %(number)s more", rest) % {"number": rest})
    return lines


def _opened_line(alert: Alert, tenant: Tenant, masking: Masking) -> str:
    since = date_format(alert.since.astimezone(zone(tenant.timezone)), "SHORT_DATETIME_FORMAT")
    return f"{place_of(alert, masking)}: {found(alert)} ({_('since %(time)s') % {'time': since}})"


def _ended_line(alert: Alert, tenant: Tenant, masking: Masking) -> str:
    return f"{place_of(alert, masking)}: {over(alert, tenant.timezone)}"
