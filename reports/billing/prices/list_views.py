"""Pages of price lists: which there are, one list, and a new, renamed, copied or archived one."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.csv_file import CsvForm
from portal.tenants.models import Tenant
from reports.billing.prices import changing
from reports.billing.prices.files import FORMATS, write_csv, write_xlsx
from reports.billing.prices.forms import ListForm, TermsForm
from reports.billing.prices.found import any_list, own_list, today_of
from reports.billing.prices.reading import accounts_of, content_of, customers_of, given_to, ids_of, issued_by
from reports.billing.prices.rows import Content
from reports.billing.prices.shown import parts_of
from reports.billing.prices.texts import LIST_PROBLEMS
from reports.models import PriceChange, PriceList

MAX_LISTED = 200


@require_safe
@member_may("see_costs")
def lists(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the prices that the tenant is charged, and for people who bill those that it charges."""
    costs = issued_by(tenant).filter(kind=PriceList.Kind.COST, archived_at=None).order_by("account__name")
    context: dict[str, Any] = {"page": "billing", "given": list(given_to(tenant)), "costs": list(costs)}
    context["accounts_without"] = list(accounts_of(tenant).exclude(pk__in=[one.account_id for one in costs]))
    if request.access.may("billing"):
        context |= _issued(request, tenant)
    return _private(render(request, "billing/prices/lists.html", context))


def _issued(request: PageRequest, tenant: Tenant) -> dict[str, Any]:
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    sale = issued_by(tenant).filter(kind=PriceList.Kind.SALE)
    active = sale.filter(archived_at=None).order_by("customer__name", "id")
    named = Q(name__icontains=text) | Q(customer__name__icontains=text)
    found = list(active.filter(named)[: MAX_LISTED + 1] if text else active[: MAX_LISTED + 1])
    archived = issued_by(tenant).exclude(archived_at=None).order_by("-archived_at", "-id")
    customers = customers_of(tenant)
    return {
        "text": text,
        "sale": found[:MAX_LISTED],
        "has_more": len(found) > MAX_LISTED,
        "archived": list(archived[:MAX_LISTED]),
        "customers": customers.count(),
        "without": customers.exclude(pk__in=active.exclude(customer=None).values("customer_id")).count(),
        "has_default": active.filter(customer=None).exists(),
    }


@require_safe
@member_may("see_costs")
def price_list(request: PageRequest, tenant: Tenant, price_list_id: int) -> HttpResponse:
    """Show a list with its prices today, planned and ended ones."""
    found, today = any_list(request, tenant, price_list_id), today_of(tenant)
    shown, content = found.price_list, content_of(found.price_list)
    may_change = found.is_own and request.access.may("billing") and shown.archived_at is None
    ids = ids_of(shown) if may_change else {}

    def parts(rows) -> list:
        return parts_of(rows, today=today, currency=shown.currency, ids=ids)

    context = {
        "page": "billing",
        "list": shown,
        "is_own": found.is_own,
        "may_change": may_change,
        "may_bill": found.is_own and request.access.may("billing"),
        "is_empty": not content.rows,
        "prices": parts(content.prices),
        "groups": parts(content.groups),
        "fees": parts(content.fees),
        "today": today,
        "newest": shown.changes.order_by("-revision").first() if found.is_own else None,
    }
    return _private(render(request, "billing/prices/list.html", context))


@require_safe
@member_may("see_costs")
def price_file(request: PageRequest, tenant: Tenant, price_list_id: int, format_name: str) -> HttpResponse:
    """Hand out all rows of a list as a workbook or CSV, in the form in which it is read back."""
    shown = any_list(request, tenant, price_list_id).price_list
    return file_answer(shown, content_of(shown), tenant.csv_form, format_name)


def file_answer(shown: PriceList, content: Content, form: CsvForm, format_name: str, *, mark: str = "") -> HttpResponse:
    """Return a content of a list as a file; `mark` tells the revision in the file's name."""
    if format_name not in FORMATS:
        raise Http404
    if format_name == "csv":
        body = write_csv(content, currency=shown.currency, form=form)
    else:
        body = write_xlsx(content, currency=shown.currency, title=shown.name)
    response = HttpResponse(body, content_type=FORMATS[format_name])
    name = f"price-list-{shown.pk}{mark}.{format_name}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return _private(response)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def new(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show the form of a new list, empty or a copy of another one, and create it."""
    copied = request.POST.get("copy") or request.GET.get("copy") or ""
    source = own_list(tenant, int(copied), is_active=False) if copied.isdecimal() else None
    form = ListForm(request.POST if request.method == "POST" else None, issuer=tenant, copied=source)
    if request.method == "POST" and form.is_valid():
        made = _created(request, tenant, form, source)
        if made is not None:
            messages.success(request, _("The list was created."))
            return redirect("billing:price_list", tenant.slug, made.pk)
    context = {"page": "billing", "form": form, "source": source}
    return render(request, "billing/prices/new.html", context, status=422 if form.errors else 200)


def _created(request: PageRequest, tenant: Tenant, form: ListForm, source: PriceList | None) -> PriceList | None:
    now, actor = timezone.now(), request.user.email
    currency = source.currency if source else form.cleaned_data["currency"]
    try:
        with transaction.atomic():
            made = changing.create_list(
                issuer=tenant, terms=form.terms(), currency=currency, actor=actor, now=now, **form.target_of()
            )
            if source is not None:
                changing.replace_content(
                    made, content_of(source), revision=made.revision, cause=PriceChange.Cause.CREATED, actor=actor,
                    now=now, today=today_of(tenant),
                )  # fmt: skip
            return made
    except changing.NoList as error:
        form.add_error("target", str(LIST_PROBLEMS[error.code]))
    except ValidationError as error:
        form.add_error(None, error)
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def terms(request: PageRequest, tenant: Tenant, price_list_id: int) -> HttpResponse:
    """Show the form of a list's name and what it charges for, and save it."""
    shown = own_list(tenant, price_list_id)
    form = TermsForm(request.POST if request.method == "POST" else None, initial=asdict(changing.Terms.of(shown)))
    if request.method == "POST" and form.is_valid():
        is_changed = changing.change_terms(shown, form.terms(), actor=request.user.email, now=timezone.now())
        messages.success(request, _("Saved.") if is_changed else _("Nothing was changed."))
        return redirect("billing:price_list", tenant.slug, shown.pk)
    context = {"page": "billing", "form": form, "list": shown}
    return render(request, "billing/prices/terms.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def archive(request: PageRequest, tenant: Tenant, price_list_id: int) -> HttpResponse:
    """Ask, then archive a list."""
    shown = own_list(tenant, price_list_id)
    if request.method != "POST":
        return render(request, "billing/prices/archive.html", {"page": "billing", "list": shown})
    changing.archive(shown, actor=request.user.email, now=timezone.now())
    messages.success(request, _("The list was archived."))
    return redirect("billing:prices", tenant.slug)


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store, private"
    return response
