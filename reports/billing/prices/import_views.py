"""The page that replaces a list's rows by a file's or an earlier revision's: checked, compared, then confirmed."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from deliveries.conversions.error_texts import file_text
from deliveries.conversions.files import FileProblem
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.templatetags.figures import count
from portal.tenants.models import Tenant
from reports.billing.prices import changing
from reports.billing.prices.differences import differences
from reports.billing.prices.files import read_file
from reports.billing.prices.forms import PriceFileForm
from reports.billing.prices.found import MAX_ID, own_list, today_of
from reports.billing.prices.list_views import file_answer
from reports.billing.prices.pending import Pending
from reports.billing.prices.rows import Content, from_json
from reports.billing.prices.shown import MAX_SHOWN, shown_differences
from reports.billing.prices.table import ReadTable, TableProblem
from reports.billing.prices.texts import line_text, problem_text, table_text
from reports.models import PriceChange, PriceList

MAX_REVISIONS = 200
Cause = PriceChange.Cause


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def price_import(request: PageRequest, tenant: Tenant, price_list_id: int) -> HttpResponse:
    """Take a file, or the number of an earlier revision; show its check; apply it once it is confirmed."""
    shown = own_list(tenant, price_list_id)
    if "checked" in request.POST:
        return _confirmed(request, tenant, shown)
    if "restore" in request.POST:
        change = _change(shown, request.POST["restore"])
        return _checked(request, tenant, shown, from_json(change.content), cause=Cause.RESTORED)
    form = PriceFileForm(request.POST or None, request.FILES or None)
    texts: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            read = read_file(form.cleaned_data["file"].read(), currency=shown.currency)
        except FileProblem as problem:
            form.add_error("file", file_text(problem.code, problem.line))
        except TableProblem as problem:
            form.add_error("file", table_text(problem))
        else:
            if not read.problems:
                return _checked(request, tenant, shown, read.content, cause=Cause.IMPORTED, read=read)
            texts = [line_text(problem) for problem in read.problems]
    context = {"page": "billing", "list": shown, "form": form, "problems": texts[:MAX_SHOWN]}
    return render(request, "billing/prices/import.html", context, status=422 if request.method == "POST" else 200)


def _checked(
    request: PageRequest, tenant: Tenant, price_list: PriceList, content: Content, *, cause: str,
    read: ReadTable | None = None,
) -> HttpResponse:  # fmt: skip
    proposal = changing.propose(price_list, content, today=today_of(tenant))
    lines = read.lines if read else {}
    found = {}
    for kind in ("errors", "warnings"):
        problems = getattr(proposal.checked, kind)[:MAX_SHOWN]
        found[kind] = [(lines.get(one.row), problem_text(one, price_list.currency)) for one in problems]
    check = Pending(proposal.content, price_list.revision, cause)
    context: dict[str, Any] = found | {
        "page": "billing",
        "list": price_list,
        "differences": shown_differences(proposal.differences, price_list.currency),
        "more": max(0, len(proposal.differences) - MAX_SHOWN),
        "checked": check.sealed(price_list) if not proposal.checked.errors and proposal.differences else "",
    }
    status = 422 if proposal.checked.errors else 200
    return render(request, "billing/prices/check.html", context, status=status)


def _confirmed(request: PageRequest, tenant: Tenant, price_list: PriceList) -> HttpResponse:
    check = Pending.opened(request.POST["checked"], price_list)
    outdated = _("The list was changed since, or the check is older than an hour. Nothing was changed: check it again.")
    if check is None:
        messages.error(request, outdated)
        return redirect("billing:price_import", tenant.slug, price_list.pk)
    try:
        proposal = changing.replace_content(
            price_list, check.content, revision=check.revision, cause=check.cause, actor=request.user.email,
            now=timezone.now(), today=today_of(tenant),
        )  # fmt: skip
    except changing.Outdated:
        messages.error(request, outdated)
        return redirect("billing:price_import", tenant.slug, price_list.pk)
    number = len(proposal.differences)
    text = ngettext("%(number)s row was changed.", "%(number)s rows were changed.", number)
    messages.success(request, text % {"number": count(number)})
    return redirect("billing:price_list", tenant.slug, price_list.pk)


@require_safe
@member_may("billing")
def price_history(request: PageRequest, tenant: Tenant, price_list_id: int) -> HttpResponse:
    """List the revisions of a list."""
    shown = own_list(tenant, price_list_id, is_active=False)
    changes = shown.changes.order_by("-revision").defer("content")[:MAX_REVISIONS]
    return render(
        request, "billing/prices/history.html", {"page": "billing", "list": shown, "changes": list(changes)}
    )  # fmt: skip


@require_safe
@member_may("billing")
def price_revision(request: PageRequest, tenant: Tenant, price_list_id: int, revision: int) -> HttpResponse:
    """Show a revision, and how it differs from the one before."""
    shown = own_list(tenant, price_list_id, is_active=False)
    change = _change(shown, str(revision))
    before = shown.changes.filter(revision=change.revision - 1).first()
    found = differences(from_json(before.content) if before else Content(), from_json(change.content))
    context = {
        "page": "billing",
        "list": shown,
        "change": change,
        "is_newest": change.revision == shown.revision,
        "differences": shown_differences(found, shown.currency),
        "more": max(0, len(found) - MAX_SHOWN),
    }
    return render(request, "billing/prices/revision.html", context)


@require_safe
@member_may("billing")
def revision_file(
    request: PageRequest, tenant: Tenant, price_list_id: int, revision: int, format_name: str
) -> HttpResponse:  # fmt: skip
    """Hand out all rows of a revision as a file."""
    shown = own_list(tenant, price_list_id, is_active=False)
    change = _change(shown, str(revision))
    return file_answer(
        shown, from_json(change.content), tenant.csv_form, format_name, mark=f"-revision-{change.revision}"
    )


def _change(price_list: PriceList, revision: str) -> PriceChange:
    number = int(revision) if revision.isdecimal() and len(revision) < 10 else 0
    return get_object_or_404(PriceChange, price_list=price_list, revision=min(number, MAX_ID))
