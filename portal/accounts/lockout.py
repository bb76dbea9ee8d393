"""Whom django-axes counts wrong passwords for, one person from one address, and what it says when they are too many."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def typed_address(request: HttpRequest, credentials: dict | None = None) -> str:
    """Return the e-mail address that was tried, small letters, at most what an address can have; '' for none."""
    typed = (credentials or {}).get("email") or request.POST.get("login") or ""
    return str(typed).replace("\0", "").strip().lower()[:254]


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: dict | None) -> HttpResponse:
    """Answer 429 and say for how long; the same whether the address is somebody's or nobody's."""
    minutes = round(settings.AXES_COOLOFF_TIME.total_seconds() / 60)
    return render(request, "account/locked_out.html", {"minutes": minutes}, status=429)
