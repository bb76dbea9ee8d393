"""A tenant's Audit log page."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from portal.accounts import audit
from portal.accounts.audit_sentences import sentence
from portal.accounts.guards import member_may
from portal.accounts.models import record
from portal.tenants.models import Tenant


@require_safe
@member_may("see_audit_log")
def audit_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List what was done for the tenant, newest first."""
    wanted = _wanted(request)
    page = audit.page_of(tenant, wanted, before=request.GET.get("before", ""))
    filters = {name: value for name, value in (("action", wanted.action), ("actor", wanted.actor)) if value}
    context = {
        "page": "settings",
        "section": "audit",
        "rows": [
            {
                "entry": entry,
                "sentence": sentence(entry),
                "details": audit.details_of(entry),
            }
            for entry in page.entries
        ],
        "actions": audit.ACTIONS.items(),
        "wanted": wanted,
        "is_first": "before" not in request.GET,
        "newest": urlencode(filters),
        "older": urlencode({**filters, "before": page.older}) if page.older else "",
    }
    return render(request, "accounts/audit.html", context)


@require_safe
@member_may("see_audit_log")
def download(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Hand out what the filter asks for as CSV, the newest MAX_IN_A_FILE entries at most."""
    wanted = _wanted(request)
    with translation.override(tenant.language):  # as the tenant's other files
        content = audit.to_csv(audit.entries(tenant, wanted)[: audit.MAX_IN_A_FILE], tenant)
    record("audit.downloaded", actor=request.user.email, tenant=tenant, details={"action": wanted.action or "all"})
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{tenant.slug}_audit.csv"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _wanted(request: HttpRequest) -> audit.Filter:
    def text(name: str, limit: int) -> str:
        return request.GET.get(name, "").replace("\0", "").strip()[:limit]

    return audit.Filter(action=text("action", 60), actor=text("actor", 254))
