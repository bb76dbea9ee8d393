"""The page that tests a gate: it sends one report, and shows request, answer, time and signature."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from deliveries.gates.changing import input_of
from deliveries.gates.definitions import MAX_DESTINATIONS
from deliveries.gates.pages.attempts import shown
from deliveries.gates.pages.find import gate_or_404
from deliveries.gates.pages.preview import preview_of
from deliveries.gates.testing import TEST, TooManyTests, send_test
from deliveries.models import Gate, GateAttempt
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_gates")
def test(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """Send a test and show its results on the page after, so that a reload sends no other."""
    gate = gate_or_404(tenant, gate_id)
    if request.method != "POST":
        return _page(request, tenant, gate)
    try:
        result = send_test(gate, actor=request.user.email)
    except TooManyTests as error:
        return _page(request, tenant, gate, problem=str(error))
    address = reverse("gates:test", args=[tenant.slug, gate.public_id])
    return redirect(f"{address}?{urlencode({'at': result.at.isoformat()})}")


def _page(request: PageRequest, tenant: Tenant, gate: Gate, *, problem: str = "") -> HttpResponse:
    since = _instant(request.GET.get("at", ""))
    results = _results(gate, since) if since else []
    context = {
        "page": "gates",
        "gate": gate,
        "problem": problem,
        "results": shown(results, request.access.masking),
        "is_sample": bool(results) and results[0].inbox_id is None,
        "preview": None if results else preview_of(tenant, input_of(gate), gate=gate, masking=request.access.masking),
    }
    response = render(request, "gates/test.html", context, status=429 if problem else 200)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _results(gate: Gate, since: datetime) -> list[GateAttempt]:
    """Return the attempts of the test that began at this time, in the order of the destinations."""
    found = GateAttempt.objects.filter(tenant_id=gate.tenant_id, gate_id=gate.pk, number=TEST, at__gte=since)
    return list(found.order_by("at", "id")[:MAX_DESTINATIONS])


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None
