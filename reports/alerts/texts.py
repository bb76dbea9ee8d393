"""Alerts and rules in words."""

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from campaigns.models import Campaign
from portal.common.masking import Masking
from portal.common.periods import zone
from portal.common.templatetags.figures import count, country, decimal, duration, percent
from reports.alerts.statistics import Part
from reports.models import Alert, AlertRule
from reports.templatetags.money import money

Kind, Scope = AlertRule.Kind, AlertRule.Scope

STANDARD_NAMES: dict[str, Promise] = {
    "delivery": gettext_lazy("Delivery rate falls"),
    "median": gettext_lazy("Median time rises"),
    "volume_down": gettext_lazy("Fewer messages than usual"),
    "silence": gettext_lazy("No messages"),
}
UNITS: dict[str, Promise] = {
    Kind.DELIVERY: gettext_lazy("percentage points"),
    Kind.VOLUME_DOWN: gettext_lazy("percent"),
    Kind.VOLUME_UP: gettext_lazy("percent"),
    Kind.MEDIAN: gettext_lazy("times the usual median"),
    Kind.SILENCE: gettext_lazy("minutes"),
    Kind.BUDGET: gettext_lazy("percent"),
}


def name_of(rule: AlertRule) -> str:
    """Return the rule's name; that of a standard one in the current language."""
    return rule.name or str(STANDARD_NAMES.get(rule.standard, rule.get_kind_display()))


def condition(rule: AlertRule) -> str:
    """Return in one sentence when the rule opens an alert."""
    if rule.budget is not None:
        thresholds = ", ".join(percent(one / 100, 0) for one in rule.budget.thresholds)
        limit = {"thresholds": thresholds, "amount": money(rule.budget.amount, rule.budget.currency)}
        if not thresholds:
            return _("The budget of %(amount)s opens no alert: it has no thresholds.") % limit
        return _("Costs reach %(thresholds)s of the budget of %(amount)s; each is told once in a period.") % limit
    least = {"least": count(rule.min_messages)}
    value = {"value": decimal(rule.threshold, 0 if rule.threshold == int(rule.threshold) else 1)}
    texts = {
        Kind.DELIVERY: _(
            "The delivery rate of 15 minutes is %(value)s percentage points or more below the usual one, with at"
            " least %(least)s messages."
        ),
        Kind.VOLUME_DOWN: _(
            "15 minutes have %(value)s %% fewer messages than the least in the past four weeks, where that is at least"
            " %(least)s messages."
        ),
        Kind.VOLUME_UP: _(
            "15 minutes have %(value)s %% more messages than the most in the past four weeks, and at least %(least)s."
        ),
        Kind.MEDIAN: _(
            "The median time of 15 minutes is %(value)s times the usual one or longer, with at least %(least)s"
            " delivered messages."
        ),
        Kind.SILENCE: _(
            "There is no message for %(value)s minutes, and for longer than ever at this time of the week, where at"
            " least %(least)s messages are usual."
        ),
    }
    return texts[Kind(rule.kind)] % (least | value)


def scope_of(rule: AlertRule, masking: Masking) -> str:
    """Return in words which messages a rule looks at."""
    if rule.scope == Scope.COUNTRY:
        return country(rule.country)
    if rule.scope == Scope.OPERATOR:
        return f"{masking.text(rule.operator)}, {country(rule.country)}"
    if rule.scope == Scope.PARTNER_ID:
        return _("Partner ID %(value)s") % {"value": masking.text(rule.partner_id)}
    if rule.scope == Scope.CAMPAIGN:
        campaign = Campaign.objects.filter(tenant_id=rule.tenant_id, id=rule.campaign_id or 0).first()
        title = (campaign.title or campaign.name) if campaign else "–"
        return _("Campaign %(value)s") % {"value": masking.text(title)}
    if rule.scope == Scope.SENDER:
        return _("Sender %(value)s") % {"value": masking.text(rule.sender)}
    return str(Scope(rule.scope).label)


def part_of(part: Part) -> str:
    """Return the name of a part of the messages, '' for all of them."""
    if part.operator:
        return f"{part.operator}, {country(part.country)}"
    return country(part.country) if part.country else ""


def place_of(alert: Alert, masking: Masking) -> str:
    """Return which messages an alert is about."""
    if alert.rule.scope != Scope.EACH:
        return scope_of(alert.rule, masking)
    return part_of(Part(alert.country, alert.operator)) or _("All messages")


def found(alert: Alert) -> str:
    """Return what the look that opened an alert found, with the usual value."""
    now, usual, messages = (alert.figures.get(name) for name in ("now", "usual", "messages"))
    kind = Kind(alert.rule.kind)
    if now is None or usual is None:
        return str(kind.label)
    if kind == Kind.BUDGET:
        return _of_budget(alert, now, usual)
    if kind == Kind.DELIVERY:
        text = _("%(now)s of %(messages)s messages delivered in time, usually %(usual)s")
        return text % {"now": percent(now, 1), "usual": percent(usual, 1), "messages": count(messages)}
    if kind == Kind.MEDIAN:
        text = _("Median time %(now)s, usually %(usual)s")
        return text % {"now": duration(now), "usual": duration(usual)}
    if kind == Kind.SILENCE:
        text = _("No message for %(now)s, usually at most %(usual)s at this time")
        return text % {"now": duration(now * 60), "usual": duration(usual * 60)}
    if kind == Kind.VOLUME_UP:
        text = _("%(now)s messages in 15 minutes, usually at most %(usual)s")
    else:
        text = _("%(now)s messages in 15 minutes, usually at least %(usual)s")
    return text % {"now": count(now), "usual": count(usual)}


def _of_budget(alert: Alert, spent: int, amount: int) -> str:
    currency = alert.figures["currency"]
    values = {"threshold": alert.threshold, "spent": money(spent, currency), "amount": money(amount, currency)}
    text = _("%(threshold)s %% of the budget reached: %(spent)s of %(amount)s") % values
    if unpriced := alert.figures["messages"]:
        more = ngettext(
            "%(number)s message without a price is not in it", "%(number)s messages without a price are not in it",
            unpriced,
        )  # fmt: skip
        return f"{text}. {more % {'number': count(unpriced)}}"
    return text


def over(alert: Alert, timezone: str) -> str:
    """Return since when a closed alert is over and how long it lasted, in the tenant's time zone."""
    assert alert.over_at is not None
    since = date_format(alert.over_at.astimezone(zone(timezone)), "SHORT_DATETIME_FORMAT")
    lasted = {"time": since, "length": duration((alert.over_at - alert.since).total_seconds())}
    if alert.rule.kind == Kind.BUDGET and alert.ending == Alert.Ending.RECOVERED:
        return _("costs are below %(threshold)s %% of the budget again since %(time)s") % (
            lasted | {"threshold": alert.threshold}
        )
    if alert.ending == Alert.Ending.QUIET:
        return _("too few messages to tell since %(time)s; it lasted %(length)s") % lasted
    return _("over since %(time)s; lasted %(length)s") % lasted


def state_of(alert: Alert) -> str:
    """Return an alert's state in a word or two."""
    if alert.rule.kind == Kind.BUDGET and alert.ending == Alert.Ending.RECOVERED:
        return _("Below the threshold again")
    if alert.closed_at is not None:
        return str(Alert.Ending(alert.ending).label) if alert.ending else pgettext("alert", "Closed")
    return pgettext("alert", "Acknowledged") if alert.acknowledged_at else pgettext("alert", "Open")
