"""Pages of statements: the list, one statement with its files, and one of its lines opened."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.files.base import ContentFile
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.models import record
from portal.accounts.way_back import posted_from
from portal.common.file_response import file_response
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing import issuing
from reports.billing.closing import customers_of
from reports.billing.drafts import make_drafts
from reports.billing.files import bookkeeping
from reports.billing.files.making import FORMATS, formats_of, make_file
from reports.billing.files.texts import line_text, section_text, title_of
from reports.billing.files.ubl import NoFile
from reports.billing.masked import document_for
from reports.billing.opened import has_messages, open_line
from reports.billing.pages.forms import PaidForm
from reports.billing.pages.found import (
    MAX_ID,
    in_page_language,
    own_statement_or_404,
    private,
    shown_statement,
    statement_or_404,
    today_of,
)
from reports.billing.reading import documents_of, issued_by, issued_in, received_by
from reports.billing.texts import cause_text, remark_text, signed, state_text
from reports.models import Statement, StatementLine
from reports.monthly.writers.pdf import PdfFailed, PdfTooLong

MAX_LISTED = 200
CSV = "text/csv; charset=utf-8"


@require_safe
@member_may("billing")
def statements(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List what was issued to the tenant, and what it issues, newest first."""
    today = today_of(tenant)
    state = request.GET.get("state", "")
    issued = issued_by(tenant).order_by("-month", "customer__name", "-id")
    if state in Statement.State.values:
        issued = issued.filter(state=state)
    shown = list(issued[: MAX_LISTED + 1])
    received = received_by(tenant).order_by("-issued_at", "-id")[:MAX_LISTED]
    context = {
        "page": "billing",
        "received": [(one, state_text(one, today)) for one in received],
        "issued": [(one, state_text(one, today)) for one in shown[:MAX_LISTED]],
        "has_more": len(shown) > MAX_LISTED,
        "is_issuer": customers_of(tenant).exists(),
        "states": [("", _("All"), state == ""), *((v, label, v == state) for v, label in Statement.State.choices)],
    }
    return private(render(request, "billing/statements/list.html", context))


@require_safe
@member_may("billing")
def statement(request: PageRequest, tenant: Tenant, statement_id: int) -> HttpResponse:
    """Show a statement, its files, and what its issuer may do with it."""
    return _statement_page(request, tenant, statement_or_404(request, statement_id), None)


def _statement_page(
    request: PageRequest, tenant: Tenant, found: Statement, form: PaidForm | None, *, status: int = 200
) -> HttpResponse:
    is_own = found.issuer_id == tenant.pk
    shown = shown_statement(request, tenant, found)
    context: dict[str, Any] = {
        "page": "billing",
        "statement": found,
        "is_own": is_own,
        "state": state_text(found, today_of(tenant)),
        "formats": [(name, FORMAT_NAMES[name]) for name in formats_of(shown["document"])],
        "referring": found.referring.exclude(state=Statement.State.DRAFT).order_by("id"),
    } | shown
    if is_own and found.state == Statement.State.DRAFT:
        context["missing"] = issuing.missing_for(found)
        context["remarks"] = [remark_text(one, found.currency) for one in found.remarks]
    if is_own and found.state == Statement.State.ISSUED and found.kind == Statement.Kind.INVOICE:
        context["paid_form"] = form or _paid_form(tenant, found)
    return private(render(request, "billing/statements/statement.html", context, status=status))


FORMAT_NAMES = {"pdf": "PDF", "xlsx": "Excel", "peppol": "Peppol BIS 3.0", "finvoice": "Finvoice 3.0"}


def _paid_form(tenant: Tenant, found: Statement, data: Any = None) -> PaidForm:
    today = today_of(tenant)
    assert found.issued_on is not None
    first = min(found.issued_on, today)
    return PaidForm(data, first=first, last=today, initial={"paid_on": today})


@require_safe
@member_may("billing")
def line(request: PageRequest, tenant: Tenant, statement_id: int, line_id: int) -> HttpResponse:
    """Show what a line counted, today's messages, and the named changes between the two."""
    found = statement_or_404(request, statement_id)
    lines = StatementLine.objects.select_related("corrects", "statement__customer")
    row = get_object_or_404(lines, statement=found, id=min(line_id, MAX_ID))
    if not has_messages(row):
        raise Http404
    opened = open_line(row)
    document = in_page_language(request, found, [row])
    (one,) = document.lines
    may_search = request.access.may("see_messages") and not opened.is_sealed
    url = reverse("messages:list", args=[tenant.slug])
    context = {
        "page": "billing",
        "statement": found,
        "title": title_of(document),
        "text": line_text(one, document.language),
        "section": section_text(one),
        "opened": opened,
        "changes": [(cause_text(cause), signed(number), signed(parts)) for cause, number, parts in opened.changes],
        "searches": [f"{url}?{urlencode(search, doseq=True)}" for search in opened.searches] if may_search else [],
    }
    return private(render(request, "billing/statements/line.html", context))


