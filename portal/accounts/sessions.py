"""Sessions of a person: list them, end one, or end all except the current one."""

import time
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from portal.accounts.client_address import NOBODY_KNOWS, client_address
from portal.accounts.devices import device_name
from portal.accounts.models import User

SEEN_AT = "seen_at"  # in the session: seconds since 1970; sessions without it are not followed
MAX_SHOWN = 50


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One session of a person. `address` is where it was last used from."""

    id: int
    device: str
    address: str
    since: datetime
    last_seen_at: datetime
    is_current: bool


def note(request: HttpRequest) -> None:
    """Write down when and from where the request's session is used."""
    request.session[SEEN_AT] = time.time()
    UserSession.objects.filter(session_key=request.session.session_key, user=request.user).update(
        last_seen_at=timezone.now(),
        ip=client_address(request) or NOBODY_KNOWS,
        user_agent=request.headers.get("User-Agent", "")[:200],
    )


def sessions_of(user: User, *, current_key: str | None, now: datetime) -> list[SignedIn]:
    """Return the person's valid sessions, the current one first, then by last use; at most MAX_SHOWN."""
    known = list(UserSession.objects.filter(user=user).order_by("-last_seen_at", "-id")[:MAX_SHOWN])
    keys = [session.session_key for session in known]
    standing = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=now).values_list("session_key", flat=True)
    )
    found = [
        SignedIn(
            id=session.id,
            device=device_name(session.user_agent),
            address="" if session.ip == NOBODY_KNOWS else session.ip,
            since=session.created_at,
            last_seen_at=session.last_seen_at,
            is_current=session.session_key == current_key,
        )
        for session in known
        if session.session_key in standing
    ]
    return sorted(found, key=lambda session: not session.is_current)


def end(user: User, *, session_id: int) -> bool:
    """End one of the person's sessions; return whether it existed and was theirs."""
    return _end(UserSession.objects.filter(user=user, id=session_id)) > 0


def end_others(user: User, *, current_key: str | None) -> int:
    """End all of the person's sessions but the one with this key (None: all); return how many."""
    return _end(UserSession.objects.filter(user=user).exclude(session_key=current_key or ""))


def _end(chosen) -> int:
    keys = list(chosen.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    chosen.filter(session_key__in=keys).delete()
    return len(keys)
