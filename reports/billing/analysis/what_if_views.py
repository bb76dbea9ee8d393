"""The page “What if”: the last 12 months under another price list, or under an offer from a file."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliveries.conversions.error_texts import file_text
from deliveries.conversions.files import FileProblem
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import GatewayAccount, Tenant
from reports.billing.analysis.comparing import compare, present_tariff, tariff_under
from reports.billing.analysis.offers import tariff_of
from reports.billing.analysis.what_if_form import OWN, WhatIfForm
from reports.billing.prices.files import read_file
from reports.billing.prices.found import today_of
from reports.billing.prices.table import TableProblem
from reports.billing.prices.texts import line_text, table_text
from reports.pricing.tariff import Tariff
from reports.pricing.whatif import changed_by


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def what_if(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Compare the last 12 months with what they would have cost; nothing is stored. 422 for what cannot be read."""
    form = WhatIfForm(request.POST or None, request.FILES or None, tenant=tenant, access=request.access)
    context: dict = {"page": "billing", "form": form}
    if request.method == "POST" and form.is_valid():
        other = _other(form, tenant)
        if not form.errors:
            found = compare(tenant, _of(form, tenant), other, today=today_of(tenant))
            context |= {name: getattr(found, name) for name in ("rows", "totals", "issued", "unpriced")}
            context |= {"is_compared": True, "file": f"{tenant.slug}_what_if"}
    status = 422 if form.errors else 200
    return render(request, "billing/analysis/what_if.html", context, status=status)


def _of(form: WhatIfForm, tenant: Tenant) -> Tenant | GatewayAccount:
    """Return the payer or the account whose months are compared."""
    of = form.cleaned_data["of"]
    return tenant if of == OWN else form.accounts.get(of) or form.customers[of]


def _other(form: WhatIfForm, tenant: Tenant) -> Tariff | None:
    """Return the other prices; None for the present ones. What cannot be read becomes an error of the form."""
    percent, file = form.cleaned_data["percent"] or 0, form.cleaned_data["file"]
    present = present_tariff(tenant, _of(form, tenant))
    if not file or form.chosen_list:
        return tariff_under(form.chosen_list, present, percent)
    if present is None:
        form.add_error("file", _("There is no present list whose currency and unit the offer could have."))
        return None
    offered = _offered(form, file.read(), present)
    return changed_by(offered, percent) if offered is not None and percent else offered


def _offered(form: WhatIfForm, content: bytes, present: Tariff) -> Tariff | None:
    """Return an offer as it holds on the last day on which one of its rows begins, in the present list's currency."""
    try:
        read = read_file(content, currency=present.currency)
    except FileProblem as problem:
        form.add_error("file", file_text(problem.code, problem.line))
        return None
    except TableProblem as problem:
        form.add_error("file", table_text(problem))
        return None
    for wrong in read.problems:
        form.add_error("file", line_text(wrong))
    if read.problems or not read.content.rows:
        if not read.problems:
            form.add_error("file", _("The file has no rows."))
        return None
    try:
        return tariff_of(read.content, present)
    except ValueError as error:  # tiers that cannot be
        form.add_error("file", str(error))
        return None
