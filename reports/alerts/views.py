"""Pages of alerts: those that are open, the history, the rules, and one rule with its backtest."""

from datetime import timedelta

from django.contrib import messages
from django.db.models import Max, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.models import Campaign
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.alerts import changing
from reports.alerts.backtest import DAYS, TooManyMessages, backtest
from reports.alerts.forms import RuleForm
from reports.alerts.looking import SENT_WITHIN
from reports.alerts.readers import mails_of
from reports.alerts.rights import alerts_seen
from reports.alerts.rows import alert_rows, past_rows, rule_row
from reports.alerts.rules import LIMITS, rules_of
from reports.alerts.texts import UNITS
from reports.models import Alert, AlertClock, AlertRule
from reports.pricing.rights import may_see_costs

SHOWN = 50  # closed alerts
SHOWN_OPEN = 200
PAUSED_AFTER = timedelta(hours=1)  # without a look, the page says why there may be none
SHOWN_OF_PAST = 30  # alerts of a backtest


@require_safe
@member_may("see_figures")
def alert_list(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List open alerts and the newest closed ones, of the customers below too, and the customer's rules."""
    now, masking = timezone.now(), request.access.masking
    alerts = alerts_seen(request.access).select_related("rule__budget", "tenant")
    newest = alerts.order_by("-opened_at", "-id")
    looked = AlertClock.objects.filter(tenant_id__in=request.access.tenant_ids).aggregate(at=Max("looked_at"))["at"]
    open_alerts = list(newest.filter(closed_at=None)[: SHOWN_OPEN + 1])
    context = {
        "page": "alerts",
        "open": alert_rows(open_alerts[:SHOWN_OPEN], tenant, request.access),
        "most_open": SHOWN_OPEN if len(open_alerts) > SHOWN_OPEN else 0,
        "closed": alert_rows(newest.exclude(closed_at=None)[:SHOWN], tenant, request.access),
        "rules": [rule_row(rule, masking, now=now) for rule in _seen_rules(request, tenant)],
        "looked_at": looked,
        "has_paused": looked is not None and now - looked > PAUSED_AFTER,
        "paused_days": SENT_WITHIN.days,
        "with_customers": len(request.access.tenant_ids) > 1,
        "mails": mails_of(tenant, request.user),
    }
    return _private(render(request, "alerts/list.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_alerts")
def new(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show the form of a new rule and create it, switched off; its page shows the backtest then.

    `kind` and `scope` are chosen at first. The form asks for itself with them when one of them changes.
    """
    fields = {"kind": AlertRule.Kind, "scope": AlertRule.Scope}
    chosen = {name: value for name, of in fields.items() if (value := request.GET.get(name)) in of.values}
    form = RuleForm(request.POST if request.method == "POST" else None, tenant=tenant, chosen=chosen)
    if request.method == "POST" and form.is_valid():
        try:
            rule = changing.create(tenant, form.given(), actor=request.user.email)
        except changing.TooManyRules:
            form.add_error(None, _too_many())
        else:
            messages.success(request, _("The rule was created. Look at its past alerts, then switch it on."))
            return redirect("alerts:rule", tenant.slug, rule.pk)
    context = {"page": "alerts", "form": form, "limits": _limits()}
    return render(request, "alerts/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("see_figures")
def rule(request: PageRequest, tenant: Tenant, rule_id: int) -> HttpResponse:
    """Show one rule with its alerts and, to those who may change it, its form."""
    found, now, masking = rule_or_404(request, tenant, rule_id), timezone.now(), request.access.masking
    row = rule_row(found, masking, now=now)
    form, status = None, 200
    which = found.country if found.scope == AlertRule.Scope.COUNTRY else _which(found)
    # Numbers, which the form refuses, may stand in what an older rule says: it is not changed by who cannot see them.
    is_hidden = masking.hides(found.name) or masking.hides(which)
    if request.access.may("manage_alerts") and not is_hidden:
        is_post = request.method == "POST"
        form = RuleForm(request.POST if is_post else None, tenant=tenant, rule=found, which=which)
        if is_post and form.is_valid():
            try:
                is_changed = changing.change(found, form.given(), actor=request.user.email)
            except changing.TooManyRules:
                form.add_error(None, _too_many())
            else:
                messages.success(request, _("Saved.") if is_changed else _("Nothing was changed."))
                return redirect("alerts:rule", tenant.slug, found.pk)
        status = 422 if form.errors else 200
    elif request.method == "POST":
        raise Http404
    alerts = Alert.objects.filter(tenant=tenant, rule=found).select_related("rule__budget", "tenant")
    context = {
        "page": "alerts",
        "row": row,
        "form": form,
        "limits": _limits(),
        "alerts": alert_rows(alerts.order_by("-opened_at", "-id")[:SHOWN], tenant, request.access),
        "snoozes": changing.SNOOZES,
    }
    return _private(render(request, "alerts/rule.html", context, status=status))


@require_safe
@member_may("see_figures")
def past(request: PageRequest, tenant: Tenant, rule_id: int) -> HttpResponse:
    """Show when a rule would have opened alerts in the past 90 days; htmx gets the card alone."""
    found, masking = rule_or_404(request, tenant, rule_id), request.access.masking
    if found.budget_id is not None:
        raise Http404  # what is usual says nothing about a budget
    context: dict = {"page": "alerts", "row": rule_row(found, masking, now=timezone.now()), "days": DAYS}
    try:
        result = backtest(found, now=timezone.now())
    except TooManyMessages:
        context["is_too_slow"] = True
    else:
        context |= {
            "since": result.since,
            "number": len(result.alerts),
            "past": past_rows(found, result.alerts[:SHOWN_OF_PAST], masking),
            "others": max(0, len(result.alerts) - SHOWN_OF_PAST),
        }
    template = "alerts/_past.html" if "HX-Request" in request.headers else "alerts/past.html"
    return _private(render(request, template, context))


def rule_or_404(request: PageRequest, tenant: Tenant, rule_id: int) -> AlertRule:
    """Return the tenant's rule, as far as the person may see it."""
    found = _seen_rules(request, tenant).filter(pk=rule_id).select_related("tenant", "budget").first()
    if found is None:
        raise Http404
    return found


def _seen_rules(request: PageRequest, tenant: Tenant) -> QuerySet[AlertRule]:
    rules = rules_of(tenant)
    return rules if may_see_costs(request.access) else rules.exclude(kind=AlertRule.Kind.BUDGET)


def _which(rule: AlertRule) -> str:
    if rule.scope == AlertRule.Scope.CAMPAIGN:
        return Campaign.objects.filter(pk=rule.campaign_id or 0).values_list("name", flat=True).first() or ""
    return rule.operator or rule.partner_id or rule.sender


def _too_many() -> str:
    text = _("A customer has at most %(rules)s rules, %(direct)s of them on partner IDs, campaigns and senders.")
    return text % {"rules": changing.MAX_RULES, "direct": changing.MAX_DIRECT}


def _limits() -> list[tuple]:
    return [(AlertRule.Kind(kind).label, *LIMITS[kind], UNITS[kind]) for kind in LIMITS]


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store, private"
    return response
