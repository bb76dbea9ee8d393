"""Permission decorator for tenant pages."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from portal.accounts.right_texts import who_may

View = Callable[..., HttpResponse]


def member_may(right: str) -> Callable[[View], View]:
    """Let a view below /t/<slug>/ be called by members with `right` (portal/accounts/roles.py) alone.

    A member without it gets a page that says which roles have it. Strangers sign in first; for a signed-in one
    WallMiddleware has already answered 404. The view gets the tenant in place of the slug.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, tenant_slug: str, **kwargs) -> HttpResponse:
            if not request.access.may(right):
                raise PermissionDenied(who_may(right))
            return view(request, request.access.tenant, **kwargs)

        return login_required(guarded)

    return decorate
