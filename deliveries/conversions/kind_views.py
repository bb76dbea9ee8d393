"""The settings page of the kinds of conversion events."""

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.models import ConversionEvent, ConversionKind
from deliveries.conversions.forms import KindForm
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.models import record
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("change_settings")
def kinds_page(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the kinds, and add one."""
    form = KindForm(request.POST if request.method == "POST" else None, tenant=tenant)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            kind = form.save()
            record("conversion_kind.added", actor=request.user.email, tenant=tenant, subject=kind.name)
        messages.success(request, _("The kind %(name)s was added.") % {"name": kind.name})
        return redirect("settings:conversions", tenant.slug)
    used = Exists(ConversionEvent.objects.filter(kind=OuterRef("pk")))
    context = {
        "page": "settings",
        "section": "conversions",
        "form": form,
        "kinds": ConversionKind.objects.filter(tenant=tenant).annotate(is_used=used).order_by("name"),
    }
    return render(
        request, "deliveries/settings_conversions.html", context, status=422 if request.method == "POST" else 200
    )


@posted_from("settings:conversions")
@member_may("change_settings")
def kind_remove(request: PageRequest, tenant: Tenant, kind_id: int) -> HttpResponse:
    """Delete a kind that has no events."""
    kind = get_object_or_404(ConversionKind, tenant=tenant, id=min(kind_id, 2**63 - 1))
    try:
        with transaction.atomic():
            is_used = ConversionEvent.objects.filter(kind=kind).exists()
            if not is_used:
                name = kind.name
                kind.delete()
                record("conversion_kind.removed", actor=request.user.email, tenant=tenant, subject=name)
    except IntegrityError:  # an event came in meanwhile
        is_used = True
    if is_used:
        messages.error(request, _("The kind %(name)s has events, so it stays.") % {"name": kind.name})
    else:
        messages.success(request, _("The kind %(name)s was deleted.") % {"name": kind.name})
    return redirect("settings:conversions", tenant.slug)
