"""Pages of budgets: a list, one of them with its form, a new one, and retiring one."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.templatetags.figures import count
from portal.tenants.models import Tenant
from reports.alerts.rows import alert_rows
from reports.budgets import changing
from reports.budgets.bars import WIDTH
from reports.budgets.forms import BudgetForm
from reports.budgets.reading import budgets_of
from reports.budgets.rows import budget_rows
from reports.budgets.spending import subject_of
from reports.models import Alert, Budget
from reports.pricing.rights import seen_payer

MAX_ID = 2**63 - 1
SHOWN_RETIRED = 50
SHOWN_ALERTS = 20


@require_safe
@member_may("see_costs")
def budget_list(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the tenant's budgets with what was spent and what is expected; retired ones by name alone."""
    payer = seen_payer(request.access)
    masking, zone, now = request.access.masking, tenant.timezone, timezone.now()
    active = budgets_of(tenant).filter(retired_at=None)[: changing.MAX_BUDGETS]
    retired = budgets_of(tenant).exclude(retired_at=None).order_by("-retired_at", "-id")[:SHOWN_RETIRED]
    context = {
        "page": "billing",
        "rows": budget_rows(active, payer, masking, timezone=zone, now=now),
        "retired": budget_rows(retired, None, masking, timezone=zone, now=now),
        "has_prices": payer is not None,
        "width": WIDTH,
    }
    return _private(render(request, "budgets/list.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_budgets")
def new(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show the form of a new budget and create it."""
    form = BudgetForm(
        request.POST if request.method == "POST" else None, tenant=tenant, tenant_ids=request.access.tenant_ids
    )
    if request.method == "POST" and form.is_valid():
        try:
            budget = changing.create(tenant, form.given(), actor=request.user.email, now=timezone.now())
        except changing.TooManyBudgets:
            text = _("A customer has at most %(most)s budgets. Retire one first.")
            form.add_error(None, text % {"most": count(changing.MAX_BUDGETS)})
        else:
            messages.success(request, _("The budget was created. Its alerts are on."))
            return redirect("budgets:budget", tenant.slug, budget.pk)
    context = {"page": "billing", "form": form, "has_prices": seen_payer(request.access) is not None}
    return _private(render(request, "budgets/new.html", context, status=422 if form.errors else 200))


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("see_costs")
def budget(request: PageRequest, tenant: Tenant, budget_id: int) -> HttpResponse:
    """Show a budget with its alerts and, to those who may change it, its form."""
    found, masking = budget_or_404(tenant, budget_id), request.access.masking
    form, status = None, 200
    # The form would tell a name with a number, such as that of a campaign, to a person who sees numbers masked.
    is_hidden = masking.hides(subject_of(found))
    if request.access.may("manage_budgets") and found.retired_at is None and not is_hidden:
        is_post = request.method == "POST"
        form = BudgetForm(
            request.POST if is_post else None, tenant=tenant, tenant_ids=request.access.tenant_ids, budget=found
        )
        if is_post and form.is_valid():
            is_changed = changing.change(found, form.given(), actor=request.user.email)
            messages.success(request, _("Saved.") if is_changed else _("Nothing was changed."))
            return redirect("budgets:budget", tenant.slug, found.pk)
        status = 422 if form.errors else 200
    elif request.method == "POST":
        raise Http404
    payer = seen_payer(request.access)
    [row] = budget_rows([found], payer, masking, timezone=tenant.timezone, now=timezone.now())
    alerts = Alert.objects.filter(tenant=tenant, rule__budget=found).select_related("rule__budget", "tenant")
    context = {
        "page": "billing",
        "row": row,
        "form": form,
        "may_retire": request.access.may("manage_budgets") and found.retired_at is None,
        "rule_id": found.rule.pk,
        "alerts": alert_rows(alerts.order_by("-opened_at", "-id")[:SHOWN_ALERTS], tenant, request.access),
        "width": WIDTH,
    }
    return _private(render(request, "budgets/budget.html", context, status=status))


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_budgets")
def retire(request: PageRequest, tenant: Tenant, budget_id: int) -> HttpResponse:
    """Ask, then retire a budget."""
    found = budget_or_404(tenant, budget_id)
    if request.method != "POST":
        return render(request, "budgets/retire.html", {"page": "billing", "budget": found})
    if changing.retire(found, actor=request.user.email, now=timezone.now()):
        messages.success(request, _("The budget was retired. Its open alert closes within minutes."))
    return redirect("budgets:list", tenant.slug)


def budget_or_404(tenant: Tenant, budget_id: int) -> Budget:
    """Return the tenant's budget."""
    found = budgets_of(tenant).filter(pk=min(budget_id, MAX_ID)).select_related("rule").first()
    if found is None:
        raise Http404
    return found


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store, private"
    return response
