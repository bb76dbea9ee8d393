"""Pages of exports: asking for one, the list with its progress, the file, and ending one."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from deliveries.exports import asking
from deliveries.exports.files import KEPT, MEDIA_TYPES, open_file
from deliveries.exports.forms import ExportForm, remembered
from deliveries.message_pages.chips import chips_of, period_in_days
from deliveries.message_pages.forms import MessageFilterForm
from deliveries.message_pages.views import filter_form
from deliveries.models import Export
from deliveries.search.find import SearchTooSlow
from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from deliveries.search.query import MessageQuery
from deliveries.search.totals import total
from deliveries.search.walk import count
from portal.accounts.access import PageRequest
from portal.accounts.downloads import record_download
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.common.file_response import file_response
from portal.common.templatetags import figures
from portal.tenants.models import Tenant

MAX_SHOWN = 100
COUNT_SECONDS = 3.0
SHEET_ROWS = 1_048_575


@require_safe
@member_may("save_searches")
def export_list(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List one's own exports, for managers the customer's; htmx gets the table alone."""
    exports = list(_visible(request, tenant).order_by("-id")[:MAX_SHOWN])
    context = {
        "page": "messages",
        "exports": exports,
        "is_any_open": any(export.is_open for export in exports),
        "sees_others": request.access.may("manage_exports"),
        "sees_full": request.access.masking.in_full,
        "person_id": request.user.pk,
        "now": timezone.now(),
        "kept_days": KEPT.days,
    }
    is_part = "HX-Request" in request.headers
    response = render(request, "exports/_list.html" if is_part else "exports/list.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("save_searches")
def new(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show how many messages the search of the address finds, and queue its export after a POST."""
    search = filter_form(request, tenant)
    filters = urlencode([pair for pair in search.given if pair[0] not in ("cursor", "size")])
    context: dict[str, object] = {"page": "messages", "filters": filters, "search": search, "kept_days": KEPT.days}
    if not search.is_valid():
        return render(request, "exports/wrong_search.html", context, status=422)
    try:
        count_number_searches(request, search.searched_texts(), tenant=tenant)
    except TooManyNumberSearches as error:
        search.add_error(error.filter, error.text)
        return render(request, "exports/wrong_search.html", context, status=429)
    initial = remembered(tenant, request.user.pk, keys=search.keys)
    if search.table.chosen:
        initial |= {"columns": search.table.in_files, "parameters": ""}
    form = ExportForm(request.POST or None, initial=initial, keys=search.keys)
    if request.method == "POST" and form.is_valid():
        try:
            asking.ask(
                tenant=tenant,
                access=request.access,
                user=request.user,
                query=search.query(),
                title=_title(search),
                **form.cleaned_data,
            )
        except asking.TooMany as error:
            form.add_error(None, too_many_text(error))
        else:
            messages.success(request, _("The file is being made. It appears here when it is done."))
            return redirect("exports:list", tenant.slug)
    number = _count(search.query())
    context |= {
        "form": form,
        "title": _title(search),
        "count": number,
        "most": settings.EXPORT_MAX_ROWS,
        "is_too_many": number is not None and number > settings.EXPORT_MAX_ROWS,
        "sheets": None if number is None else -(-number // SHEET_ROWS),
        "in_full": request.access.masking.in_full,
    }
    return render(request, "exports/new.html", context, status=422 if request.method == "POST" else 200)


@require_safe
@member_may("save_searches")
def download(request: PageRequest, tenant: Tenant, export_id: int) -> HttpResponse:
    """Hand out a finished export to the person who asked for it, and write that down."""
    export = get_object_or_404(Export.objects.select_related("tenant"), tenant=tenant, id=export_id, maker=request.user)
    now, context = timezone.now(), {"page": "messages", "export": export}
    if export.state != Export.State.DONE:
        return render(request, "exports/no_file.html", context, status=409)
    if export.in_full and not request.access.masking.in_full:
        return render(request, "exports/no_file.html", context | {"is_for_others": True}, status=403)
    try:
        file = open_file(export, now=now)
    except FileNotFoundError:
        return render(request, "exports/no_file.html", context | {"is_gone": True}, status=410)
    record_download(request, "export.downloaded", actor=request.user.email, tenant=tenant, subject=export.file_name)
    return file_response(request, file, export.file_name, content_type=MEDIA_TYPES[export.format])


@posted_from("exports:list")
@member_may("save_searches")
def cancel(request: PageRequest, tenant: Tenant, export_id: int) -> HttpResponse:
    """Cancel an export that waits or is being made."""
    return _change(
        request, tenant, export_id,
        lambda export, _now: asking.cancel(export, actor=request.user.email),
        done=_("The export is cancelled."), not_done=_("The export has ended already."),
    )  # fmt: skip


@posted_from("exports:list")
@member_may("save_searches")
def retry(request: PageRequest, tenant: Tenant, export_id: int) -> HttpResponse:
    """Queue a failed or cancelled export again."""
    try:
        return _change(
            request, tenant, export_id,
            lambda export, _now: asking.retry(export, actor=request.user.email),
            done=_("The export is queued again."), not_done=_("This export cannot be made again. Ask for a new one."),
        )  # fmt: skip
    except asking.TooMany as error:
        messages.error(request, too_many_text(error))
        return redirect("exports:list", tenant.slug)


@posted_from("exports:list")
@member_may("save_searches")
def delete(request: PageRequest, tenant: Tenant, export_id: int) -> HttpResponse:
    """Delete the file of an export."""
    return _change(
        request, tenant, export_id,
        lambda export, now: asking.delete(export, actor=request.user.email, now=now),
        done=_("The file is deleted."), not_done=_("The export is being made, or its file is deleted already."),
    )  # fmt: skip


def _visible(request: PageRequest, tenant: Tenant) -> QuerySet[Export]:
    exports = Export.objects.select_related("tenant").filter(tenant=tenant)
    return exports if request.access.may("manage_exports") else exports.filter(maker=request.user)


def _change(
    request: PageRequest,
    tenant: Tenant,
    export_id: int,
    change: Callable[[Export, datetime], bool],
    *,
    done: str,
    not_done: str,
) -> HttpResponse:
    export = get_object_or_404(_visible(request, tenant), id=export_id)
    if change(export, timezone.now()):
        messages.success(request, done)
    else:
        messages.error(request, not_done)
    return redirect("exports:list", tenant.slug)


def _count(query: MessageQuery) -> int | None:
    """Return how many messages the search finds; None if counting them takes too long."""
    known = total(query)
    if known is not None:
        return known
    try:
        return count(query, seconds=COUNT_SECONDS)
    except SearchTooSlow:
        return None


def _title(form: MessageFilterForm) -> str:
    """Return the search in words; its period by days, since the file is not made today for ever."""
    words = [f"{chip.label}: {chip.words}" for chip in chips_of(form) if chip.name != "period"]
    return " · ".join([period_in_days(form), *words])


def too_many_text(error: asking.TooMany) -> str:
    """Return what to say where so many exports are open."""
    """Return what to say where so many exports are open."""
    if error.whose == "person":
        text = _("You have %(most)s exports that wait or are being made, the most at once. Wait, or cancel one.")
    else:
        text = _("%(most)s exports of this customer wait or are being made, the most at once. Wait until one is done.")
    return text % {"most": figures.count(error.most)}
