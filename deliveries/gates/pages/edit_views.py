"""Pages on which a gate is created and changed, with the request that it would send."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliveries.gates import changing
from deliveries.gates.changing import GateRefused
from deliveries.gates.pages import secret_views
from deliveries.gates.pages.find import gate_or_404
from deliveries.gates.pages.given import GateForms
from deliveries.gates.pages.preview import preview_of
from deliveries.gates.shapes import template
from deliveries.models import Gate
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_gates")
def new(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show the form of a new gate and create it; its secret is shown on the page after."""
    if request.method != "POST":
        return _page(request, tenant, GateForms.of(tenant))
    forms = GateForms.of(tenant, request.POST)
    if forms.destinations.is_change_of_rows:
        return _page(request, tenant, _unchecked(forms))
    given = forms.given()
    if given is None:
        return _page(request, tenant, forms, status=422)
    try:
        made = changing.create(tenant, given, actor=request.user.email)
    except GateRefused as error:
        forms.refuse(error.problems)
        return _page(request, tenant, forms, status=422)
    secret_views.keep(request, made.gate, made.secret)
    messages.success(request, _("The gate %(name)s was created.") % {"name": made.gate.name})
    return redirect("gates:secret", tenant.slug, made.gate.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_gates")
def edit(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """Show the form of a gate and save it."""
    gate = gate_or_404(tenant, gate_id)
    if request.method != "POST":
        return _page(request, tenant, GateForms.of(tenant, gate=gate), gate=gate)
    forms = GateForms.of(tenant, request.POST, gate=gate)
    if forms.destinations.is_change_of_rows:
        return _page(request, tenant, _unchecked(forms), gate=gate)
    given = forms.given()
    if given is None:
        return _page(request, tenant, forms, gate=gate, status=422)
    try:
        is_changed = changing.change(gate, given, actor=request.user.email)
    except GateRefused as error:
        forms.refuse(error.problems)
        return _page(request, tenant, forms, gate=gate, status=422)
    messages.success(request, _("Saved.") if is_changed else _("Nothing was changed."))
    return redirect("gates:gate", tenant.slug, gate.public_id)


@posted_from("gates:new")
@member_may("manage_gates")
def preview(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Return the request that the form's gate would send, as a fragment; 422 with what is wrong with the form."""
    gate_id = request.POST.get("gate", "")
    gate = gate_or_404(tenant, gate_id) if gate_id.isalnum() else None
    forms = GateForms.of(tenant, request.POST, gate=gate)
    given = forms.given()
    shown = preview_of(tenant, given, gate=gate, masking=request.access.masking) if given else None
    context = {"preview": shown, "problems": [] if given else forms.errors()}
    return render(request, "gates/_preview.html", context, status=200 if given else 422)


def _unchecked(forms: GateForms) -> GateForms:
    """Return the forms without errors: while rows are added or removed, nobody wants to read what is missing."""
    for form in (forms.form, *forms.destinations.forms):
        form.errors.clear()
    return forms


def _page(
    request: PageRequest, tenant: Tenant, forms: GateForms, *, gate: Gate | None = None, status: int = 200
) -> HttpResponse:
    stored = changing.input_of(gate) if gate else None
    context = {
        "page": "gates",
        "gate": gate,
        "form": forms.form,
        "destinations": forms.destinations,
        "template_fields": template.FIELDS,
        "date_parts": template.DATE_PARTS,
        "preview": preview_of(tenant, stored, gate=gate, masking=request.access.masking) if stored else None,
    }
    response = render(request, "gates/edit.html", context, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    return response
