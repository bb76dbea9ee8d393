"""Known devices: browsers in which a person has signed in before, or set a new password by a link from the mail.

Each holds a signed cookie with the person's id and a random name. Guesses from it are counted for that device alone
(portal/accounts/adapter.py), so nobody can lock a person out of their own browser. After OWASP's "device cookies".

Where the person also showed a second factor, the cookie holds that factor's id and a second name, for which guesses at
codes are counted (portal/accounts/factor_guesses.py). It holds while the person has that factor. A browser that is
known by the password or the mailbox alone gets no guesses at codes of its own.
"""

import secrets
from collections.abc import Callable
from dataclasses import astuple, dataclass
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from portal.accounts import second_factor
from portal.accounts.models import User

COOKIE = "known_device"
VALID_FOR = timedelta(days=365)
MAX_PEOPLE = 5  # who share a browser; the one who came first is forgotten

_SALT = "portal.known-device"
_TO_REMEMBER = "portal_known_device"


@dataclass(frozen=True, slots=True)
class _Known:
    """A person's entry in the cookie. Cookies of earlier versions have the first two fields only."""

    user_id: int
    name: str
    factor_id: int | None = None
    factor_name: str = ""


def remember(request: HttpRequest, user: User) -> None:
    """Have the answer to this request make its browser a known device of the person."""
    factor_id = second_factor.shown_id(request, user)
    if factor_id is not None:
        known = _Known(user.pk, _new_name(), factor_id, _new_name())
    else:
        before = _entry(request, user.pk)  # a new password takes nothing from a browser where the factor was shown
        known = _Known(user.pk, _new_name(), before and before.factor_id, before.factor_name if before else "")
    setattr(request, _TO_REMEMBER, known)


def device_of(request: HttpRequest, email: str) -> str:
    """Return the name of the browser as a known device of the person with this address, '' where it is none."""
    if not _read(request):
        return ""
    user_id = User.objects.filter(email__iexact=email).values_list("id", flat=True).first()
    known = _entry(request, user_id)
    return known.name if known else ""


def factor_device_of(request: HttpRequest, user: User) -> str:
    """Return the name of the browser if the person has shown a second factor in it which they still have, else ''."""
    known = _entry(request, user.pk)
    if known is None or known.factor_id is None:
        return ""
    is_there = Authenticator.objects.filter(user_id=user.pk, id=known.factor_id).exists()
    return known.factor_name if is_there else ""


class KnownDeviceMiddleware:
    """Sends the cookie where a view, or a signal of its, has called `remember`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        known = getattr(request, _TO_REMEMBER, None)
        if known is not None:
            others = [entry for entry in _read(request) if entry.user_id != known.user_id][: MAX_PEOPLE - 1]
            response.set_cookie(
                COOKIE,
                signing.dumps([astuple(entry) for entry in (known, *others)], salt=_SALT),
                max_age=VALID_FOR,
                path="/accounts/",
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def _entry(request: HttpRequest, user_id: int | None) -> _Known | None:
    return next((entry for entry in _read(request) if entry.user_id == user_id), None)


def _read(request: HttpRequest) -> list[_Known]:
    try:
        return [
            _Known(*entry) for entry in signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=VALID_FOR)
        ]
    except signing.BadSignature:
        return []


def _new_name() -> str:
    return secrets.token_urlsafe(16)
