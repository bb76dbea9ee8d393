"""Forms that acknowledge an alert, switch, snooze and delete a rule, and choose one's own e-mails."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant
from reports.alerts import changing, unsubscribing
from reports.alerts.readers import Mails, choose
from reports.alerts.rights import alerts_seen
from reports.alerts.views import rule_or_404


@posted_from("alerts:list")
@member_may("manage_alerts")
def acknowledge(request: PageRequest, tenant: Tenant, alert_id: int) -> HttpResponse:
    """Note that somebody knows of the alert, which may be of a customer below: a role holds there too."""
    alert = alerts_seen(request.access).filter(pk=alert_id).select_related("rule__tenant").first()
    if alert is None:
        raise Http404
    if changing.acknowledge(alert, actor=request.user.email, now=timezone.now()):
        messages.success(request, _("Acknowledged. No e-mail is sent about this alert any more."))
    else:
        messages.info(request, _("The alert is closed or acknowledged already."))
    return redirect("alerts:list", tenant.slug)


@posted_from("alerts:list")
@member_may("manage_alerts")
def switch(request: PageRequest, tenant: Tenant, rule_id: int) -> HttpResponse:
    """Switch a rule on or off."""
    rule, is_on = rule_or_404(request, tenant, rule_id), request.POST.get("on") == "yes"
    changing.switch(rule, is_on=is_on, actor=request.user.email, now=timezone.now())
    messages.success(request, _("The rule is on.") if is_on else _("The rule is off. Its alerts close within minutes."))
    return redirect("alerts:rule", tenant.slug, rule.pk)


@posted_from("alerts:list")
@member_may("manage_alerts")
def snooze(request: PageRequest, tenant: Tenant, rule_id: int) -> HttpResponse:
    """Snooze a rule for some hours, or wake it up."""
    rule = rule_or_404(request, tenant, rule_id)
    length = changing.SNOOZES.get(request.POST.get("hours", ""), timedelta())
    if changing.snooze(rule, length=length, actor=request.user.email, now=timezone.now()):
        messages.success(request, _("The rule is snoozed: no e-mails, and nothing in the header until then."))
    else:
        messages.success(request, _("The rule is no longer snoozed."))
    return redirect("alerts:rule", tenant.slug, rule.pk)


@posted_from("alerts:list")
@member_may("manage_alerts")
def delete(request: PageRequest, tenant: Tenant, rule_id: int) -> HttpResponse:
    """Delete a rule of the customer's own."""
    rule = rule_or_404(request, tenant, rule_id)
    if not changing.archive(rule, actor=request.user.email, now=timezone.now()):
        text = _("The rule stays with its budget. Switch it off, or retire the budget.")
        messages.info(request, text if rule.budget_id else _("A standard rule cannot be deleted. Switch it off."))
        return redirect("alerts:rule", tenant.slug, rule.pk)
    messages.success(request, _("The rule was deleted. Its alerts stay in the history."))
    return redirect("alerts:list", tenant.slug)


@posted_from("alerts:list")
@member_may("see_figures")
def mails(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Choose whether one gets e-mails about this customer's alerts, and about those of all customers below it."""
    given = request.POST.get("wants", "")
    wants, below = given in (Mails.OWN, Mails.BELOW), given == Mails.BELOW
    choose(tenant.pk, request.user.pk, wants=wants, below=below)
    if below:
        text = _("You get e-mails about the alerts of this customer and of all customers below it.")
    else:
        text = _("You get e-mails about alerts.") if wants else _("You get no e-mails about alerts any more.")
    messages.success(request, text)
    return redirect("alerts:list", tenant.slug)


@csrf_exempt  # programs for mail post to it without a page before (RFC 8058); the link's signature says who it is
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: PageRequest, token: str) -> HttpResponse:
    """Stop the e-mails about alerts that a link is for: at once by POST, by a button where a person opens it."""
    if request.method == "POST":
        is_known = unsubscribing.unsubscribe(token)
        context = {"state": "done" if is_known else "unknown"}
    else:
        context = {"state": "ask" if unsubscribing.read(token) else "unknown"}
    response = render(request, "alerts/unsubscribe.html", context, status=404 if context["state"] == "unknown" else 200)
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