@require_safe
@member_may("billing")
def statement_file(request: PageRequest, tenant: Tenant, statement_id: int, format_name: str) -> HttpResponse:
    """Hand out a file of a statement, and write that down; 404 for a format that it does not have."""
    found = statement_or_404(request, statement_id)
    if format_name not in FORMATS:
        raise Http404
    try:
        file = make_file(document_for(request.access.masking, found), format_name)
    except NoFile as error:
        raise Http404 from error
    except (PdfTooLong, PdfFailed):
        messages.error(request, _("The PDF cannot be made. Take the Excel file."))
        return redirect("statements:statement", tenant.slug, found.pk)
    record("statement.downloaded", actor=request.user.email, tenant=tenant, subject=file.name)
    return file_response(request, ContentFile(file.content), file.name, content_type=file.media_type)


@require_safe
@member_may("billing")
def bookkeeping_file(request: PageRequest, tenant: Tenant, month: str) -> HttpResponse:
    """Hand out all that the tenant issued for a month as CSV for bookkeeping; 404 for what is no month."""
    try:
        of_month = Month.parse(month)
    except ValueError as error:
        raise Http404 from error
    content = bookkeeping.write(documents_of(issued_in(tenant, of_month)), tenant.csv_form, tenant.language)
    name = f"{of_month} {_('Bookkeeping')}.csv"
    record("statement.downloaded", actor=request.user.email, tenant=tenant, subject=name)
    return file_response(request, ContentFile(content), name, content_type=CSV)


@posted_from("statements:list")
@member_may("billing")
def issue(request: PageRequest, tenant: Tenant, statement_id: int) -> HttpResponse:
    """Issue a draft."""
    found = own_statement_or_404(request, tenant, statement_id)
    return _changed(
        request, tenant, found,
        partial(issuing.issue, found.pk, actor=request.user.email, now=timezone.now()), _("The statement is issued."),
    )  # fmt: skip


@posted_from("statements:list")
@member_may("billing")
def credit(request: PageRequest, tenant: Tenant, statement_id: int) -> HttpResponse:
    """Credit a statement, and make a draft of a new one if that is asked for."""
    found = own_statement_or_404(request, tenant, statement_id)
    now = timezone.now()
    try:
        note = issuing.credit(found.pk, actor=request.user.email, now=now)
    except issuing.NotPossible as error:
        messages.error(request, str(error))
        return redirect("statements:statement", tenant.slug, found.pk)
    messages.success(request, _("The credit note %(number)s is issued.") % {"number": note.number})
    if request.POST.get("again"):
        made = make_drafts(issuer=found.issuer, customer=found.customer, month=Month.of(found.month), now=now)
        for draft in made.drafts:
            if draft.currency == found.currency:
                return redirect("statements:statement", tenant.slug, draft.pk)
    return redirect("statements:statement", tenant.slug, note.pk)


@posted_from("statements:list")
@member_may("billing")
def paid(request: PageRequest, tenant: Tenant, statement_id: int) -> HttpResponse:
    """Mark a statement as paid on a day."""
    found = own_statement_or_404(request, tenant, statement_id)
    if found.issued_on is None:
        raise Http404
    form = _paid_form(tenant, found, request.POST)
    if not form.is_valid():
        return _statement_page(request, tenant, found, form, status=422)
    return _changed(
        request, tenant, found,
        partial(issuing.mark_paid, found.pk, on=form.cleaned_data["paid_on"], actor=request.user.email),
        _("The statement is marked as paid."),
    )  # fmt: skip


@posted_from("statements:list")
@member_may("billing")
def unpaid(request: PageRequest, tenant: Tenant, statement_id: int) -> HttpResponse:
    """Take back that a statement was paid."""
    found = own_statement_or_404(request, tenant, statement_id)
    return _changed(
        request, tenant, found,
        partial(issuing.mark_unpaid, found.pk, actor=request.user.email),
        _("The statement is not marked as paid any more."),
    )  # fmt: skip


def _changed(request: PageRequest, tenant: Tenant, found: Statement, change: Any, done: str) -> HttpResponse:
    try:
        change()
    except issuing.NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("statements:statement", tenant.slug, found.pk)
