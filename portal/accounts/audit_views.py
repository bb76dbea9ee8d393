"""A tenant's Audit log page."""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from portal.accounts import audit
from portal.accounts.audit_actions import ACTIONS
from portal.accounts.audit_sentences import actor_in_words, sentence
from portal.accounts.downloads import record_download
from portal.accounts.guards import member_may
from portal.accounts.models import AuditEntry
from portal.common.periods import local_day
from portal.tenants.models import Tenant


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter to click: its words, how many entries it finds, its address, and whether it is chosen."""

    words: str
    number: int
    query: str
    is_chosen: bool


@require_safe
@member_may("see_audit_log")
def audit_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List what was done for the tenant, newest first."""
    wanted = _wanted(request)
    page = audit.page_of(tenant, wanted, before=request.GET.get("before", ""))
    facets = audit.facets_of(tenant, wanted)
    newest = _query(wanted.action, wanted.actor)
    rows = [{"entry": entry, "sentence": sentence(entry), "details": audit.details_of(entry)} for entry in page.entries]
    context = {
        "page": "settings",
        "section": "audit",
        "rows": rows,
        "days": [(day, list(some)) for day, some in groupby(rows, lambda row: _day(row["entry"], tenant))],
        "actions": [
            Choice(str(ACTIONS.get(action, action)), number, _query(action, wanted.actor), action == wanted.action)
            for action, number in facets.actions
        ],
        "people": [
            Choice(
                _told(actor, facets), number, _query(wanted.action, actor), actor.casefold() == wanted.actor.casefold()
            )
            for actor, number in facets.people
        ],
        "counted": audit.MAX_COUNTED if facets.is_cut else None,
        "any_action": _query("", wanted.actor),
        "any_person": _query(wanted.action, ""),
        "wanted": wanted,
        "wanted_actor": actor_in_words(wanted.actor),
        "wanted_action": ACTIONS.get(wanted.action, wanted.action),
        "is_first": "before" not in request.GET,
        "newest": newest,
        "older": "&".join(filter(None, (newest, urlencode({"before": page.older})))) if page.older else "",
    }
    return render(request, "accounts/audit.html", context)


def _told(actor: str, facets: audit.Facets) -> str:
    """Return who it was in words, with the stored name where two are the same in words."""
    words = actor_in_words(actor)
    is_alone = [actor_in_words(other) for other, _number in facets.people].count(words) == 1
    return words if is_alone else f"{words} ({actor})"


@require_safe
@member_may("see_audit_log")
def download(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Hand out what the filter asks for as CSV, the newest MAX_IN_A_FILE entries at most."""
    wanted = _wanted(request)
    with translation.override(tenant.language):  # as the tenant's other files
        content = audit.to_csv(audit.entries(tenant, wanted)[: audit.MAX_IN_A_FILE], tenant)
    record_download(
        request, "audit.downloaded", actor=request.user.email, tenant=tenant, details={"action": wanted.action or "all"}
    )
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{tenant.slug}_audit.csv"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _query(action: str, actor: str) -> str:
    return urlencode({name: value for name, value in (("action", action), ("actor", actor)) if value})


def _day(entry: AuditEntry, tenant: Tenant) -> date:
    return local_day(entry.at, tenant.timezone)


def _wanted(request: HttpRequest) -> audit.Filter:
    def text(name: str, limit: int) -> str:
        return request.GET.get(name, "").replace("\0", "").strip()[:limit]

    return audit.Filter(action=text("action", 60), actor=text("actor", 254))
