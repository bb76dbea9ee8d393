"""Requests under a brand's host: only pages for people without an account answer there."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.template import loader
from django.urls import reverse
from django.utils import translation

from portal.brands.brand import PLAIN, Brand, address_of_host
from portal.brands.hosts import known_hosts
from portal.common.own_hosts import is_own

PUBLIC_PATHS = ("/share/", "/embed/", "/look/", "/static/")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PARAMETER = COOKIE = "brand"  # the host whose brand the sign-in pages show
_SHOWN = "portal_brand_shown"


class BrandHostMiddleware:
    """Lets confirmed hosts of brands in, besides ALLOWED_HOSTS, to what needs no account.

    The first page and sign-in lead to sign-in at PUBLIC_URL, which shows the host's brand. All other paths answer 404.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host, _port = split_domain_port(request.META.get("HTTP_HOST", ""))
        brand = known_hosts.brand(host) if host and not is_own(host) else None
        if brand is None:
            return self._at_home(request)
        setattr(request, _SHOWN, (host, brand))
        # In place of the method that asks ALLOWED_HOSTS, which are the operator's.
        request.get_host = lambda: request.META["HTTP_HOST"]  # type: ignore[method-assign]
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            return HttpResponseRedirect(address_of_host(host) + request.get_full_path(), status=301)
        if request.path_info in ("/", reverse(settings.LOGIN_URL)):
            query = urlencode({PARAMETER: host})
            return HttpResponseRedirect(f"{settings.PUBLIC_URL}{reverse(settings.LOGIN_URL)}?{query}")
        if not request.path_info.startswith(PUBLIC_PATHS) or request.method not in SAFE_METHODS:
            return _not_found(request, brand)
        response = self.get_response(request)
        if "Strict-Transport-Security" in response.headers:  # never about other hosts of the partner's domain
            response.headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        return response

    def _at_home(self, request: HttpRequest) -> HttpResponse:
        """Answer at PUBLIC_URL. Sign-in pages keep the brand of the host that led to them, until the browser ends."""
        if not request.path_info.startswith("/accounts/"):
            return self.get_response(request)
        host = request.GET.get(PARAMETER) or request.COOKIES.get(COOKIE, "")
        brand = known_hosts.brand(host) if host else None
        if brand is not None:
            setattr(request, _SHOWN, (host, brand))
        response = self.get_response(request)
        if brand is not None and request.COOKIES.get(COOKIE) != host:
            response.set_cookie(
                COOKIE, host, path="/accounts/", secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
            )
        return response


def shown_brand(request: HttpRequest) -> Brand:
    """Return the brand for pages without a person: that of the request's host, or of the host that led to sign-in."""
    return getattr(request, _SHOWN, ("", PLAIN))[1]


def brand_host(request: HttpRequest) -> str:
    """Return the brand's host that the request came to, '' for the portal's own."""
    host = getattr(request, _SHOWN, ("", PLAIN))[0]
    return host if host and host == split_domain_port(request.META.get("HTTP_HOST", ""))[0] else ""


def _not_found(request: HttpRequest, brand: Brand) -> HttpResponse:
    with translation.override(translation.get_language_from_request(request)):
        page = loader.get_template("404_host.html").render({"brand": brand})
    return HttpResponse(page, status=404, headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"})
