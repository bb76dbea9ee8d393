"""The page of a gate's signing secret: shown once, and rotated."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from deliveries.gates import changing
from deliveries.gates.pages.find import gate_or_404
from deliveries.gates.receivers import receivers
from deliveries.models import Gate
from portal.accounts import shown_once
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_gates")
def secret(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """Show a new secret once; else ask whether to give another one."""
    gate = gate_or_404(tenant, gate_id)
    if request.method == "POST":
        keep(request, gate, changing.rotate_secret(gate, actor=request.user.email))
        return redirect("gates:secret", tenant.slug, gate.public_id)
    until = gate.old_secret_until
    context = {
        "page": "gates",
        "gate": gate,
        "secret": shown_once.take(request, _kept_as(gate)) if request.method == "GET" else "",
        "old_until": until if until and until > timezone.now() else None,
        "receivers": receivers(),
    }
    response = render(request, "gates/secret.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def keep(request: PageRequest, gate: Gate, text: str) -> None:
    """Keep a new secret for the one page that shows it."""
    shown_once.keep(request, _kept_as(gate), text)


def _kept_as(gate: Gate) -> str:
    return f"gate-{gate.public_id}"
