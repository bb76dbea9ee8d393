"""Pages of one row of a price list: a price, a group with its tiers, or a fee; new, changed or deleted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.billing.prices import changing
from reports.billing.prices.forms import DaysForm, FeeForm, PriceForm
from reports.billing.prices.found import MAX_ID, own_list, today_of
from reports.billing.prices.group_form import GroupForm
from reports.billing.prices.reading import content_of, fee_row, group_row, price_row
from reports.billing.prices.rows import Content, Row
from reports.billing.prices.texts import problem_text
from reports.models import Fee, Price, PriceChange, PriceList, TierGroup


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rows: their model, how one is read, and their form."""

    model: type[Model]
    read: Callable[[Any], Row]
    form: type[DaysForm]
    new: Promise
    change: Promise


KINDS: dict[str, Kind] = {
    "price": Kind(Price, price_row, PriceForm, gettext_lazy("New price"), gettext_lazy("Change a price")),
    "group": Kind(
        TierGroup,
        group_row,
        GroupForm,
        gettext_lazy("New prices by quantity"),
        gettext_lazy("Change prices by quantity"),
    ),
    "fee": Kind(Fee, fee_row, FeeForm, gettext_lazy("New fee"), gettext_lazy("Change a fee")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def new_row(request: PageRequest, tenant: Tenant, price_list_id: int, row_kind: str) -> HttpResponse:
    """Show the form of a new row, filled with another row's key where `like` names one, and add it."""
    kind, shown = _kind(row_kind), own_list(tenant, price_list_id)
    like = request.GET.get("like", "")
    model = _row(kind, shown, int(like)) if like.isdecimal() else None
    pattern = _following(model, tenant) if model else None
    form = _form(kind, request, shown, pattern)
    if request.method == "POST" and form.is_valid():
        content = content_of(shown)
        if _saved(request, tenant, shown, content.with_row(form.row()), form):
            return redirect("billing:price_list", tenant.slug, shown.pk)
    return _page(request, shown, row_kind, form, heading=str(kind.new))


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def row(request: PageRequest, tenant: Tenant, price_list_id: int, row_kind: str, price_row_id: int) -> HttpResponse:
    """Show the form of a row, and change or delete it."""
    kind, shown = _kind(row_kind), own_list(tenant, price_list_id)
    old = _row(kind, shown, price_row_id)
    form = _form(kind, request, shown, old)
    if request.method == "POST":
        rest = content_of(shown).without(old)
        if "delete" in request.POST:
            if _saved(request, tenant, shown, rest, form):
                return redirect("billing:price_list", tenant.slug, shown.pk)
        elif form.is_valid() and _saved(request, tenant, shown, rest.with_row(form.row()), form):
            return redirect("billing:price_list", tenant.slug, shown.pk)
    return _page(request, shown, row_kind, form, heading=str(kind.change), may_delete=True)


def _kind(row_kind: str) -> Kind:
    if row_kind not in KINDS:
        raise Http404
    return KINDS[row_kind]


def _row(kind: Kind, price_list: PriceList, row_id: int) -> Row:
    found = kind.model._default_manager.filter(price_list=price_list, pk=min(row_id, MAX_ID)).first()
    if found is None:
        raise Http404
    return kind.read(found)


def _following(row: Row, tenant: Tenant) -> Row:
    """Return a row as the form of the next one begins: open, from the first of the next month on."""
    today = today_of(tenant)
    first = today.replace(year=today.year + today.month // 12, month=today.month % 12 + 1, day=1)
    return replace(row, valid_from=first, valid_to=None)


def _form(kind: Kind, request: PageRequest, price_list: PriceList, row: Row | None) -> Any:
    data = request.POST if request.method == "POST" and "delete" not in request.POST else None
    form: Callable[..., DaysForm] = kind.form
    return form(data, currency=price_list.currency, row=row)


def _saved(request: PageRequest, tenant: Tenant, price_list: PriceList, content: Content, form: DaysForm) -> bool:
    """Store the content; what keeps it from that stands in the form or on the next page."""
    try:
        proposal = changing.replace_content(
            price_list,
            content,
            revision=price_list.revision,
            cause=PriceChange.Cause.EDITED,
            actor=request.user.email,
            now=timezone.now(),
            today=today_of(tenant),
        )
    except changing.Refused as refused:
        texts = [problem_text(error, price_list.currency) for error in refused.errors[:20]]
        if form.is_bound:
            for text in texts:
                form.add_error(None, text)
        else:
            messages.error(request, " ".join(texts))
        return False
    except changing.Outdated:
        messages.error(request, _("Somebody else has just changed this list. Look at it and do it again."))
        return True
    messages.success(request, _("Saved.") if proposal.differences else _("Nothing was changed."))
    changed = {one.row for one in proposal.differences}
    for warning in proposal.checked.warnings:
        if warning.row in changed:
            messages.warning(request, problem_text(warning, price_list.currency))
    return True


def _page(
    request: PageRequest, price_list: PriceList, row_kind: str, form: Any, *, heading: str, may_delete: bool = False
) -> HttpResponse:
    context = {"page": "billing", "list": price_list, "row_kind": row_kind, "form": form, "heading": heading}
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/prices/row.html", context | {"may_delete": may_delete}, status=status)
