"""The wall around each request, and the language of its answer."""

from collections.abc import Callable

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.utils import translation

from portal.accounts.access import Access, access_of
from portal.tenants.scope import leave_scope, set_scope
from portal.tenants.wall import STAFF, WEB

STAFF_PATHS = ("/admin/",)


class WallMiddleware:
    """Answers each request inside one transaction, as the web role, for the tenants of the signed-in person.

    Pages below /t/<slug>/ see that tenant and its children alone. /admin/ is answered as the staff role to staff; an
    answer with a status of 500 or more is rolled back. `request.access` tells views what the person may do.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            set_scope(WEB, ())
            request.access = access_of(request.user, slug=_slug(request))
            if request.path_info.startswith(STAFF_PATHS) and request.access.is_staff:
                set_scope(STAFF, ())
            else:
                set_scope(WEB, request.access.tenant_ids)
            response = self.get_response(request)
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
            if response.status_code >= 500:
                transaction.set_rollback(True)
            else:
                leave_scope()
            return response

    def process_view(self, request: HttpRequest, view, args, kwargs) -> None:
        """Answer 404 for a tenant that the person cannot see, as for one that does not exist."""
        access: Access = request.access
        if "tenant_slug" in kwargs and request.user.is_authenticated and access.tenant is None:
            raise Http404


class LanguageMiddleware:
    """Answers in the tenant's language, in the browser's where there is no tenant."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = request.COOKIES.get("language") or (request.access.tenant and request.access.tenant.language)
        if not translation.check_for_language(language or ""):
            language = translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            if hasattr(response, "render") and not response.is_rendered:
                response.render()
        response.headers.setdefault("Content-Language", language)
        return response


def _slug(request: HttpRequest) -> str | None:
    try:
        return resolve(request.path_info).kwargs.get("tenant_slug")
    except Resolver404:
        return None
