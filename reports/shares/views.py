"""A tenant's shared links: made, shown once, listed, revoked."""

from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts import shared_links, shown_once
from portal.accounts.access import Access, PageRequest
from portal.accounts.guards import member_may
from portal.accounts.models import record
from portal.common.periods import Month
from portal.shares import links
from portal.shares.models import ShareLink
from portal.tenants.models import Tenant
from reports.shares.forms import ShareForm, shown_query
from reports.shares.wording import words_of, words_of_ab, words_of_month, words_of_query

MAX_SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("share_pages")
def links_page(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the tenant's links; make one, and show it once on the page after, so that a reload makes no other.

    The Overview leads here with its parameters, a month's report with `month`, an A/B test with its parameters in `ab`.
    """
    if request.method != "POST":
        return _page(request, tenant, _offered(request, tenant), made=_made(request, tenant))
    form, now = ShareForm(request.POST, request=request, tenant=tenant), timezone.now()
    if not form.is_valid():
        return _page(request, tenant, form, status=422)
    with transaction.atomic():
        values = form.values(now) | {"maker_id": request.user.pk, "made_by": request.user.email}
        link, token = links.create_link(tenant=tenant, now=now, **values)
        details: dict[str, object] = {"kind": link.kind, "query": link.query, "expires_at": link.expires_at.isoformat()}
        details |= {"month": f"{link.month:%Y-%m}"} if link.month else {}
        details |= {"panel": link.panel, "hosts": link.hosts} if link.panel else {}
        record("share.created", actor=request.user.email, tenant=tenant, subject=link.name, details=details)
    shown_once.keep(request, _kept_as(tenant), f"{link.id} {token}")
    return redirect("settings:shares", tenant.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("share_pages")
def revoke(request: PageRequest, tenant: Tenant, link_id: int) -> HttpResponse:
    """Ask, then end a link."""
    link = get_object_or_404(ShareLink, tenant=tenant, id=link_id)
    if request.method != "POST":
        context = {"page": "settings", "section": "shares", "link": link}
        return render(request, "shares/revoke.html", context)
    shared_links.revoke(link=link, actor=request.user.email, now=timezone.now())
    messages.success(request, _("The link for %(name)s is revoked.") % {"name": link.name})
    return redirect("settings:shares", tenant.slug)


def _offered(request: PageRequest, tenant: Tenant) -> ShareForm:
    """Return the form for what the request names: a month's report, an A/B test, or the Overview."""
    month, ab = request.GET.get("month", ""), request.GET.get("ab", "")
    initial = {"month": month} if month else {"ab": ab} if ab else {"query": shown_query(request, tenant)}
    return ShareForm(initial=initial, request=request, tenant=tenant)


def _kept_as(tenant: Tenant) -> str:
    return f"share-link-{tenant.id}"


def _made(request: PageRequest, tenant: Tenant) -> tuple[ShareLink, str] | None:
    """Return the link that was just made, and its address, for the one page that shows it."""
    kept = shown_once.take(request, _kept_as(tenant)) if request.method == "GET" else ""
    link_id, _space, token = kept.partition(" ")
    link = ShareLink.objects.filter(tenant=tenant, id=link_id).first() if token else None
    return (link, links.address(link, token, brand=request.access.brand)) if link else None


def _page(
    request: PageRequest,
    tenant: Tenant,
    form: ShareForm,
    *,
    made: tuple[ShareLink, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    found = (
        ShareLink.objects.filter(tenant=tenant)
        .select_related("tenant")
        .order_by(F("revoked_at").desc(nulls_first=True), "-id")[:MAX_SHOWN]
    )
    rows = [{"link": link, "words": words_of(link, request.access), "is_open": _is_open(link, now)} for link in found]
    context = {
        "page": "settings",
        "section": "shares",
        "rows": sorted(rows, key=lambda row: not row["is_open"]),
        "form": form,
        "offered": _what(form, tenant, request.access),
        "made": made,
    }
    response = render(request, "shares/links.html", context, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _is_open(link: ShareLink, now: datetime) -> bool:
    return link.revoked_at is None and link.expires_at > now


def _what(form: ShareForm, tenant: Tenant, access: Access) -> list[str]:
    """Return in words what the form would share; nothing where it names what cannot be shared."""
    if ab := form["ab"].value():
        return words_of_ab(ab, access)
    month, query = form["month"].value() or "", QueryDict(form["query"].value() or "")
    if not month:
        return words_of_query(query, tenant)
    try:
        return words_of_month(Month.parse(month).first_day)
    except ValueError:
        return []
