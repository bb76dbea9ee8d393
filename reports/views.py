"""A tenant's Reports page: its months, making one now, the file."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.accounts.guards import member_may
from portal.accounts.models import record
from portal.tenants.models import Tenant
from reports.downloads import file_response
from reports.forms import MonthForm
from reports.models import ReportRun
from reports.selectors.months import report_months
from reports.services.runs import open_file, request_run

MONTHS_PER_PAGE = 24
REFRESH_SECONDS = 5


@require_safe
@member_may("see_figures")
def months(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List the tenant's months with the newest report of each."""
    return _months_page(request, tenant, form=MonthForm(tenant=tenant, now=timezone.now()))


@require_POST
@member_may("make_reports")
def make(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Queue a report of the month that was asked for; 422 with the reason where it cannot be one."""
    now = timezone.now()
    form = MonthForm(request.POST, tenant=tenant, now=now)
    if not form.is_valid():
        return _months_page(request, tenant, form=form, status=422)
    month = form.cleaned_data["month"]
    request_run(tenant=tenant, month=month, requested_by=request.user.email, now=now)
    name = date_format(month.first_day, "YEAR_MONTH_FORMAT")
    messages.success(request, _("The report of %(month)s is being made.") % {"month": name})
    return redirect("reports:months", tenant.slug)


@require_safe
@member_may("see_figures")
def download(request: HttpRequest, tenant: Tenant, run_id: int) -> HttpResponse:
    """Hand out a finished run's workbook, and write down to whom; 409 while it is not finished."""
    run = get_object_or_404(ReportRun, tenant=tenant, id=run_id)
    if run.state != ReportRun.State.DONE:
        return render(request, "reports/not_ready.html", {"page": "reports", "run": run}, status=409)
    try:
        file = open_file(run)
    except FileNotFoundError:
        return render(request, "reports/file_gone.html", {"page": "reports", "run": run}, status=410)
    name = f"{tenant.slug}_{run.month:%Y-%m}_r{run.revision}.xlsx"
    record("report.download", actor=request.user.email, tenant=tenant, subject=name, details={"run": run.id})
    return file_response(request, file, name)


def _months_page(request: HttpRequest, tenant: Tenant, *, form: MonthForm, status: int = 200) -> HttpResponse:
    rows = report_months(tenant=tenant, now=timezone.now())
    page_obj = Paginator(rows, MONTHS_PER_PAGE).get_page(request.GET.get("page"))
    # A page that loads itself anew would throw away what was typed into a form with errors.
    refresh = REFRESH_SECONDS if any(row.open for row in page_obj) and not form.is_bound else None
    context = {
        "page": "reports",
        "page_obj": page_obj,
        "form": form,
        "may_make": request.access.may("make_reports"),
        "refresh": refresh,
    }
    return render(request, "reports/months.html", context, status=status)
