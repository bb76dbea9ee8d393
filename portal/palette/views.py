"""The palette's addresses, of each customer and of pages without one: pages of their own, and answers to the script.

A typed text is sent in the body of a POST, so that none stands in an address, a log or a browser's history.
"""

import time

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.cache import count_up
from portal.palette import results
from portal.palette.numbers import search_number
from portal.tenants.models import Tenant

WINDOW = 60  # seconds


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("see_figures")
def palette(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Answer what the posted text `q` leads to: as JSON for the script, else as a page.

    With `what=number` it searches the messages to the number `q`.
    """
    return _answer(request, tenant)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def palette_anywhere(request: PageRequest) -> HttpResponse:
    """Answer the same on pages without a customer: the person's customers, and pages that belong to none."""
    return _answer(request, None)


def _answer(request: PageRequest, tenant: Tenant | None) -> HttpResponse:
    wants_json = request.headers.get("Accept", "") == "application/json"
    text = request.POST.get("q", "").strip() if request.method == "POST" else ""
    problem, status = _problem(request, text)
    if problem:
        if wants_json:
            return JsonResponse({"groups": [], "problem": problem}, status=status)
        return _page(request, text="", problem=problem, status=status)
    if tenant and request.POST.get("what") == "number":
        found = search_number(request, tenant, text)
        if found.list_id:
            return redirect(f"{reverse('messages:list', args=[tenant.slug])}?{urlencode({'numbers': found.list_id})}")
        return _page(request, text=text, problem=found.problem, status=found.status, found=found)
    groups = results.find(request, tenant, text)
    if wants_json:
        return JsonResponse({"groups": results.as_json(groups), "problem": ""})
    return _page(request, text=text, groups=groups)


# For staff who view a tenant (portal/accounts/middleware.py).
palette.only_reads = True  # type: ignore[attr-defined]
palette_anywhere.only_reads = True  # type: ignore[attr-defined]


def _problem(request: PageRequest, text: str) -> tuple[str, int]:
    """Return why the text is not looked for, and the status; '' where it is."""
    if request.method != "POST":
        return "", 200
    if len(text) > results.MAX_TEXT:
        return _("At most %(most)d characters can be searched.") % {"most": results.MAX_TEXT}, 422
    if "\0" in text:
        return _("The text holds a sign that cannot be searched."), 422
    quota, now = settings.PALETTE_PER_MINUTE, time.time()
    if quota and count_up(f"palette:{request.user.pk}:{int(now // WINDOW)}", seconds=2 * WINDOW) > quota:
        wait = WINDOW - int(now % WINDOW)
        return _("Too many searches. Try again in %(seconds)d s.") % {"seconds": wait}, 429
    return "", 200


def _page(request: PageRequest, *, text: str, problem: str = "", status: int = 200, **context) -> HttpResponse:
    several = len(request.access.tenant_ids) > 1
    values = {"several": several, "text": text, "problem": problem, "max_text": results.MAX_TEXT} | context
    return render(request, "palette/page.html", values, status=status)
