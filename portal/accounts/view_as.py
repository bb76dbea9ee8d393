"""View as tenant: staff look at a tenant's pages as an observer, read-only, for a while, on record for its owners.

The session holds it; below /t/ it takes the place of the person's own memberships (portal/accounts/access.py), and the
database refuses to write in those requests (portal/accounts/middleware.py). It ends by the button, by signing out, or
when its time is over.
"""

import time
from dataclasses import dataclass

from django.db import transaction
from django.http import HttpRequest

from portal.accounts.models import User, record
from portal.tenants.models import Tenant
from portal.tenants.scope import signin_scope

SECONDS = 30 * 60
PERMISSIONS = ("tenants.view_tenant", "deliveries.view_message")
_KEY = "view_as"


@dataclass(frozen=True, slots=True)
class ViewAs:
    """The tenant that staff view in a session, and the end of the viewing (seconds since 1970)."""

    tenant_id: int
    until: float

    @property
    def minutes_left(self) -> int:
        return max(round((self.until - time.time()) / 60), 1)


def may_view(user: User) -> bool:
    """Return whether the person is staff who may see a tenant's figures and messages."""
    return user.is_active and user.is_staff and user.has_perms(PERMISSIONS)


def start(request: HttpRequest, tenant: Tenant, *, reason: str) -> None:
    """Let the session look at the tenant from now on, in place of another one."""
    stop(request, why="another tenant")
    request.session[_KEY] = {"tenant": tenant.id, "until": time.time() + SECONDS}
    details = {"reason": reason, "minutes": SECONDS // 60}
    record("view_as.started", actor=request.user.email, tenant=tenant, details=details)


def stop(request: HttpRequest, *, why: str) -> None:
    """End the viewing, if there is one, and record that after the commit, in any role of the request."""
    held = request.session.pop(_KEY, None)
    if held is not None:
        _record_end(request.user.email, held["tenant"], why)


def current(request: HttpRequest) -> ViewAs | None:
    """Return what the session looks at; ends it where its time is over or the person is no such staff any more."""
    held = request.session.get(_KEY)
    if held is None or not request.user.is_authenticated:
        return None
    if held["until"] <= time.time():
        stop(request, why="time is over")
        return None
    if not may_view(request.user):
        stop(request, why="no longer allowed")
        return None
    return ViewAs(held["tenant"], held["until"])


def _record_end(actor: str, tenant_id: int, why: str) -> None:
    def write() -> None:
        with signin_scope({tenant_id}):
            record("view_as.stopped", actor=actor, tenant=Tenant.objects.get(id=tenant_id), details={"why": why})

    transaction.on_commit(write, robust=True)
