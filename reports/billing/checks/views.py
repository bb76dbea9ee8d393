"""Pages of invoice checks: upload, columns, progress, result, messages behind a part, claim, deletion."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deliveries.conversions.files import FileProblem
from portal.accounts.access import PageRequest
from portal.accounts.downloads import record_download
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.common.file_response import XLSX
from portal.common.jobs import JobState
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from reports.billing.checks import uploads
from reports.billing.checks.claim_file import claim_name, write_claim
from reports.billing.checks.columns_view import columns
from reports.billing.checks.forms import UploadForm
from reports.billing.checks.listing import has_messages, messages_behind
from reports.billing.checks.messages_shown import shown_messages
from reports.billing.checks.results import read_stored
from reports.billing.checks.scope import NotChecked, checked_accounts, read_scope
from reports.billing.checks.selectors import (
    PartShown,
    check_or_404,
    checks_of,
    kinds_shown,
    not_recounted,
    parts_of,
    rows_shown,
    shape_of,
)
from reports.billing.checks.texts import KINDS, file_text, line_text
from reports.billing.invoices.files import MAX_BYTES
from reports.billing.proof.rules import Kind
from reports.models import InvoiceCheck

MAX_LISTED = 50  # checks, lines that cannot be read, and messages on a page
PAGE = 100  # rows of a result


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def index(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the checks, and take a file."""
    accounts = checked_accounts(tenant)
    form = UploadForm(request.POST or None, request.FILES or None, accounts=accounts)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            if given.size > MAX_BYTES:
                raise FileProblem("too_large")
            begun = uploads.begin(
                tenant=tenant, account=form.chosen_account(), user=request.user, name=given.name, content=given.read(),
                now=timezone.now(),
            )  # fmt: skip
        except FileProblem as problem:
            form.add_error("file", file_text(str(problem)))
        else:
            return redirect("billing:check", tenant.slug, begun.pk)
    context = {"page": "billing", "form": form, "accounts": accounts, "checks": checks_of(tenant)[:MAX_LISTED]}
    return render(request, "billing/checks/index.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def check(request: PageRequest, tenant: Tenant, check_id: int) -> HttpResponse:
    """Show a check: its columns until they are chosen, then its progress, then its result."""
    found = check_or_404(tenant, check_id)
    if found.problem == uploads.NOT_CONFIRMED:
        return columns(request, tenant, found)
    if request.method == "POST":
        messages.error(request, _("This check has started already."))
        return redirect("billing:check", tenant.slug, found.pk)
    context = {"page": "billing", "check": found, "problem": file_text(found.problem) if found.problem else ""}
    context["left_out"] = [(line, line_text(*error)) for line, *error in found.left_out[:MAX_LISTED]]
    context["more_left_out"] = max(0, len(found.left_out) - MAX_LISTED)
    if found.state == JobState.DONE:
        context |= _result(request, found)
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    response = render(request, "billing/checks/_check.html" if is_part else "billing/checks/check.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _result(request: PageRequest, found: InvoiceCheck) -> dict[str, object]:
    kind = request.GET.get("kind", "")
    kind = kind if kind in set(Kind) else ""
    with_agreeing = "all" in request.GET
    kinds = kinds_shown(found)
    theirs, ours = found.totals["theirs"], found.totals["ours"]
    rows = rows_shown(found, request.access.masking, kind=kind, with_agreeing=with_agreeing)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return {
        "kinds": kinds,
        "size": sum(one.size for one in kinds),
        "difference": [one - other for one, other in zip(theirs, ours, strict=True)],
        "shape": shape_of(found),
        "page_obj": page,
        "query": f"kind={kind}" if kind else "all" if with_agreeing else "",
        "kind": KINDS[Kind(kind)] if kind else "",
        "with_agreeing": with_agreeing,
        "differing": found.totals["rows"] - found.totals["agreeing"],
        "not_recounted": not_recounted(found),
        "has_money": found.totals["unpriced"] < found.totals["rows"],
    }


@require_safe
@member_may("billing")
def check_messages(request: PageRequest, tenant: Tenant, check_id: int, row: int, part: int) -> HttpResponse:
    """List messages behind a part of a row; those who may not open messages learn how many there are."""
    found = _done_or_404(tenant, check_id)
    try:
        explanation = int(request.GET.get("explanation", "0"))
        one = read_stored([found.rows[row]])[0]
        parts = parts_of(one, explanation)
        if explanation < 0 or not has_messages(parts[part]):
            raise Http404
        scope = read_scope(found)
    except (IndexError, ValueError, NotChecked) as error:
        raise Http404 from error
    with web_scope(scope.tenant_ids):  # the account's pool too, which no membership reaches
        listing = messages_behind(scope, shape_of(found), one, parts, part)
    may_open = request.access.may("see_messages")
    context = {
        "page": "billing",
        "check": found,
        "row": one,
        "partner_id": request.access.masking.text(one.partner_id),
        "operator": request.access.masking.text(one.operator),
        "part": PartShown(parts[part], part, explanation, has_messages=True),
        "listing": listing,
        "may_open": may_open,
        "shown": shown_messages(listing.messages[:MAX_LISTED], scope, request.access) if may_open else [],
        "more": max(0, len(listing.messages) - MAX_LISTED),
    }
    response = render(request, "billing/checks/messages.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


@require_safe
@member_may("billing")
def claim(request: PageRequest, tenant: Tenant, check_id: int) -> HttpResponse:
    """Hand out the claim: the differences with the ids of their messages."""
    found = _done_or_404(tenant, check_id)
    try:
        scope = read_scope(found)
    except NotChecked as error:
        raise Http404 from error
    with web_scope(scope.tenant_ids):
        content = write_claim(
            found, scope, masking=request.access.masking, with_messages=request.access.may("see_messages"),
            language=request.LANGUAGE_CODE,
        )  # fmt: skip
    record_download(
        request, "invoice_check.claimed", actor=request.user.email, tenant=tenant, subject=claim_name(found)
    )
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{claim_name(found)}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@posted_from("billing:checks")
@member_may("billing")
def delete(request: PageRequest, tenant: Tenant, check_id: int) -> HttpResponse:
    """Delete a check that has ended."""
    if uploads.delete(check_or_404(tenant, check_id), actor=request.user.email):
        messages.success(request, _("The check is deleted."))
    else:
        messages.error(request, _("The check is still running."))
    return redirect("billing:checks", tenant.slug)


def _done_or_404(tenant: Tenant, check_id: int) -> InvoiceCheck:
    found = check_or_404(tenant, check_id)
    if found.state != JobState.DONE:
        raise Http404
    return found
