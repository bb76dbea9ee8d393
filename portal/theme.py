"""Appearance of the pages: theme and density in cookies, a brand's colour as a small style sheet, its logo."""

import re

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from portal.accounts.context import LOOKS
from portal.accounts.way_back import posted_from
from portal.brands.models import TenantBrand
from portal.common.colours import accents

YEAR = 365 * 24 * 3600

STYLE = """{place} {{
  --accent: light-dark({light.accent}, {dark.accent});
  --accent-hover: light-dark({light.hover}, {dark.hover});
  --accent-soft: light-dark({light.soft}, {dark.soft});
  --on-accent: light-dark({light.on}, {dark.on});
}}
"""


@posted_from("home")
def set_look(request: HttpRequest) -> HttpResponse:
    """Remember the wanted theme or density for a year and go back to where the person was."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = reverse("home")
    response = HttpResponseRedirect(target)
    for name, values in LOOKS.items():
        if (value := request.POST.get(name)) in values:
            response.set_cookie(
                name, value, max_age=YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
            )
    return response


@require_safe
@cache_control(public=True, max_age=YEAR, immutable=True)
def accent(request: HttpRequest, colour: str) -> HttpResponse:
    """Return the style sheet of an accent; it depends on the address alone, so browsers keep it.

    With `for=sample` it colours the samples on the page Brand, and not the page.
    """
    try:
        light, dark = accents(f"#{colour}")
    except ValueError:
        raise Http404 from None
    place = ".brand-sample" if request.GET.get("for") == "sample" else ":root"
    return HttpResponse(STYLE.format(place=place, light=light, dark=dark), content_type="text/css")


@require_safe
@cache_control(public=True, max_age=YEAR, immutable=True)
def logo(request: HttpRequest, logo_digest: str) -> HttpResponse:
    """Return a logo. Anybody may see one: pages for people without an account show it."""
    return _png(logo_digest, "logo")


@require_safe
@cache_control(public=True, max_age=YEAR, immutable=True)
def icon(request: HttpRequest, logo_digest: str) -> HttpResponse:
    """Return the square icon of a logo, for the browser's tab."""
    return _png(logo_digest, "icon")


def _png(digest: str, column: str) -> HttpResponse:
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise Http404
    found = TenantBrand.objects.filter(logo_digest=digest).values_list(column, flat=True).first()
    if found is None:
        raise Http404
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(found), content_type="image/png", headers=headers)
