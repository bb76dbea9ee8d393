"""Pages of money leaks: four cards that load one by one, the messages behind their rows, and their files."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from deliveries.exports import asking
from deliveries.exports.files import KEPT
from deliveries.exports.forms import FormatForm
from deliveries.exports.views import too_many_text
from deliveries.message_pages.presenter import MessagePresenter, codes_to_explain
from deliveries.models import Export
from deliveries.search.find import SearchTooSlow, campaign_names
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.any_text import address_of
from portal.common.keyset import BadCursor
from portal.tenants.models import Tenant
from reports.leaks.cards import TITLES, card_of
from reports.leaks.countries import MIN_WEEKS
from reports.leaks.files import column_names, kind_name
from reports.leaks.listed import messages_page, unseal
from reports.leaks.numbers import MIN_FAILURES
from reports.leaks.repeats import MINUTES
from reports.leaks.window import DAYS, Window

SHOWN = 10  # rows of a card
PAGE = 50  # messages


@require_safe
@member_may("see_figures")
def leaks_page(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show the four cards, which look through the messages after the page is there. 404 for other days than DAYS."""
    window = _window(request, tenant)
    return _private(render(request, "leaks/page.html", _context(request, window) | {"cards": list(TITLES.items())}))


@require_safe
@vary_on_headers("HX-Request", "HX-Boosted")
@member_may("see_figures")
def card(request: PageRequest, tenant: Tenant, leak_card: str) -> HttpResponse:
    """Show one card, as a page of its own without scripts; 503 if there is too much to look through."""
    if leak_card not in TITLES:
        raise Http404
    window = _window(request, tenant)
    context = _context(request, window) | {"card_name": leak_card, "title": TITLES[leak_card]}
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    status = 200
    try:
        found = card_of(leak_card, window, request.access.masking)
        context |= {"card": found, "rows": found.show(found.rows[:SHOWN]), "others": max(0, len(found.rows) - SHOWN)}
    except SearchTooSlow:
        context["is_too_much"] = True
        status = 200 if is_part else 503  # a part is swapped in, whatever it says
    template = "leaks/_card.html" if is_part else "leaks/card.html"
    return _private(render(request, template, context, status=status))


@require_safe
@member_may("see_messages")
def leak_messages(request: PageRequest, tenant: Tenant, leak: str) -> HttpResponse:
    """List the messages that a row counts, newest first; 422 for a page of the list that does not exist."""
    listed = unseal(leak, tenant_ids=[tenant.pk])
    if listed is None:
        raise Http404
    context: dict[str, Any] = {
        "page": "reports",
        "title": TITLES[listed.card],
        "here": request.path,
        "zone": tenant.timezone,
    }
    status = 200
    try:
        found, cursor = messages_page(listed, cursor=request.GET.get("cursor", ""), size=PAGE)
    except BadCursor:
        context, status = context | {"is_wrong": True}, 422
    except SearchTooSlow:
        context, status = context | {"is_too_much": True}, 503
    else:
        presenter = MessagePresenter(
            found, campaign_names(found), masking=request.access.masking, link=partial(_link, tenant)
        )
        rows = [presenter.row(message) for message in found]
        context |= {
            "rows": rows,
            "explained": codes_to_explain(rows),
            "next": urlencode({"cursor": cursor}) if cursor else "",
            "is_later_page": bool(request.GET.get("cursor")),
        }
    return _private(render(request, "leaks/messages.html", context, status=status))


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("save_searches")
def leak_file(request: PageRequest, tenant: Tenant, leak_card: str) -> HttpResponse:
    """Show what the file of a card will hold, and queue its export after a POST; 422 if it cannot be queued."""
    if leak_card not in TITLES:
        raise Http404
    window = _window(request, tenant)
    form = FormatForm(request.POST or None, initial={"format": Export.Format.XLSX})
    if request.method == "POST" and form.is_valid():
        try:
            asking.ask_for(
                kind_name(leak_card),
                window.as_json(),
                tenant=tenant,
                access=request.access,
                user=request.user,
                tenant_ids=[tenant.pk],
                title=f"{TITLES[leak_card]} · {window.first} – {window.last}",
                format=form.cleaned_data["format"],
                columns=column_names(leak_card),
            )
        except asking.TooMany as error:
            form.add_error(None, too_many_text(error))
        else:
            messages.success(request, _("The file is being made. It appears here when it is done."))
            return redirect("exports:list", tenant.slug)
    context = _context(request, window) | {
        "card_name": leak_card,
        "title": TITLES[leak_card],
        "in_full": request.access.masking.in_full,
        "kept_days": KEPT.days,
        "form": form,
        "query": urlencode({"days": request.GET.get("days", DAYS[0])}),
    }
    return render(request, "leaks/file.html", context, status=422 if request.method == "POST" else 200)


def _window(request: PageRequest, tenant: Tenant) -> Window:
    days = request.GET.get("days", str(DAYS[0]))
    if days not in map(str, DAYS):
        raise Http404
    return Window.of_days(tenant, int(days), now=timezone.now())


def _context(request: PageRequest, window: Window) -> dict:
    return {
        "page": "reports",
        "window": window,
        "days": int(request.GET.get("days", DAYS[0])),
        "choices": DAYS,
        "most": DAYS[-1],
        "least_failures": MIN_FAILURES,
        "minutes": MINUTES,
        "weeks": MIN_WEEKS,
        "of_one": len(request.access.tenant_ids) > 1,
    }


def _link(tenant: Tenant, account: str, message_id: str) -> str:
    return address_of("messages:message", tenant.slug, account=account, id=message_id)


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store, private"
    return response
