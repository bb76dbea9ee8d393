"""Pages of a gate's attempts: the list of 30 days with its filter, and one with request and answer."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from deliveries.gates.pages.attempt_filter import AttemptFilterForm
from deliveries.gates.pages.attempts import shown
from deliveries.gates.pages.find import gate_or_404
from deliveries.gates.reading import AttemptPage, attempt_of, attempts_of
from deliveries.models import GateAttempt
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.any_text import address_of
from portal.common.keyset import BadCursor
from portal.tenants.models import GatewayAccount, Tenant

MAX_ID = 2**63 - 1


@require_safe
@member_may("see_gates")
def attempts(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """List the attempts that the filter finds, newest first; 422 with what is wrong with it."""
    gate = gate_or_404(tenant, gate_id)
    form = AttemptFilterForm(request.GET, zone=tenant.timezone)
    page, masking = AttemptPage([], None, None), request.access.masking
    if form.is_valid():
        try:
            page = attempts_of(gate, form.chosen(), cursor=request.GET.get("cursor", ""))
        except BadCursor:
            form.add_error(None, _("This page of the list does not exist. Go to the newest attempts."))
    rows = shown(page.attempts, masking)
    if form.is_valid() and form.chosen().message_id:  # an id that is a number would reveal whether it exists
        rows = [row for row in rows if not row.is_hidden_id]
    kept = [(name, value) for name, value in request.GET.items() if name in form.fields and value]
    context = {
        "page": "gates",
        "gate": gate,
        "form": form,
        "rows": rows,
        "is_filtered": bool(kept),
        "newer": urlencode([*kept, ("cursor", page.newer)]) if page.newer else "",
        "older": urlencode([*kept, ("cursor", page.older)]) if page.older else "",
    }
    response = render(request, "gates/attempts.html", context, status=200 if form.is_valid() else 422)
    response.headers["Cache-Control"] = "no-store, private"
    return response


@require_safe
@member_may("see_gates")
def attempt(request: PageRequest, tenant: Tenant, gate_id: str, attempt_id: int) -> HttpResponse:
    """Show one attempt: its request, answer, time, and what its signature was made from."""
    gate = gate_or_404(tenant, gate_id)
    found = attempt_of(gate, min(attempt_id, MAX_ID))
    if found is None:
        raise Http404
    (one,) = shown([found], request.access.masking)
    context = {
        "page": "gates",
        "gate": gate,
        "row": one,
        "message_address": "" if one.is_hidden_id else _message_address(tenant, found),
    }
    response = render(request, "gates/attempt.html", context)
    response.headers["Cache-Control"] = "no-store, private"
    return response


def _message_address(tenant: Tenant, attempt: GateAttempt) -> str:
    """Return the page of the attempt's message, '' of a made-up one."""
    if attempt.account_id is None:
        return ""
    name = GatewayAccount.objects.filter(id=attempt.account_id).values_list("name", flat=True).first()
    return address_of("messages:message", tenant.slug, account=name, id=attempt.message_id) if name else ""
