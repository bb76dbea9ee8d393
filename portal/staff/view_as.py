"""Starting and ending "view as tenant"."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.accounts import view_as
from portal.accounts.pages import first_page
from portal.accounts.way_back import posted_from
from portal.common.no_numbers import refuse_numbers
from portal.tenants.undone import customers


class ViewAsForm(forms.Form):
    """Form for the reason of viewing a tenant's pages, which its owners can read."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        validators=[refuse_numbers],
        help_text=gettext_lazy("The customer's owners see the reason in their audit log."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """Ask staff for a reason, then show them the tenant's first page as an observer."""
    if not view_as.may_view(request.user):
        raise PermissionDenied
    tenant = customers().filter(id=tenant_id).first()
    if tenant is None:
        raise Http404
    form = ViewAsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        view_as.start(request, tenant, reason=form.cleaned_data["reason"])
        return redirect(first_page(tenant.slug))
    context = {
        **admin.site.each_context(request),
        "title": _("View as %(tenant)s") % {"tenant": tenant.name},
        "observed": tenant,
        "minutes": view_as.SECONDS // 60,
        "form": form,
    }
    return TemplateResponse(request, "admin/tenants/tenant/view_as.html", context)


@posted_from("home")
def stop(request: HttpRequest) -> HttpResponse:
    """End it and go back to the administration, or home where there was nothing to end."""
    view_as.stop(request, why="button")
    return redirect("admin:index" if request.user.is_authenticated and request.user.is_staff else "home")
