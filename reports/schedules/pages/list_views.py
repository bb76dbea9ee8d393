"""The list of saved reports, with ready-made ones to copy."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.models.definitions import MAX_NAME
from reports.schedules.pages.presets import presets_for
from reports.schedules.pages.rows import definition_rows, readable
from reports.schedules.rights import MAKE, READ

PER_PAGE = 25


@require_safe
@member_may(READ)
def definitions(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the saved reports by name; `q` searches names, `archived` shows those in the archive."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:MAX_NAME]
    is_archive = bool(request.GET.get("archived"))
    everything = readable(request.access).filter(archived_at__isnull=not is_archive)
    found = everything.filter(name__icontains=text) if text else everything
    shown = Paginator(found.order_by("name", "id"), PER_PAGE).get_page(request.GET.get("page"))
    query = "&".join(part for part in (_asked("q", text), "archived=1" if is_archive else "") if part)
    context = {
        "page": "reports",
        "page_obj": shown,
        "rows": definition_rows(list(shown.object_list)),
        "has_any": bool(text) or everything.exists(),
        "text": text,
        "is_archive": is_archive,
        "query": query,
        "may_make": request.access.may(MAKE),
        "presets": presets_for(request.access) if request.access.may(MAKE) and not is_archive else {},
    }
    return render(request, "reports/saved/list.html", context)


def _asked(name: str, value: str) -> str:
    return urlencode({name: value}) if value else ""
