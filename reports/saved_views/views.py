"""A person's saved views of a tenant: listed, saved, shared, renamed, deleted, one of them the start page.

Staff who view the tenant have none and see none.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.saved_views import store
from portal.saved_views.models import SavedView
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from reports.saved_views import sharing
from reports.saved_views.forms import NameForm, SaveForm, too_many_shared_text
from reports.saved_views.wording import words_of

View = Callable[..., HttpResponse]


def _own(view: View) -> View:
    """Let members call a page of saved views, and nobody who looks at the tenant in place of them."""

    @wraps(view)
    def guarded(request: PageRequest, tenant: Tenant, **kwargs) -> HttpResponse:
        if request.access.view_as is not None:
            raise PermissionDenied(_("Saved views belong to a person. Staff who view a customer have none."))
        return view(request, tenant, **kwargs)

    return member_may("see_figures")(guarded)


@require_http_methods(["GET", "HEAD", "POST"])
@_own
def views_page(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the person's views and the shared ones; save a page as a new view, and lead back to it."""
    if request.method != "POST":
        return _page(request, tenant)
    form = SaveForm(request.POST)
    view = form.save(user=request.user, tenant=tenant) if form.is_valid() else None
    if view is None:
        return _page(request, tenant, form, status=422)
    messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
    if form.cleaned_data["query"].left_out or "left_out" in request.POST:  # the page's menu leaves them out itself
        messages.warning(request, _("Filters with a phone number were left out: a saved view holds none."))
    return redirect(store.address_of(view, tenant))


@require_http_methods(["GET", "HEAD", "POST"])
@_own
def rename(request: PageRequest, tenant: Tenant, view_id: int) -> HttpResponse:
    """Ask for the new name of an own view, or of a shared one."""
    view = _changeable(request, tenant, view_id)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": view.name})
    if request.method == "POST" and form.is_valid() and form.rename(view, user=request.user):
        messages.success(request, _("The view is called “%(name)s” now.") % {"name": form.cleaned_data["name"]})
        return redirect("reports:views", tenant.slug)
    context = {"view": view, "form": form, "words": words_of(view, tenant)}
    return render(request, "saved_views/rename.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@_own
def delete(request: PageRequest, tenant: Tenant, view_id: int) -> HttpResponse:
    """Ask, then delete an own view, or a shared one."""
    view = _changeable(request, tenant, view_id)
    if request.method != "POST":
        context = {"view": view, "words": words_of(view, tenant), "is_own": view.user_id == request.user.pk}
        return render(request, "saved_views/delete.html", context)
    sharing.delete(view, actor=request.user.email)
    messages.success(request, _("The saved view “%(name)s” was deleted.") % {"name": view.name})
    return redirect("reports:views", tenant.slug)


@posted_from("reports:views")
@_own
def share(request: PageRequest, tenant: Tenant, view_id: int) -> HttpResponse:
    """Share an own view with the tenant's members; with `end`, stop sharing it."""
    view = _view(request, tenant, view_id)
    try:
        if "end" in request.POST:
            sharing.end_sharing(view, actor=request.user.email)
            text = _("“%(name)s” is yours alone again.")
        else:
            sharing.share(view, actor=request.user.email)
            text = _("All members here see “%(name)s” now.")
    except store.TooManyShared:
        messages.error(request, too_many_shared_text())
    else:
        messages.success(request, text % {"name": view.name})
    return redirect("reports:views", tenant.slug)


@posted_from("reports:views")
@_own
def start(request: PageRequest, tenant: Tenant, view_id: int) -> HttpResponse:
    """Make a view the person's start page, in place of one at any tenant; with `end`, make it none."""
    view = _view(request, tenant, view_id)
    with web_scope(request.access.reached, person=str(request.user.pk)):
        if "end" in request.POST:
            store.end_start(request.user.pk)
        else:
            store.make_start(view, now=timezone.now())
    text = _("You have no start page any more.") if "end" in request.POST else _("“%(name)s” is your start page now.")
    messages.success(request, text % {"name": view.name})
    return redirect("reports:views", tenant.slug)


def _view(request: PageRequest, tenant: Tenant, view_id: int) -> SavedView:
    return get_object_or_404(SavedView, tenant=tenant, user_id=request.user.pk, pk=view_id)


def _changeable(request: PageRequest, tenant: Tenant, view_id: int) -> SavedView:
    """Return a view that the person may rename and delete: an own one, or a shared one with the right for it."""
    views = SavedView.objects.filter(tenant=tenant)
    may_manage = request.access.may("manage_views")
    return get_object_or_404(
        views.filter(Q(user_id=request.user.pk) | Q(is_shared=True))
        if may_manage
        else views.filter(user_id=request.user.pk),
        pk=view_id,
    )


def _page(request: PageRequest, tenant: Tenant, form: SaveForm | None = None, *, status: int = 200) -> HttpResponse:
    own: list[dict] = []
    shared: list[dict] = []
    for view in store.with_shared(request.user.pk, tenant):
        row = {"view": view, "address": store.address_of(view, tenant), "words": words_of(view, tenant)}
        (own if view.user_id == request.user.pk else shared).append(row)
    context = {
        "rows": own,
        "shared": shared,
        "may_manage": request.access.may("manage_views"),
        "form": form,
        "most": store.MAX_VIEWS,
    }
    return render(request, "saved_views/views.html", context, status=status)
