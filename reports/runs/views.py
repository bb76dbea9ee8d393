"""Reports pages of a tenant and of the accounts that it owns: their months, making and removing one, the files."""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.downloads import record_download
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.common.file_response import file_response
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.forecast.drawing import HEIGHT, WIDTH, draw_month
from reports.forecast.month_costs import month_costs
from reports.forecast.selectors import running_month
from reports.models import ReportRun
from reports.pricing.rights import seen_payer
from reports.runs.editions import NoMaskedEdition, open_edition
from reports.runs.forms import MonthForm, RemovalForm
from reports.runs.removal import NothingToRemove, StillBeingMade, is_final, removable_runs, remove_month
from reports.runs.report_scope import RIGHT_FOR_ACCOUNTS, ReportScope, account_report_scopes, tenant_report_scope
from reports.runs.runs import request_run
from reports.runs.selectors import MonthRow, months_with_messages, newest_with_report, report_months, with_changes
from reports.runs.summary import report_summary

MONTHS_PER_PAGE = 24


@require_safe
@member_may("see_figures")
def months(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List the tenant's months with the newest report of each; htmx gets one month's row."""
    return _show(request, tenant_report_scope(request.access))


@posted_from("reports:months")
@member_may("make_reports")
def make(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Queue a report of the chosen month; 422 with the reason if that is not possible."""
    return _make(request, tenant_report_scope(request.access))


@require_safe
@member_may("see_figures")
def download(request: HttpRequest, tenant: Tenant, run_id: int) -> HttpResponse:
    """Hand out a finished run's workbook, and write down to whom; 409 while it is not finished."""
    return _download(request, tenant_report_scope(request.access), run_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("make_reports")
def remove(request: HttpRequest, tenant: Tenant, month: str) -> HttpResponse:
    """Ask whether to remove a month's report, and remove it after that; 422 without a needed confirmation."""
    return _remove(request, tenant_report_scope(request.access), month)


@require_safe
@member_may(RIGHT_FOR_ACCOUNTS)
def account_months(request: HttpRequest, tenant: Tenant, account: str) -> HttpResponse:
    """As `months`, of an account that the tenant owns: all partner ids of it and its pool."""
    return _show(request, _account_report_scope(request, account))


@posted_from("reports:account_months")
@member_may(RIGHT_FOR_ACCOUNTS)
def account_make(request: HttpRequest, tenant: Tenant, account: str) -> HttpResponse:
    """As `make`, of an account that the tenant owns."""
    return _make(request, _account_report_scope(request, account))


@require_safe
@member_may(RIGHT_FOR_ACCOUNTS)
def account_download(request: HttpRequest, tenant: Tenant, account: str, run_id: int) -> HttpResponse:
    """As `download`, of an account that the tenant owns."""
    return _download(request, _account_report_scope(request, account), run_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may(RIGHT_FOR_ACCOUNTS)
def account_remove(request: HttpRequest, tenant: Tenant, account: str, month: str) -> HttpResponse:
    """As `remove`, of an account that the tenant owns."""
    return _remove(request, _account_report_scope(request, account), month)


def _account_report_scope(request: HttpRequest, name: str) -> ReportScope:
    for report_scope in account_report_scopes(request.access):
        if report_scope.name == name:
            return report_scope
    raise Http404


def _show(request: HttpRequest, report_scope: ReportScope) -> HttpResponse:
    now = timezone.now()
    if not request.headers.get("HX-Request"):
        return _page(request, report_scope, form=MonthForm(tenant=report_scope.tenant, now=now))
    form = MonthForm(request.GET, tenant=report_scope.tenant, now=now)
    if not form.is_valid():
        raise Http404
    return _row(request, report_scope, form)


def _make(request: HttpRequest, report_scope: ReportScope) -> HttpResponse:
    now = timezone.now()
    form = MonthForm(request.POST, tenant=report_scope.tenant, now=now)
    if not form.is_valid():
        return _page(request, report_scope, form=form, status=422)
    month = form.cleaned_data["month"]
    with report_scope.with_pool_access():
        if not request.POST.get("confirmed") and _asks_first(report_scope, month, now):
            return _ask_about_empty_month(request, report_scope, month)
        request_run(
            tenant=report_scope.tenant,
            account=report_scope.account,
            month=month,
            requested_by=request.user.email,
            now=now,
        )
    if request.headers.get("HX-Request"):
        return _row(request, report_scope, form)
    name = date_format(month.first_day, "YEAR_MONTH_FORMAT")
    messages.success(request, _("The report for %(month)s is being created.") % {"month": name})
    return redirect(_address(request, report_scope))


def _asks_first(report_scope: ReportScope, month: Month, now: datetime) -> bool:
    """Return whether the month has neither messages nor a report."""
    used = months_with_messages(report_scope=report_scope, now=now)
    return month not in used and not removable_runs(report_scope, month)


def _ask_about_empty_month(request: HttpRequest, report_scope: ReportScope, month: Month) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})  # the row is out of date: a new one has a form that asks
    return render(request, "reports/empty_month.html", _context(request, report_scope) | {"month": month})


def _remove(request: HttpRequest, report_scope: ReportScope, text: str) -> HttpResponse:
    try:
        month = Month.parse(text)
    except ValueError as error:
        raise Http404 from error
    with report_scope.with_pool_access():
        runs = removable_runs(report_scope, month)
        if not runs:
            raise Http404
        return _ask_or_remove(request, report_scope, month, runs)


def _ask_or_remove(
    request: HttpRequest, report_scope: ReportScope, month: Month, runs: list[ReportRun]
) -> HttpResponse:
    address, name = _address(request, report_scope), date_format(month.first_day, "YEAR_MONTH_FORMAT")
    is_final_report = any(is_final(run) for run in runs)
    form = RemovalForm(request.POST or None) if is_final_report else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            remove_month(
                report_scope=report_scope,
                owner=request.access.tenant,
                month=month,
                actor=request.user.email,
                now=timezone.now(),
            )
        except NothingToRemove as error:
            raise Http404 from error
        except StillBeingMade:
            messages.error(request, _still_being_made(name))
        else:
            messages.success(
                request, _("The report for %(month)s was removed, and its files were deleted.") % {"month": name}
            )
        return redirect(address)
    if any(run.is_open for run in runs):
        messages.error(request, _still_being_made(name))
        return redirect(address)
    context = _context(request, report_scope) | {
        "month": month,
        "form": form,
        "is_final_report": is_final_report,
        "revisions": [run for run in runs if run.state == ReportRun.State.DONE and run.revision is not None],
        "remove_address": request.path,
    }
    return render(request, "reports/remove.html", context, status=422 if request.method == "POST" else 200)


def _still_being_made(month: str) -> str:
    text = _("The report for %(month)s is being created and was not removed. Remove it when it is done.")
    return text % {"month": month}


def _download(request: HttpRequest, report_scope: ReportScope, run_id: int) -> HttpResponse:
    with report_scope.with_pool_access():
        run = get_object_or_404(report_scope.runs(), id=run_id)
    context = _context(request, report_scope) | {"run": run}
    if run.state != ReportRun.State.DONE:
        return render(request, "reports/not_ready.html", context, status=409)
    try:
        file = open_edition(run, request.access.masking)
    except NoMaskedEdition:
        return render(request, "reports/no_masked_edition.html", context, status=409)
    except FileNotFoundError:
        return render(request, "reports/file_gone.html", context, status=410)
    name = run.file_name(report_scope.name, run.edition(request.access.masking))
    tenant = request.access.tenant
    record_download(
        request, "report.download", actor=request.user.email, tenant=tenant, subject=name, details={"run": run.id}
    )
    return file_response(request, file, name)


def _page(request: HttpRequest, report_scope: ReportScope, *, form: MonthForm, status: int = 200) -> HttpResponse:
    with report_scope.with_pool_access():
        rows = report_months(report_scope=report_scope, now=timezone.now())
        form.offer({row.month for row in rows if row.has_messages}, {row.month for row in rows if row.latest})
        shown = Paginator(rows, MONTHS_PER_PAGE).get_page(request.GET.get("page"))
        shown.object_list = with_changes(shown.object_list, report_scope=report_scope)
        newest = newest_with_report(shown.object_list) if shown.number == 1 else None
        forecast = _forecast(request, report_scope) if shown.number == 1 else None
    report_scopes = account_report_scopes(request.access)
    context = (
        _context(request, report_scope)
        | _newest(newest)
        | {
            "page_obj": shown,
            "form": form,
            "accounts": [(other.name, _address(request, other)) for other in report_scopes],
            "forecast": forecast,
        }
    )
    return render(request, "reports/months.html", context, status=status)


def _forecast(request: HttpRequest, report_scope: ReportScope) -> dict | None:
    """Return the running month's forecast with its drawing and costs; None below eight weeks of history.

    Costs are those of the tenant's own page: an account's messages are charged to several tenants.
    """
    account = report_scope.account
    found = running_month(
        tenant_ids=report_scope.tenant_ids,
        timezone=(account or report_scope.tenant).timezone,
        now=timezone.now(),
        account_id=account.id if account else None,
    )
    if found is None:
        return None
    payer = None if account else seen_payer(request.access)
    return {
        "month": found,
        "costs": month_costs(found, payer) if payer else None,
        "drawing": draw_month(found.so_far, found.messages),
        "width": WIDTH,
        "height": HEIGHT,
    }


def _row(request: HttpRequest, report_scope: ReportScope, form: MonthForm) -> HttpResponse:
    """Return one month's row and, once its report is done, the summary on top of the page with it."""
    month = form.cleaned_data["month"]
    with report_scope.with_pool_access():
        rows = report_months(report_scope=report_scope, now=timezone.now())
        newest = newest_with_report(rows)
        is_open = any(row.open for row in rows if row.month == month)
        wanted = [row for row in rows if row.month == month or (row is newest and not is_open)]
        changed = {row.month: row for row in with_changes(wanted, report_scope=report_scope)}
    if month not in changed:
        raise Http404
    context = _context(request, report_scope) | {"row": changed[month], "swap": True}
    if is_open:
        return render(request, "reports/_month_row.html", context)
    context |= _newest(changed[newest.month] if newest else None)
    return render(request, "reports/_month_row_swap.html", context)


def _newest(row: MonthRow | None) -> dict:
    """Return the newest month with a report, and the figures of its workbook."""
    if row is None or row.latest is None:
        return {"newest": None}
    return {"newest": row, "summary": report_summary(row.latest)}


def _context(request: HttpRequest, report_scope: ReportScope) -> dict:
    right = RIGHT_FOR_ACCOUNTS if report_scope.account else "make_reports"
    address = _address(request, report_scope)
    return {
        "page": "reports",
        "report_scope": report_scope,
        "address": address,
        "make_address": f"{address}make/",
        "may_make": request.access.may(right),
        "in_full": request.access.masking.in_full,
    }


def _address(request: HttpRequest, report_scope: ReportScope) -> str:
    slug = request.access.tenant.slug
    if report_scope.account is None:
        return reverse("reports:months", args=[slug])
    return reverse("reports:account_months", args=[slug, report_scope.account.name])
