"""The page “What if”: the last 12 months under another price list, or under an offer from a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliveries.conversions.error_texts import file_text
from deliveries.conversions.files import FileProblem
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.analysis.issued import IssuedMonth, issued_months
from reports.billing.analysis.offers import tariff_of
from reports.billing.analysis.what_if_form import OWN, WhatIfForm
from reports.billing.prices.files import read_file
from reports.billing.prices.found import today_of
from reports.billing.prices.table import TableProblem
from reports.billing.prices.texts import line_text, table_text
from reports.models import PriceList
from reports.pricing.chains import read_chains
from reports.pricing.lists import read_tariffs
from reports.pricing.tariff import Tariff
from reports.pricing.whatif import MonthCompared, changed_by, gateway_under, statements_under

MONTHS = 12


@dataclass(frozen=True, slots=True)
class ComparedAmount:
    """Tells what a month, or all of them, cost in one currency, in its minor unit."""

    name: str
    currency: str
    present: int
    other: int

    @property
    def difference(self) -> int:
        return self.other - self.present

    @property
    def share(self) -> float | None:
        """The difference as a share of the present amount; None of nothing."""
        return self.difference / self.present if self.present else None


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def what_if(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Compare the last 12 months with what they would have cost; nothing is stored. 422 for what cannot be read."""
    form = WhatIfForm(request.POST or None, request.FILES or None, tenant=tenant, access=request.access)
    context: dict = {"page": "billing", "form": form}
    if request.method == "POST" and form.is_valid():
        other = _other(form, tenant)
        if not form.errors:
            context |= _compared(form, tenant, other)
    status = 422 if form.errors else 200
    return render(request, "billing/analysis/what_if.html", context, status=status)


def _compared(form: WhatIfForm, tenant: Tenant, other: Tariff | None) -> dict:
    months, of = last_months(today_of(tenant)), form.cleaned_data["of"]
    issued: list[IssuedMonth] = []
    if account := form.accounts.get(of):
        found = gateway_under(tenant, account.pk, months, other)
    else:
        customer = tenant if of == OWN else form.customers[of]
        found = statements_under(customer, months, other)
        issued = issued_months(customer, {one.month: one.present.totals() for one in found})
    rows = [row for one in found for row in _amounts(one)]
    currencies = sorted({row.currency for row in rows})
    totals = [
        ComparedAmount("", name, *(sum(getattr(r, side) for r in rows if r.currency == name) for side in _SIDES))
        for name in currencies
    ]
    unpriced = [
        (str(one.month), *(sum(u.uncharged.messages for u in lines.unpriced) for lines in (one.present, one.other)))
        for one in found
    ]
    return {
        "rows": rows,
        "totals": totals,
        "issued": issued,
        "unpriced": [row for row in unpriced if any(row[1:])],
        "is_compared": True,
        "file": f"{tenant.slug}_what_if",
    }


_SIDES = ("present", "other")


def _amounts(one: MonthCompared) -> list[ComparedAmount]:
    present, other = one.present.totals(), one.other.totals()
    return [
        ComparedAmount(str(one.month), currency, present.get(currency, 0), other.get(currency, 0))
        for currency in sorted(present.keys() | other.keys())
    ]


def last_months(today: date) -> Sequence[Month]:
    """Return the last twelve whole months, the newest first."""
    found = [Month.of(today).previous()]
    while len(found) < MONTHS:
        found.append(found[-1].previous())
    return found


def _other(form: WhatIfForm, tenant: Tenant) -> Tariff | None:
    """Return the other prices; None for the present ones. What cannot be read becomes an error of the form."""
    percent = form.cleaned_data["percent"] or 0
    if chosen := form.chosen_list:
        [found] = read_tariffs(PriceList.objects.filter(pk=chosen.pk)).values()
    elif file := form.cleaned_data["file"]:
        present = _present(form, tenant)
        if present is None:
            form.add_error("file", _("There is no present list whose currency and unit the offer could have."))
            return None
        offered = _offered(form, file.read(), present)
        if offered is None:
            return None
        found = offered
    else:
        present = _present(form, tenant) if percent else None
        if present is None:
            return None
        found = present
    return changed_by(found, percent) if percent else found


def _present(form: WhatIfForm, tenant: Tenant) -> Tariff | None:
    """Return the list that the other one stands in for."""
    of = form.cleaned_data["of"]
    if account := form.accounts.get(of):
        return read_chains([tenant]).cost_lists(tenant).get(account.pk)
    payer = tenant if of == OWN else form.customers[of]
    return next(iter(read_chains([payer]).sale_lists(payer)), None)


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
