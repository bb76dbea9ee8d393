"""A tenant's Partner IDs page: declared values with the progress of their moves, the pool, and requests."""

from dataclasses import replace
from datetime import date, datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from deliveries.models import PartnerRequest
from deliveries.partner_ids import requests
from deliveries.partner_ids.forms import MoveForm, PartnerIdForm
from deliveries.partner_ids.listing import partner_list
from deliveries.partner_ids.ownership import Declared, PartnerIdError, declare, reassign, would_follow
from deliveries.partner_ids.permissions import RIGHT, PartnerIdPermissions, accounts_of, permissions_of
from deliveries.partner_ids.selectors import known_accounts, requests_of, waiting_in
from deliveries.rederiving.partner_messages import Following, following
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.common.periods import local_day
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.ownership import COLUMNS
from portal.tenants.ownership_periods import OwnershipChange, ends
from portal.tenants.partner_owners import periods_of


@require_safe
@member_may("see_figures")
def partner_ids(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List the partner ids of the tenant and of those below it; htmx gets the list alone, while messages move."""
    if request.headers.get("HX-Request"):
        return render(request, "deliveries/_partner_ids.html", _list(request, tenant, _permissions(request)))
    return _page(request, tenant)


@posted_from("deliveries:partner_ids")
@member_may(RIGHT)
def declare_one(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Declare a partner id if the person may, else request it; 422 with the rule that forbids it."""
    permissions = _permissions(request)
    form = _form(request, tenant, request.POST)
    if not form.is_valid():
        return _page(request, tenant, form=form, status=422)
    account, target, value = form.account_chosen(), form.tenant_chosen(), form.cleaned_data["value"]
    now, from_day = timezone.now(), form.cleaned_data["from"]
    try:
        if account.id in permissions.accounts:
            with permissions.scope():
                done = declare(
                    account=account, value=value, tenant=target, permissions=permissions, now=now, from_day=from_day
                )
            messages.success(request, _declared_text(value, target.name, done, from_day))
        else:
            requests.create_request(
                tenant=target, account=account, value=value, actor=permissions.actor, now=now, from_day=from_day
            )
            messages.success(request, _("You requested %(value)s. The decision will be shown here.") % {"value": value})
    except PartnerIdError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error.text))
        return _page(request, tenant, form=form, status=422)
    return redirect("deliveries:partner_ids", tenant.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may(RIGHT)
def move(request: HttpRequest, tenant: Tenant, partner_id: int) -> HttpResponse:
    """Show the number of messages that a move affects, and move the partner id after confirmation.

    The page shows the number of all messages, or, after a date was chosen, of those from the date on.
    """
    permissions = _permissions(request)
    partners = PartnerId.objects.filter(tenant_id__in=request.access.tenant_ids).select_related("tenant")
    partner = get_object_or_404(partners, id=partner_id)
    account = GatewayAccount.objects.only(*COLUMNS).get(id=partner.account_id)
    with_pool = account.id in permissions.accounts
    allowed = permissions.accounts.get(account.id, permissions.reach)
    periods = periods_of([partner])[partner.id]
    # To its own tenant only the date can be moved.
    others = [t for t in _reached(request) if t.id in allowed and (t.id != partner.tenant_id or len(periods) > 1)]
    form = MoveForm(request.POST or None, tenants=others, with_pool=with_pool)
    status, planned = 200, None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            from_day = form.cleaned_data["from"]
            wanted = {
                "partner_id": partner.id,
                "tenant": form.target(),
                "permissions": permissions,
                "from_day": from_day,
            }
            try:
                with permissions.scope():
                    if from_day is None or request.POST.get("confirmed") == form.as_text():
                        done = reassign(**wanted, now=timezone.now())
                        messages.success(request, _moved_text(partner.value, form.target(), done, from_day))
                        return redirect("deliveries:partner_ids", tenant.slug)
                    follow, from_at = would_follow(**wanted, now=timezone.now())
                status, planned = 200, _planned(form, follow, from_at, account)
            except PartnerIdError as error:
                form.add_error(error.field if error.field in form.fields else "tenant", str(error.text))
            except PartnerId.DoesNotExist as error:
                raise Http404 from error
    every = [OwnershipChange(p.from_at, end, p.tenant_id, 0) for p, end in zip(periods, ends(periods), strict=True)]
    follow = following(every, account_id=account.id, value=partner.value)
    context = {
        "page": "partner_ids",
        "partner": partner,
        "account": account,
        "form": form,
        "count": follow.messages,
        "more": follow.more,
        "planned": planned,
        "has_targets": bool(others) or with_pool,
    }
    return render(request, "deliveries/partner_move.html", context, status=status)


@posted_from("deliveries:partner_ids")
@member_may(RIGHT)
def decide(request: HttpRequest, tenant: Tenant, request_id: int) -> HttpResponse:
    """Approve, reject or withdraw a request."""
    permissions, now = _permissions(request), timezone.now()
    wanted = get_object_or_404(
        PartnerRequest.objects.filter(tenant_id__in=request.access.tenant_ids).select_related("tenant"), id=request_id
    )
    try:
        match request.POST.get("decision"):
            case "approve":
                with permissions.scope():
                    done = requests.approve(request=wanted, permissions=permissions, now=now)
                messages.success(request, _declared_text(wanted.value, wanted.tenant.name, done, wanted.from_day))
            case "refuse":
                requests.refuse(request=wanted, permissions=permissions, now=now)
                messages.success(request, _("The request for %(value)s was rejected.") % {"value": wanted.value})
            case "withdraw":
                requests.withdraw(request=wanted, actor=permissions.actor, now=now)
                messages.success(request, _("The request for %(value)s was withdrawn.") % {"value": wanted.value})
            case _other:
                messages.error(request, _("Decision: approve, refuse or withdraw."))
    except PartnerIdError as error:
        messages.error(request, str(error.text))
    return redirect("deliveries:partner_ids", tenant.slug)


def _permissions(request: HttpRequest) -> PartnerIdPermissions:
    return permissions_of(request.access, actor=request.user.email)


def _reached(request: HttpRequest) -> list[Tenant]:
    return list(Tenant.objects.filter(id__in=request.access.tenant_ids).order_by("name", "id"))


def _form(request: HttpRequest, tenant: Tenant, data=None) -> PartnerIdForm:
    return PartnerIdForm(
        data,
        accounts=known_accounts(tenant, request.access.tenant_ids),
        tenants=_reached(request),
        initial={"tenant": tenant.slug},
    )


def _list(request: HttpRequest, tenant: Tenant, permissions: PartnerIdPermissions) -> dict:
    ids, now = request.access.tenant_ids, timezone.now()
    # What refuses a form shows the list too, from its beginning.
    asked = request.GET if request.method != "POST" else QueryDict()
    today = local_day(now, tenant.timezone)
    listing = partner_list(asked, tenant_ids=ids, masking=request.access.masking, today=today, now=now)
    return {
        "listing": listing,
        "page_obj": listing.page,
        "rows": listing.rows,
        "is_moving": any(row.is_open for row in listing.rows),
        # Without another tenant or a pool to move it to, the way would end nowhere.
        "may_move": request.access.may(RIGHT) and (len(ids) > 1 or bool(permissions.accounts)),
        "has_children": len(ids) > 1,
        "has_accounts": len({row.account for row in listing.rows}) > 1,
        "has_moves": any(row.move for row in listing.rows),
    }


def _page(
    request: HttpRequest, tenant: Tenant, *, form: PartnerIdForm | None = None, status: int = 200
) -> HttpResponse:
    permissions = _permissions(request)
    context = {"page": "partner_ids"} | _list(request, tenant, permissions)
    if context["listing"].form.errors:
        status = 422
    if request.access.may(RIGHT):
        context |= _for_permitted(request, tenant, permissions, form)
    return render(request, "deliveries/partner_ids.html", context, status=status)


def _for_permitted(
    request: HttpRequest, tenant: Tenant, permissions: PartnerIdPermissions, form: PartnerIdForm | None
) -> dict:
    form = form or _form(request, tenant)
    owned, reached = accounts_of(permissions), _reached(request)
    with permissions.scope():
        waiting = waiting_in(owned)
    targets = {id_: tuple(t for t in reached if t.id in customers) for id_, customers in permissions.accounts.items()}
    requests = [
        {"row": row, "may_decide": permissions.may_declare(account_id=row.account_id, tenant_id=row.tenant_id)}
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
        "waiting_values": sum(len(pool.values) for pool in waiting),
        "waiting_messages": sum(pool.messages for pool in waiting),
        "open_requests": sum(one["row"].state == PartnerRequest.State.OPEN for one in requests),
        "owned": ", ".join(account.name for account in owned),
        "shared": ", ".join(sorted(known - {account.name for account in owned})),
        "requests": requests,
    }


def _planned(form: MoveForm, follow: Following, from_at: datetime, account: GatewayAccount) -> dict:
    """Return what a move from a date on would do, for the page that asks whether to do it."""
    target = form.target()
    zone = (target or account.pool).timezone
    return {"count": follow.messages, "more": follow.more, "from_at": from_at, "zone": zone, "text": form.as_text()}


def _declared_text(value: str, tenant: str, done: Declared, from_day: date | None) -> str:
    names = {"value": value, "tenant": tenant}
    if from_day is None:
        text = _("%(value)s is declared for %(tenant)s.") % names
    else:
        text = _("%(value)s is declared for %(tenant)s from %(day)s on. Earlier messages are not moved.")
        text = text % (names | {"day": date_format(from_day, "SHORT_DATE_FORMAT")})
    return f"{text} {_following(done)}".strip()


def _moved_text(value: str, target: Tenant | None, done: Declared, from_day: date | None) -> str:
    names = {
        "value": value,
        "tenant": target and target.name,
        "day": from_day and date_format(from_day, "SHORT_DATE_FORMAT"),
    }
    if target is None and from_day is None:
        text = _("%(value)s was returned to the pool.")
    elif target is None:
        text = _("%(value)s belongs to the pool from %(day)s on. Earlier messages are not moved.")
    elif from_day is None:
        text = _("%(value)s now belongs to %(tenant)s.")
    else:
        text = _("%(value)s belongs to %(tenant)s from %(day)s on. Earlier messages are not moved.")
    return f"{text % names} {_following(done)}".strip()


def _following(done: Declared) -> str:
    text = ""
    if done.messages:
        text = ngettext("%(count)d message is being moved.", "%(count)d messages are being moved.", done.messages)
        text = text % {"count": done.messages}
    return f"{text} {done.following.more}".strip()
