"""The settings pages of conversions: the customer's window, and the kinds of events."""

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.models import ConversionEvent, ConversionKind
from deliveries.attributing.windows import set_tenant_window, tenant_window
from deliveries.conversions.forms import KindForm, WindowForm
from deliveries.conversions.kinds import KindError, add_kind, change_kind, delete_kind
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("change_settings")
def kinds_page(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the kinds, and add one."""
    if request.method != "POST":
        return _page(request, tenant)
    form = KindForm(request.POST, tenant=tenant)
    if not form.is_valid():
        return _page(request, tenant, form=form)
    try:
        kind = add_kind(tenant, form.cleaned_data, actor=request.user.email)
    except KindError as error:
        form.add_error("name", error.text)
        return _page(request, tenant, form=form)
    messages.success(request, _("The kind %(name)s was added.") % {"name": kind.name})
    return redirect("settings:conversions", tenant.slug)


@posted_from("settings:conversions")
@member_may("change_settings")
def window_change(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Set the customer's window."""
    form = WindowForm(request.POST)
    if not form.is_valid():
        return _page(request, tenant, window_form=form)
    if set_tenant_window(tenant, form.cleaned_data["minutes"], actor=request.user.email):
        messages.success(request, _("The window was saved. Events are attributed again by it."))
    else:
        messages.success(request, _("Nothing was changed."))
    return redirect("settings:conversions", tenant.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("change_settings")
def kind_edit(request: PageRequest, tenant: Tenant, kind_id: int) -> HttpResponse:
    """Show the form of a kind's name, window and purpose, and save it."""
    kind = _kind_or_404(tenant, kind_id)
    name = kind.name
    form = KindForm(request.POST if request.method == "POST" else None, tenant=tenant, instance=kind)
    if request.method == "POST" and form.is_valid():
        try:
            is_changed = change_kind(kind, form.cleaned_data, actor=request.user.email)
        except KindError as error:
            form.add_error("name", error.text)
        else:
            saved = _("The kind %(name)s was saved.") % {"name": kind.name}
            messages.success(request, saved if is_changed else _("Nothing was changed."))
            return redirect("settings:conversions", tenant.slug)
    context = {"page": "settings", "section": "conversions", "form": form, "kind_id": kind.pk, "name": name}
    status = 422 if request.method == "POST" else 200
    return render(request, "deliveries/settings_conversion_kind.html", context, status=status)


@posted_from("settings:conversions")
@member_may("change_settings")
def kind_remove(request: PageRequest, tenant: Tenant, kind_id: int) -> HttpResponse:
    """Delete a kind that has no events."""
    kind = _kind_or_404(tenant, kind_id)
    if delete_kind(kind, actor=request.user.email):
        messages.success(request, _("The kind %(name)s was deleted.") % {"name": kind.name})
    else:
        messages.error(request, _("The kind %(name)s has events, so it stays.") % {"name": kind.name})
    return redirect("settings:conversions", tenant.slug)


def _kind_or_404(tenant: Tenant, kind_id: int) -> ConversionKind:
    return get_object_or_404(ConversionKind, tenant=tenant, id=min(kind_id, 2**63 - 1))


def _page(
    request: PageRequest, tenant: Tenant, *, form: KindForm | None = None, window_form: WindowForm | None = None
) -> HttpResponse:
    """Return the page; a form that is given was refused."""
    used = Exists(ConversionEvent.objects.filter(kind=OuterRef("pk")))
    context = {
        "page": "settings",
        "section": "conversions",
        "form": form or KindForm(tenant=tenant),
        "window_form": window_form or WindowForm(initial={"minutes": tenant_window(tenant)}),
        "kinds": ConversionKind.objects.filter(tenant=tenant).annotate(is_used=used).order_by("name"),
    }
    return render(request, "deliveries/settings_conversions.html", context, status=422 if form or window_form else 200)
