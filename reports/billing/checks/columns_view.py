"""Page on which the columns of an uploaded invoice are chosen, with what is agreed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from deliveries.conversions.files import FileProblem, text_of_cell
from portal.accounts.access import PageRequest
from portal.common.masking import Masking
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.checks import uploads
from reports.billing.checks.forms import ColumnsForm, months_before
from reports.billing.checks.scope import cost_list_of
from reports.billing.checks.texts import file_text, line_text
from reports.billing.invoices.columns import MAX_ERRORS, LineError, guessed, month_in
from reports.billing.invoices.files import InvoiceFile, read_file
from reports.models import InvoiceCheck

MAX_LISTED = 50  # lines that cannot be read
PREVIEW = 5


def columns(request: PageRequest, tenant: Tenant, found: InvoiceCheck) -> HttpResponse:
    """Show the first lines of a file with a choice of columns, and start the check when they are chosen."""
    context: dict[str, object] = {"page": "billing", "check": found}
    try:
        file = read_file(uploads.content_of(found))
    except FileProblem as problem:
        context["problem"] = file_text(str(problem))
        return render(request, "billing/checks/columns.html", context, status=410 if problem.code == "gone" else 422)
    form = _form(request, found, file)
    errors: list[LineError] = []
    if request.method == "POST" and form.is_valid():
        errors = _start(form, found, file, actor=request.user.email)
        if form.is_valid() and not form.wants_choice:
            if not form.has_started:
                messages.error(request, _("This check has started already."))
            return redirect("billing:check", tenant.slug, found.pk)
    context |= {
        "form": form,
        "names": [request.access.masking.text(name) for name in file.names],
        "rows": _preview(file, request.access.masking),
        "price_list": form.price_list,
        "errors": [(error.line, line_text(error.field, error.code, error.detail)) for error in errors[:MAX_LISTED]],
        "more_errors": max(0, len(errors) - MAX_LISTED),
    }
    status = 422 if request.method == "POST" else 200
    response = render(request, "billing/checks/columns.html", context, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _start(form: ColumnsForm, found: InvoiceCheck, file: InvoiceFile, *, actor: str) -> list[LineError]:
    """Start the check if every line can be read, or the others are to be left out. Return the problems of lines."""
    agreed = form.agreed(file.currency)
    read = uploads.read_lines(file, form.mapping(), agreed.month, agreed.currency)
    price_list = form.price_list
    if price_list is not None and file.currency and file.currency != price_list.currency:
        text = _("The invoice is in %(invoice)s, the account's price list in %(list)s.")
        form.add_error(None, text % {"invoice": file.currency, "list": price_list.currency})
    elif not read.rows:
        form.add_error(None, _("No line of the file can be read with these columns."))
    elif len(read.errors) >= MAX_ERRORS:
        form.add_error(None, _("The file has 1,000 problems and more. Are the columns the right ones?"))
    elif read.errors and not form.cleaned_data["leave_out"]:
        form.wants_choice = True
    else:
        form.has_started = uploads.confirm(found, agreed, form.mapping(), left_out=read.errors, actor=actor)
    return read.errors


def _form(request: PageRequest, found: InvoiceCheck, file: InvoiceFile) -> ColumnsForm:
    zone = ZoneInfo(found.account.timezone)
    columns_guessed = guessed(file.names, uploads.remembered(found.account))
    months = months_before(timezone.now().astimezone(zone).date())
    return ColumnsForm(
        request.POST or None,
        file=file,
        guessed=columns_guessed,
        months=months,
        month=_likely_month(file, columns_guessed, months),
        zone=zone,
        price_list=cost_list_of(found.account),
    )


def _likely_month(file: InvoiceFile, columns: dict[str, str], months: list[Month]) -> Month:
    """Return the month of the lines, else the one before the invoice's day, else the last one."""
    month = month_in(file.rows, file.names, columns["month"]) if "month" in columns else None
    if month is None and file.issued_on is not None:
        month = Month.of(file.issued_on).previous()
    return month if month in months else months[1]


def _preview(file: InvoiceFile, masking: Masking) -> list[list[str]]:
    return [[masking.text(text_of_cell(cell)) for cell in row.cells] for row in file.rows[:PREVIEW]]
