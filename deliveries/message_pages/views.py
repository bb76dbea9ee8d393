"""Message Search: the list, one message, and its number for a reason that is written down."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from campaigns.selectors import campaign_names as find_campaign_names
from deliveries.message_pages import number_lists
from deliveries.message_pages.chips import chips_of, period_words
from deliveries.message_pages.columns import COLUMNS, columns_of
from deliveries.message_pages.csv_file import to_csv
from deliveries.message_pages.forms import ANY_TIME, LOOKS, PRESETS, MessageFilterForm
from deliveries.message_pages.forwardings import forwardings_of
from deliveries.message_pages.number_reveal import reveal_number
from deliveries.message_pages.parameter_fields import MAX_VALUE_LENGTH, PARAMETER
from deliveries.message_pages.presenter import MessagePresenter, MessageRow, codes_to_explain
from deliveries.message_pages.table_columns import COLUMNS_PARAMETER
from deliveries.messages.code_words import code_words
from deliveries.messages.row import StoredMessage
from deliveries.models import Gate
from deliveries.search.addresses import message_or_404, without_masked_ids
from deliveries.search.find import Page, SearchTooSlow, campaign_names, reports_of, search
from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from deliveries.search.segment_keys import search_keys
from deliveries.search.totals import total
from portal.accounts.downloads import record_download
from portal.accounts.guards import member_may
from portal.common.any_text import address_of
from portal.common.keyset import BadCursor
from portal.common.masking import Masking
from portal.common.periods import local_day
from portal.saved_views.menu import menu_of
from portal.tenants.models import Tenant

SECONDS = 8.0  # a search may take; what is longer tells people to narrow it
PROBE_SECONDS, MAX_PROBES = 1.0, 8  # for what to loosen; parameters may be given a thousand times


@require_safe
@member_may("see_messages")
def message_list(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List the messages that the filters find, newest first; 422 with what is wrong with them."""
    is_part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    form = filter_form(request, tenant)
    address = reverse("messages:list", args=[tenant.slug])
    canonical = f"{address}?{urlencode(form.given)}" if form.given else address
    if not is_part and len(form.given) != sum(map(len, dict(request.GET.lists()).values())):
        return redirect(canonical)  # a form sent without a script names its empty fields too
    found = _found(request, form)
    shown = [*found["form"].pairs, *(pair for pair in form.given if pair[0] == "cursor")]
    kept = [pair for pair in shown if pair[0] != COLUMNS_PARAMETER]
    context = found | {
        "file": urlencode(shown),
        "looks": urlencode([pair for pair in found["form"].pairs if pair[0] in LOOKS]),
        "kept": kept,
        "usual": urlencode(kept),
        "page": "messages",
        "form": found["form"],
        "zone": tenant.timezone,
        "presets": [
            (name, words, urlencode(found["form"].with_period(name)), name == found["form"].period_name)
            for name, words in PRESETS.items()
        ],
        "campaign_names": _campaign_names(request),
        "link": settings.PUBLIC_URL + canonical,
        "may_replay": request.access.may("manage_gates") and Gate.objects.filter(tenant=tenant).exists(),
        "saved": menu_of(
            request.user.pk if request.access.is_members else None,
            tenant,
            "messages",
            None if found["state"] == "wrong" else urlencode(found["form"].pairs),
        ),
    }
    template = "deliveries/_messages.html" if is_part else "deliveries/messages.html"
    status = 429 if found.get("is_limited") else 422 if found["state"] == "wrong" else 200
    response = render(request, template, context, status=status)
    if is_part:
        response.headers["HX-Push-Url"] = canonical
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@member_may("see_messages")
def download(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Hand out the page of the list that the same parameters show, as CSV; to the list where that has no rows."""
    with translation.override(tenant.language):  # as the tenant's other files
        form = filter_form(request, tenant)
        rows = _found(request, form)["rows"]
        content = to_csv(rows, tenant, columns_of(form.table.in_files) or list(COLUMNS.values()))
    if not rows:
        return redirect(f"{reverse('messages:list', args=[tenant.slug])}?{request.GET.urlencode()}")
    record_download(
        request, "message.downloaded", actor=request.user.email, tenant=tenant, details={"messages": len(rows)}
    )
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{tenant.slug}_messages.csv"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


@require_safe
@member_may("see_messages")
def campaigns(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Return names of campaigns that begin with what is typed, as options."""
    prefix = request.GET.get("campaign", "").replace("\0", "").strip()[:256]
    return render(
        request, "deliveries/_campaign_names.html", {"campaign_names": _campaign_names(request, prefix=prefix)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("see_messages")
def message(request: HttpRequest, tenant: Tenant, account: str = "", message_id: str = "") -> HttpResponse:
    """Show one message; after a POST with a reason, which is recorded, the page has its number once.

    Values that a path cannot hold are passed as the parameters `account` and `id` (portal/common/any_text.py).
    """
    account, message_id = account or request.GET.get("account", ""), message_id or request.GET.get("id", "")
    access, masking = request.access, request.access.masking
    stored = message_or_404(tenant_ids=access.tenant_ids, account=account, message_id=message_id, masking=masking)
    may_reveal = not masking.in_full and access.may("reveal_numbers")
    may_reveal = may_reveal and access.view_as is None  # who only looks reveals in the administration
    reveal = reveal_number(request, stored, account=account, page_tenant=tenant, is_permitted=may_reveal)
    if reveal.is_granted:
        return redirect(f"{request.get_full_path()}#reveal")
    names = campaign_names([stored])
    presenter = MessagePresenter([stored], names, masking=masking, link=_link(tenant))
    reports = reports_of(stored)
    detail = presenter.detail(stored, reports, found_by=_found_by(tenant, stored))
    context = {
        "page": "messages",
        "zone": tenant.timezone,
        "message": detail,
        "row": detail.row,
        "forwardings": forwardings_of(stored, reports, detail.events, access),
        "links": _links(tenant, stored, detail.row, names.get(stored.campaign_id), masking),
        "reveal": reveal.form,
        "revealed": reveal.number,
    }
    response = render(request, "deliveries/message.html", context, status=reveal.status)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def filter_form(request: HttpRequest, tenant: Tenant) -> MessageFilterForm:
    """Return the filters that the request's parameters name."""
    today = local_day(timezone.now(), tenant.timezone)
    return MessageFilterForm(
        request.GET, access=request.access, today=today, list_of=partial(number_lists.kept, request)
    )


@dataclass(frozen=True, slots=True)
class OtherSearch:
    """Another search: in words, and its parameters."""

    words: str
    query: str


def _found(request: HttpRequest, form: MessageFilterForm) -> dict:
    """Return what the list shows: its state, rows, cursors, total."""
    nothing = {"form": form, "chips": chips_of(form) if form.is_valid() else [], "rows": [], "total": None}
    nothing["codes"] = sorted(code_words(request.access.tenant_ids).items())
    if not form.is_valid():
        return nothing | {"state": "wrong"}
    cursor = request.GET.get("cursor", "")
    try:
        texts, tenant = form.searched_texts(), request.access.tenant
        count_number_searches(request, texts, tenant=tenant, is_next_page=bool(cursor))
        size = form.cleaned_data["size"]
        page = search(form.query(), cursor=cursor, size=size, seconds=SECONDS)
        if form.cleaned_data["message_id"]:
            page = replace(page, messages=without_masked_ids(page.messages, request.access.masking))
        if not page.messages and not form.knows_operator():
            return nothing | {"state": "wrong"}
        is_any = all(name in LOOKS for name, _text in form.given)
        if not page.messages and not cursor and is_any:  # nothing of late: then whatever there is
            form = _other_form(form, _any_time(request))
            form.is_valid()
            form.given = [pair for pair in form.given if pair[0] in LOOKS]
            page = search(form.query(), size=size, seconds=SECONDS)
    except TooManyNumberSearches as error:
        form.add_error(error.filter, error.text)
        return nothing | {"state": "wrong", "is_limited": True}
    except BadCursor:
        form.add_error(None, _("This page of the list does not exist. Go to the newest messages."))
        return nothing | {"state": "wrong"}
    except SearchTooSlow:
        return nothing | {"state": "too_much"}
    presenter = MessagePresenter(
        page.messages,
        page.campaigns,
        masking=request.access.masking,
        link=_link(request.access.tenant),
        parameters=form.table.keys,
    )
    rows = [presenter.row(message) for message in page.messages]
    state = "rows" if page.messages else "never" if is_any else "nothing"
    return nothing | {
        "form": form,
        "state": state,
        "rows": rows,
        "explained": codes_to_explain(rows),
        "total": total(form.query()) if page.messages else None,
        "loosened": _loosened(request, form) if state == "nothing" and not cursor else [],
        "instead": _instead(form) if state == "nothing" and form.is_misread else [],
        **_pages(form, page),
    }


def _campaign_names(request: HttpRequest, *, prefix: str = "") -> list[str]:
    access = request.access
    return find_campaign_names(tenant_ids=access.tenant_ids, prefix=prefix, masking=access.masking)


def _any_time(request: HttpRequest):
    data = request.GET.copy()
    data["period"] = ANY_TIME
    return data


def _pages(form: MessageFilterForm, page: Page) -> dict[str, str]:
    """Return the query strings of the neighbouring pages, '' where there is none."""
    cursors = {"newer": page.previous_cursor, "older": page.next_cursor}
    found = {name: urlencode([*form.pairs, ("cursor", cursor)]) if cursor else "" for name, cursor in cursors.items()}
    return found | {"newest": urlencode(form.pairs) if page.previous_cursor else ""}


def _loosened(request: HttpRequest, form: MessageFilterForm) -> list[OtherSearch]:
    """Return the filters each of which alone keeps something from being found."""
    without = {"period", "number"} if form.is_misread else {"period"}  # of no number it says what it may be instead
    chips = [chip for chip in chips_of(form) if chip.name not in without]
    tries = [OtherSearch(f"{chip.label}: {chip.words}", chip.without) for chip in chips]
    if form.period is not None:
        words = f"{_('Period')}: {period_words(form)}"
        tries.append(OtherSearch(words, urlencode(form.with_period(ANY_TIME))))
    return [one for one in tries[:MAX_PROBES] if _finds(request, form, one.query)]


def _instead(form: MessageFilterForm) -> list[OtherSearch]:
    """Return the filters that a text may be meant for which is no phone number."""
    names = {"ref_id": _("Search for it as a refId"), "message_id": _("Search for it as a message id")}
    return [OtherSearch(words, form.instead_of_number(name)) for name, words in names.items()]


def _other_form(form: MessageFilterForm, data: QueryDict) -> MessageFilterForm:
    """Return the form of the same request with other parameters."""
    return MessageFilterForm(data, access=form.access, today=form.today, keys=form.keys, list_of=form.list_of)


def _finds(request: HttpRequest, form: MessageFilterForm, query: str) -> bool:
    other = _other_form(form, QueryDict(query))
    try:
        if not other.is_valid():
            return False
        found = search(other.query(), size=1, seconds=PROBE_SECONDS).messages
        return bool(without_masked_ids(found, request.access.masking) if other.cleaned_data["message_id"] else found)
    except SearchTooSlow:
        return False


def _link(tenant: Tenant):
    return lambda account, message_id: address_of("messages:message", tenant.slug, account=account, id=message_id)


def _found_by(tenant: Tenant, stored: StoredMessage) -> Callable[[str, str], str]:
    """Return what gives the address of the messages with a custom parameter, '' for what they are not found by."""
    address = reverse("messages:list", args=[tenant.slug])
    keys = {key for key, one in search_keys([stored.tenant_id], stored.folded.parameters or ()).items() if one.ready}

    def found_by(key: str, value: str) -> str:
        if key not in keys or len(value) > MAX_VALUE_LENGTH:
            return ""
        return f"{address}?{urlencode({PARAMETER.format(key): value, 'period': ANY_TIME})}"

    return found_by


def _links(
    tenant: Tenant, stored: StoredMessage, row: MessageRow, campaign: str | None, masking: Masking
) -> list[tuple[str, str]]:
    """Return (words, address) of lists that the message is in; none of them holds a number that is masked."""
    address = reverse("messages:list", args=[tenant.slug])
    wanted = []
    if row.partner_id == stored.folded.partner_id:
        wanted.append((_("Messages with the same partner ID"), "partner_id", row.partner_id))
    if campaign and campaign == row.campaign:  # else it holds the number
        wanted.insert(0, (_("Messages of the same campaign"), "campaign", row.campaign))
    if masking.in_full:
        wanted.append((_("Messages to the same number"), "number", stored.folded.destination or ""))
    return [(words, f"{address}?{urlencode({name: value})}") for words, name, value in wanted if value]
