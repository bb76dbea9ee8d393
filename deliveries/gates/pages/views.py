"""Pages of gates: the list with each gate's state and figures, and one gate."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.models import Campaign
from deliveries.gates.pages import health
from deliveries.gates.pages.attempts import shown
from deliveries.gates.pages.find import gate_or_404
from deliveries.gates.pages.history import changes_of
from deliveries.gates.pages.rows import row_of
from deliveries.gates.reading import AttemptFilter, attempts_of, gates_of_tenants, with_figures
from deliveries.gates.receivers import receivers
from deliveries.models import Gate, ResultCode
from deliveries.models.gates import GateFilter
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant

NEWEST = 10  # attempts on a gate's page
_FILTERS = [field.name for field in GateFilter._meta.get_fields()]


@require_safe
@member_may("see_gates")
def gate_list(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the customer's gates; without one, say what a gate is and how to receive its requests."""
    gates = gates_of_tenants([tenant.id]).order_by("name", "id")
    context = {
        "page": "gates",
        "rows": [row_of(figures) for figures in with_figures(gates, now=timezone.now())],
        "receivers": receivers(),
    }
    return render(request, "gates/list.html", context)


@require_safe
@member_may("see_gates")
def gate(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """Show one gate: its state, health, settings, newest attempts, and who changed it."""
    found, now = gate_or_404(tenant, gate_id), timezone.now()
    (figures,) = with_figures([found], now=now)
    span = request.GET.get("span", "24h")
    span = span if span in health.SPANS else "24h"
    columns = health.columns(found, span, timezone=tenant.timezone, now=now)
    may_manage = request.access.may("manage_gates")
    context = {
        "page": "gates",
        "gate": found,
        "row": row_of(figures),
        "span": span,
        "columns": columns,
        "health_chart": health.chart(columns, span),
        "attempts": shown(attempts_of(found, AttemptFilter(), size=NEWEST).attempts, request.access.masking),
        "destinations": found.destinations.all(),
        "campaigns": _campaigns(found),
        "statuses": [str(dict(ResultCode.Status.choices).get(status, status)) for status in found.statuses],
        "passes_all": not any(getattr(found, name) for name in _FILTERS),
        "ttl_seconds": found.ttl_ms / 1000,
        "changes": changes_of(found) if may_manage else [],
        "old_secret_until": found.old_secret_until if found.old_secret_until and found.old_secret_until > now else None,
    }
    return render(request, "gates/gate.html", context)


def _campaigns(gate: Gate) -> list[str]:
    found = Campaign.objects.filter(tenant_id=gate.tenant_id, id__in=gate.campaign_ids)
    return [campaign.title or campaign.name for campaign in found.order_by("name")]
