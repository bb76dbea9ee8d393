"""Pages that close a month: the form, the runs, and what looks odd about a month's drafts."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.closing import cancel_closing, customers_of, request_closing, retry_closing
from reports.billing.issuing import NotPossible
from reports.billing.pages.forms import CloseForm
from reports.billing.pages.found import MAX_ID, private, today_of
from reports.billing.profiles import missing_by_customer
from reports.billing.reading import issued_by
from reports.billing.texts import remark_text, state_text
from reports.models import ClosingRun, Statement

MAX_RUNS = 24
MAX_LISTED = 200


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def closings(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show the closings with their progress, and queue one after a POST; htmx gets the table alone."""
    now = timezone.now()
    form = CloseForm(request.POST or None, issuer=tenant, now=now)
    if request.method == "POST" and form.is_valid():
        month = form.cleaned_data["month"]
        try:
            request_closing(
                issuer=tenant,
                month=month,
                is_issuing=form.cleaned_data["is_issuing"],
                actor=request.user.email,
                now=now,
            )
        except NotPossible as error:
            form.add_error("month", str(error))
        else:
            messages.success(request, _("The month is being closed. Its statements appear as they are made."))
            return redirect("statements:month", tenant.slug, str(month))
    runs = list(ClosingRun.objects.filter(issuer=tenant).order_by("-id")[:MAX_RUNS])
    context = {
        "page": "billing",
        "form": form,
        "runs": runs,
        "is_any_open": any(run.is_open for run in runs),
        "has_customers": customers_of(tenant).exists(),
    }
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    template = "billing/statements/_runs.html" if is_part else "billing/statements/close.html"
    return private(render(request, template, context, status=422 if request.method == "POST" else 200))


@require_safe
@member_may("billing")
def month(request: PageRequest, tenant: Tenant, month: str) -> HttpResponse:
    """Show a month's statements with what looks odd and what is missing; the drafts that need a look come first."""
    try:
        of_month = Month.parse(month)
    except ValueError as error:
        raise Http404 from error
    found = issued_by(tenant).filter(month=of_month.first_day)
    drafts = list(found.filter(state=Statement.State.DRAFT).order_by("customer__name", "currency"))
    missing = missing_by_customer(tenant, [one.customer for one in drafts], of_month.last_day)
    today = today_of(tenant)
    rows: list[dict[str, Any]] = [
        {
            "statement": one,
            "state": state_text(one, today),
            "remarks": [remark_text(remark, one.currency) for remark in one.remarks],
            "missing": missing[one.customer_id],
        }
        for one in drafts
    ]
    rows.sort(key=lambda row: not (row["remarks"] or row["missing"]))
    issued = found.exclude(state=Statement.State.DRAFT).order_by("sequence")
    rows += [{"statement": one, "state": state_text(one, today)} for one in issued[: MAX_LISTED + 1]]
    context = {
        "page": "billing",
        "month": of_month,
        "month_day": of_month.first_day,
        "rows": rows[:MAX_LISTED],
        "has_more": len(rows) > MAX_LISTED,
        "odd": sum(bool(row.get("remarks")) for row in rows),
        "has_issued": issued.exists(),
    }
    return private(render(request, "billing/statements/month.html", context))


@posted_from("statements:close")
@member_may("billing")
def cancel(request: PageRequest, tenant: Tenant, closing_id: int) -> HttpResponse:
    """Cancel a closing; the statements that it has made stay."""
    run = _run(tenant, closing_id)
    if cancel_closing(run, actor=request.user.email):
        messages.success(request, _("The closing stops after the customer that it is at. What it has made stays."))
    else:
        messages.error(request, _("The closing has ended already."))
    return redirect("statements:close", tenant.slug)


@posted_from("statements:close")
@member_may("billing")
def retry(request: PageRequest, tenant: Tenant, closing_id: int) -> HttpResponse:
    """Queue a failed or cancelled closing again; it goes on where it stopped."""
    run = _run(tenant, closing_id)
    if retry_closing(run, actor=request.user.email):
        messages.success(request, _("The closing is queued again."))
    else:
        messages.error(request, _("This closing cannot be continued. Close the month again."))
    return redirect("statements:close", tenant.slug)


def _run(tenant: Tenant, closing_id: int) -> ClosingRun:
    return get_object_or_404(ClosingRun.objects.select_related("issuer"), issuer=tenant, id=min(closing_id, MAX_ID))
