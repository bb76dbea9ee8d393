"""A person's own page: name, address, password, second factor, sessions; and the door to setting a factor up."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts import second_factor, sessions
from portal.accounts.forms import NameForm
from portal.accounts.models import User
from portal.accounts.way_back import posted_from

BACK = "second_factor_next"  # in the session: the page that waits for the second factor


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show everything about the person, and take another name."""
    # Another object than request.user: a refused name must not show in the header.
    form = NameForm(request.POST or None, instance=User.objects.get(id=request.user.id))
    if request.method == "POST" and form.is_valid():
        # The web role may not write who is staff, so never the whole row.
        form.save(commit=False).save(update_fields=["name"])
        messages.success(request, _("Your name was changed."))
        return redirect("profile")
    context = {
        "page": "profile",
        "form": form,
        "has_second_factor": second_factor.is_enabled(request.user),
        "sessions": sessions.sessions_of(request.user, current_key=request.session.session_key, now=timezone.now()),
        "memberships": request.user.memberships.select_related("tenant").order_by("tenant__name", "id"),
    }
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)


@posted_from("profile")
@login_required
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign out one of the person's other sessions."""
    if not sessions.end(request.user, session_id=session_id):
        raise Http404
    messages.success(request, _("The session was signed out."))
    return redirect("profile")


@posted_from("profile")
@login_required
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out all of the person's sessions but this one."""
    sessions.end_others(request.user, current_key=request.session.session_key)
    messages.success(request, _("All other sessions were signed out."))
    return redirect("profile")


@never_cache
@require_safe
@login_required
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Explain that a page requires a second factor, and link to setting one up or using it, and back."""
    back = _back(request)
    if second_factor.is_used(request):
        request.session.pop(BACK, None)
        return redirect(back)
    request.session[BACK] = back
    context = {"back": back, "is_enabled": second_factor.is_enabled(request.user)}
    return render(request, "accounts/second_factor.html", context)


def _back(request: HttpRequest) -> str:
    wanted = request.GET.get("next") or request.session.get(BACK) or ""
    is_safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_safe else reverse("home")
