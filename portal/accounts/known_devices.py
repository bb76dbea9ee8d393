"""Known devices: browsers in which a person has signed in before, or set a new password by a link from the mail.

Each holds a signed cookie with the person's id and a random name. Guesses from it are counted for that device alone
(portal/accounts/adapter.py), so nobody can lock a person out of their own browser. After OWASP's "device cookies".
"""

import secrets
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from portal.accounts.models import User

COOKIE = "known_device"
VALID_FOR = timedelta(days=365)
MOST_PEOPLE = 5  # who share a browser; the one who came first is forgotten

_SALT = "portal.known-device"
_TO_REMEMBER = "portal_known_device"


def remember(request: HttpRequest, user: User) -> None:
    """Have the answer to this request make its browser a known device of the person."""
    setattr(request, _TO_REMEMBER, user.pk)


def device_of(request: HttpRequest, email: str) -> str:
    """Return the name of the browser as a known device of the person with this address, '' where it is none."""
    known = _read(request)
    if not known:
        return ""
    user_id = User.objects.filter(email__iexact=email).values_list("id", flat=True).first()
    return next((name for known_id, name in known if known_id == user_id), "")


class KnownDeviceMiddleware:
    """Sends the cookie where a view, or a signal of its, has called `remember`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user_id = getattr(request, _TO_REMEMBER, None)
        if user_id is not None:
            others = [entry for entry in _read(request) if entry[0] != user_id][: MOST_PEOPLE - 1]
            response.set_cookie(
                COOKIE,
                signing.dumps([[user_id, secrets.token_urlsafe(16)], *others], salt=_SALT),
                max_age=VALID_FOR,
                path="/accounts/",
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def _read(request: HttpRequest) -> list[list]:
    try:
        return signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        return []
