"""Forms that pause, resume and delete a gate."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from deliveries.gates import changing
from deliveries.gates.pages.find import gate_or_404
from deliveries.gates.reading import with_figures
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.common.templatetags.figures import count
from portal.tenants.models import Tenant


@posted_from("gates:list")
@member_may("manage_gates")
def pause(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """Hold the gate's deliveries."""
    gate = gate_or_404(tenant, gate_id)
    if changing.pause(gate, actor=request.user.email):
        messages.success(request, _("The gate is paused. What arrives is kept until you resume it."))
    else:
        messages.info(request, _("The gate is not active, so nothing was changed."))
    return redirect("gates:gate", tenant.slug, gate.public_id)


@posted_from("gates:list")
@member_may("manage_gates")
def resume(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """Send what was held, and go on."""
    gate = gate_or_404(tenant, gate_id)
    if changing.resume(gate, actor=request.user.email):
        messages.success(request, _("The gate is active. What waited is being sent."))
    else:
        messages.info(request, _("The gate is active already."))
    return redirect("gates:gate", tenant.slug, gate.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_gates")
def delete(request: PageRequest, tenant: Tenant, gate_id: str) -> HttpResponse:
    """Ask with the number of deliveries that wait, then delete the gate with them."""
    gate = gate_or_404(tenant, gate_id)
    if request.method != "POST":
        (figures,) = with_figures([gate], now=timezone.now())
        return render(request, "gates/delete.html", {"page": "gates", "gate": gate, "figures": figures})
    waiting = changing.delete(gate, actor=request.user.email)
    text = ngettext(
        "The gate %(name)s was deleted with %(shown)s delivery that waited.",
        "The gate %(name)s was deleted with %(shown)s deliveries that waited.",
        waiting,
    )
    messages.success(request, text % {"name": gate.name, "shown": count(waiting)})
    return redirect("gates:list", tenant.slug)
