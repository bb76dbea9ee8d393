"""A tenant's Partner IDs page: what is declared and how far its messages have moved, what waits, what was asked for."""

from dataclasses import replace

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from deliveries.models import PartnerRequest
from deliveries.partner_forms import MoveForm, PartnerIdForm
from deliveries.selectors.partner_ids import known_accounts, partner_rows, requests_of, waiting_in
from deliveries.services import partner_requests
from deliveries.services.declarers import RIGHT, Declarer, accounts_of, declarer_of
from deliveries.services.partner_ids import Declared, Refused, declare, give, messages_of
from portal.accounts.guards import member_may
from portal.common.periods import local_day
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.ownership import COLUMNS

PAGE_SIZE = 100


@require_safe
@member_may("see_figures")
def partner_ids(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List the partner ids of the tenant and of those below it; htmx gets the list alone, while messages move."""
    if request.headers.get("HX-Request"):
        return render(request, "deliveries/_partner_ids.html", _list(request, tenant, _declarer(request)))
    return _page(request, tenant)


@require_POST
@member_may(RIGHT)
def declare_one(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Declare a partner id where the person may, ask for it elsewhere; 422 with what stands against it."""
    declarer = _declarer(request)
    form = _form(request, tenant, request.POST)
    if not form.is_valid():
        return _page(request, tenant, form=form, status=422)
    account, target, value = form.account_chosen(), form.tenant_chosen(), form.cleaned_data["value"]
    now = timezone.now()
    try:
        if account.id in declarer.accounts:
            with declarer.scope():
                done = declare(account=account, value=value, tenant=target, declarer=declarer, now=now)
            messages.success(request, _declared_text(value, target.name, done))
        else:
            partner_requests.ask(tenant=target, account=account, value=value, actor=declarer.actor, now=now)
            messages.success(request, _("You asked for %(value)s. It shows here what was decided.") % {"value": value})
    except Refused as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.text))
        return _page(request, tenant, form=form, status=422)
    return redirect("deliveries:partner_ids", tenant.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may(RIGHT)
def move(request: HttpRequest, tenant: Tenant, partner_id: int) -> HttpResponse:
    """Say how many messages a move would take along, and move the partner id when that was confirmed."""
    declarer = _declarer(request)
    partners = PartnerId.objects.filter(tenant_id__in=request.access.tenant_ids).select_related("tenant")
    partner = get_object_or_404(partners, id=partner_id)
    account = GatewayAccount.objects.only(*COLUMNS).get(id=partner.account_id)
    with_pool = account.id in declarer.accounts
    allowed = declarer.accounts.get(account.id, declarer.reach)
    targets = [tenant for tenant in _reached(request) if tenant.id in allowed and tenant.id != partner.tenant_id]
    form = MoveForm(request.POST or None, tenants=targets, with_pool=with_pool)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                with declarer.scope():
                    done = give(partner_id=partner.id, tenant=form.target(), declarer=declarer, now=timezone.now())
                messages.success(request, _moved_text(partner.value, form.target(), done))
                return redirect("deliveries:partner_ids", tenant.slug)
            except Refused as error:
                form.add_error("tenant", str(error.text))
            except PartnerId.DoesNotExist as error:
                raise Http404 from error
    count = messages_of(tenant_id=partner.tenant_id, account_id=account.id, value=partner.value)
    context = {
        "page": "partner_ids",
        "partner": partner,
        "account": account,
        "form": form,
        "count": count,
        "has_targets": bool(targets) or with_pool,
    }
    return render(request, "deliveries/partner_move.html", context, status=status)


@require_POST
@member_may(RIGHT)
def decide(request: HttpRequest, tenant: Tenant, request_id: int) -> HttpResponse:
    """Approve, refuse or withdraw what somebody asked for."""
    declarer, now = _declarer(request), timezone.now()
    wanted = get_object_or_404(
        PartnerRequest.objects.filter(tenant_id__in=request.access.tenant_ids).select_related("tenant"), id=request_id
    )
    try:
        match request.POST.get("decision"):
            case "approve":
                with declarer.scope():
                    done = partner_requests.approve(request=wanted, declarer=declarer, now=now)
                messages.success(request, _declared_text(wanted.value, wanted.tenant.name, done))
            case "refuse":
                partner_requests.refuse(request=wanted, declarer=declarer, now=now)
                messages.success(request, _("The request for %(value)s was refused.") % {"value": wanted.value})
            case "withdraw":
                partner_requests.withdraw(request=wanted, actor=declarer.actor, now=now)
                messages.success(request, _("The request for %(value)s was withdrawn.") % {"value": wanted.value})
            case _other:
                messages.error(request, _("Decision: approve, refuse or withdraw."))
    except Refused as error:
        messages.error(request, str(error.text))
    return redirect("deliveries:partner_ids", tenant.slug)


def _declarer(request: HttpRequest) -> Declarer:
    return declarer_of(request.access, actor=request.user.email)


def _reached(request: HttpRequest) -> list[Tenant]:
    return list(Tenant.objects.filter(id__in=request.access.tenant_ids).order_by("name", "id"))


def _form(request: HttpRequest, tenant: Tenant, data=None) -> PartnerIdForm:
    return PartnerIdForm(
        data,
        accounts=known_accounts(tenant, request.access.tenant_ids),
        tenants=_reached(request),
        initial={"tenant": tenant.slug},
    )


def _list(request: HttpRequest, tenant: Tenant, declarer: Declarer) -> dict:
    ids = request.access.tenant_ids
    declared = PartnerId.objects.filter(tenant_id__in=ids).select_related("tenant").order_by("value", "id")
    page_obj = Paginator(declared, PAGE_SIZE).get_page(request.GET.get("page"))
    today = local_day(timezone.now(), tenant.timezone)
    rows = partner_rows(page_obj.object_list, tenant_ids=ids, today=today)
    return {
        "page_obj": page_obj,
        "rows": rows,
        "is_moving": any(row.is_open for row in rows),
        # Without another tenant or a pool to move it to, the way would end nowhere.
        "may_move": request.access.may(RIGHT) and (len(ids) > 1 or bool(declarer.accounts)),
        "has_children": len(ids) > 1,
        "has_accounts": len({row.account for row in rows}) > 1,
    }


def _page(
    request: HttpRequest, tenant: Tenant, *, form: PartnerIdForm | None = None, status: int = 200
) -> HttpResponse:
    declarer = _declarer(request)
    context = {"page": "partner_ids"} | _list(request, tenant, declarer)
    if request.access.may(RIGHT):
        context |= _for_declarers(request, tenant, declarer, form)
    return render(request, "deliveries/partner_ids.html", context, status=status)


def _for_declarers(request: HttpRequest, tenant: Tenant, declarer: Declarer, form: PartnerIdForm | None) -> dict:
    form = form or _form(request, tenant)
    owned, reached = accounts_of(declarer), _reached(request)
    with declarer.scope():
        waiting = waiting_in(owned)
    targets = {id_: tuple(t for t in reached if t.id in customers) for id_, customers in declarer.accounts.items()}
    requests = [
        {"row": row, "may_decide": declarer.may_declare(account_id=row.account_id, tenant_id=row.tenant_id)}
        for row in requests_of(request.access.tenant_ids, now=timezone.now())
    ]
    known = {name for name, _label in form.fields["account"].choices}
    return {
        "form": form,
        "knows_accounts": bool(known),
        "declares": {account.name for account in owned} == known,
        "asks": not owned,
        "waiting": [
            replace(pool, targets=targets[pool.account.id])
            for pool in waiting
            if pool.values or pool.without_value or pool.over_limit
        ],
        "owned": ", ".join(account.name for account in owned),
        "shared": ", ".join(sorted(known - {account.name for account in owned})),
        "requests": requests,
    }


def _declared_text(value: str, tenant: str, done: Declared) -> str:
    text = _("%(value)s is declared for %(tenant)s.") % {"value": value, "tenant": tenant}
    return f"{text} {_following(done)}".strip()


def _moved_text(value: str, target: Tenant | None, done: Declared) -> str:
    if target is None:
        text = _("%(value)s is back in the pool.") % {"value": value}
    else:
        text = _("%(value)s belongs to %(tenant)s now.") % {"value": value, "tenant": target.name}
    return f"{text} {_following(done)}".strip()


def _following(done: Declared) -> str:
    if not done.messages:
        return ""
    text = ngettext("%(count)d message follows.", "%(count)d messages follow.", done.messages)
    return text % {"count": done.messages}
