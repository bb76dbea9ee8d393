"""Pages of exchange rates: a list, one more, a file of them, and deleting one."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant
from reports.billing.prices.found import MAX_ID
from reports.billing.prices.rate_forms import MAX_SHOWN, RateFileForm, RateForm, read_rate_file, saved_text
from reports.billing.prices.rates import NANO, RateRow, delete_rate, set_rates
from reports.models import ExchangeRate


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def rates(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the newest rates; enter one, or those of a file."""
    is_file = request.method == "POST" and "upload" in request.POST
    form = RateForm(request.POST if request.method == "POST" and not is_file else None, currency=tenant.currency)
    file_form = RateFileForm(request.POST if is_file else None, request.FILES if is_file else None)
    if form.is_bound and form.is_valid():
        return _entered(request, tenant, [form.row()])
    problems: list[str] = []
    if file_form.is_bound and file_form.is_valid():
        found, problems = read_rate_file(file_form, currency=tenant.currency)
        if found and not problems:
            return _entered(request, tenant, found)
    shown = ExchangeRate.objects.filter(issuer=tenant).order_by("-day", "base", "quote")[:MAX_SHOWN]
    context = {
        "page": "billing",
        "form": form,
        "file_form": file_form,
        "problems": problems[:MAX_SHOWN],
        "rates": [(one, one.rate / NANO) for one in shown],
    }
    return render(request, "billing/prices/rates.html", context, status=422 if request.method == "POST" else 200)


def _entered(request: PageRequest, tenant: Tenant, found: list[RateRow]) -> HttpResponse:
    number = set_rates(tenant, found, actor=request.user.email, now=timezone.now())
    messages.success(request, saved_text(number))
    return redirect("billing:rates", tenant.slug)


@posted_from("billing:rates")
@member_may("billing")
def delete(request: PageRequest, tenant: Tenant, rate_id: int) -> HttpResponse:
    """Delete a rate."""
    delete_rate(get_object_or_404(ExchangeRate, issuer=tenant, pk=min(rate_id, MAX_ID)), actor=request.user.email)
    messages.success(request, _("The rate was deleted."))
    return redirect("billing:rates", tenant.slug)
