"""The way back to the page that a person was on, for requests that cannot be answered where they were sent."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# The parameters that a page's address may share with its forms.
OF_PAGES = ("tenant_slug", "account", "campaign_id", "definition_id")


def page_behind(request: HttpRequest) -> str:
    """Return the page that a form or htmx sent the request from, else the request's own address."""
    own = request.get_full_path()
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    if request.method in SAFE_METHODS and not is_part:
        return own
    shown = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    try:
        is_ours = url_has_allowed_host_and_scheme(shown, {request.get_host()}, require_https=request.is_secure())
    except DisallowedHost:
        return own
    if not is_ours:
        return own
    parts = urlsplit(shown)
    query = f"?{parts.query}" if parts.query else ""
    return escape_leading_slashes((parts.path or "/") + query)


def whole_page(request: HttpRequest, address: str) -> HttpResponse:
    """Redirect the whole page, also where htmx asked for a part of it."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


class SignInAgainMiddleware:
    """Sends a signed-out person who used a form or a part of a page to sign-in, and from there back to that page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = request.method in SAFE_METHODS and "HX-Request" not in request.headers
        if is_page or not _leads_to_sign_in(response):
            return response
        if request.method in SAFE_METHODS:
            messages.warning(request, _("You are signed out. Sign in to go on."))
        else:
            messages.warning(request, _("You are signed out, so nothing was changed. Sign in and do it again."))
        return whole_page(request, f"{reverse('account_login')}?{urlencode({'next': page_behind(request)})}")


def _leads_to_sign_in(response: HttpResponse) -> bool:
    target = urlsplit(response.get("Location", ""))
    return response.status_code == 302 and target.path == reverse("account_login") and "next=" in target.query


def posted_from(page: str) -> Callable:
    """Let a view answer POST alone; a GET, as after signing in again, is redirected to the page that has its form."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def posted(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            if request.method not in ("GET", "HEAD"):
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            return redirect(reverse(page, kwargs={name: kwargs[name] for name in OF_PAGES if name in kwargs}))

        return posted

    return decorate
