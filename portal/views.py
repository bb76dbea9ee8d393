"""Pages that belong to no tenant: the first one, the glossary, the language, and what is said when something fails."""

import logging
import secrets
import sys

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, HttpResponseServerError, QueryDict
from django.shortcuts import redirect, render
from django.template import loader
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.accounts import standing
from portal.accounts.middleware import is_api
from portal.accounts.pages import may_open
from portal.accounts.way_back import SAFE_METHODS, page_behind, posted_from
from portal.api.problems import problem_response
from portal.common.templatetags.figures import decimal
from portal.page_deadline import unavailable
from portal.saved_views import store
from portal.tenants.models import Tenant
from portal.tenants.scope import with_descendants

logger = logging.getLogger(__name__)

LANGUAGE_COOKIE = "language"
YEAR = 365 * 24 * 3600
DATABASE_AWAY = (OperationalError, InterfaceError)


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Go to the person's start page, else to the Overview of the only tenant.

    Where there are several tenants, or none, show a choice.
    """
    if start := _start_page(request):
        return redirect(start)
    if len(request.access.reached) == 1:
        tenant = Tenant.objects.get(id__in=request.access.reached)
        return redirect("reports:overview", tenant.slug)
    return render(request, "home.html")


def _start_page(request: HttpRequest) -> str:
    """Return the address of the saved view that the person starts with; '' where none can be opened (any more)."""
    if request.access.view_as is not None:
        return ""
    view = store.start_of(request.user.pk, request.access.reached)
    if view is None or not may_open(standing.roles_in(request.user.pk, view.tenant), view.page):
        return ""
    narrowed_to = QueryDict(view.query).get("tenant")
    below = with_descendants([view.tenant_id]) if narrowed_to else ()
    if narrowed_to and not Tenant.objects.filter(id__in=below, slug=narrowed_to).exists():
        return ""
    return store.address_of(view, view.tenant)


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """List the words of the portal with their explanations, for everybody."""
    return render(request, "glossary.html")


@posted_from("home")
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the wanted language for a year and go back to where the person was."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = reverse("home")
    response = HttpResponseRedirect(target)
    language = request.POST.get("language")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form came without its cookie or is too old, and lead back to its page, which sets a new one."""
    return render(request, "403_csrf.html", {"again": page_behind(request)}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that a request cannot be read; where a form sends more than is read, which limit it is over."""
    text = ""
    if isinstance(exception, RequestDataTooBig):
        text = _("All texts of a form together may have at most %(most)s MB.") % {
            "most": decimal(settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1024**2, 1)
        }
    elif isinstance(exception, TooManyFieldsSent):
        text = _("A form may have at most %(most)s fields.") % {"most": settings.DATA_UPLOAD_MAX_NUMBER_FIELDS}
    elif isinstance(exception, TooManyFilesSent):
        text = _("A form may have at most %(most)s files.") % {"most": settings.DATA_UPLOAD_MAX_NUMBER_FILES}
    # Without the request: what it sent cannot be read.
    page = loader.get_template("400.html").render({"limit": text})
    return HttpResponse(page, status=413 if text else 400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that it was us, with a number that leads to the line in the log."""
    error_id = getattr(request, "id", None) or secrets.token_hex(8)
    logger.error("%s %s failed, error id %s", request.method, getattr(request.resolver_match, "route", None), error_id)
    if isinstance(sys.exception(), DATABASE_AWAY):
        return unavailable(request)
    if is_api(request):
        return problem_response(request, "server-error", f"The request failed. Error id: {error_id}.")
    # No context processors: the database may be what failed.
    context = {"error_id": error_id, "again": page_behind(request), "is_safe": request.method in SAFE_METHODS}
    return HttpResponseServerError(loader.get_template("500.html").render(context))
