"""Per-request middleware: the wall, the language, the second factor and the time of a session's last use."""

import base64
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone, translation

from portal.accounts import second_factor, sessions, view_as
from portal.accounts.access import Access, access_of, access_of_key, access_of_observer, access_of_share
from portal.accounts.client_address import client_address
from portal.accounts.shared_links import backed_link
from portal.accounts.way_back import SAFE_METHODS, page_behind, whole_page
from portal.brands.middleware import brand_host
from portal.tenants import api_keys, key_log
from portal.tenants.models import ApiKey
from portal.tenants.scope import asking_scope, forbid_writing, request_scope
from portal.tenants.wall import METRICS, SIGNIN, STAFF, WEB

STAFF_PATHS = ("/admin/",)
GATE_PATHS = ("/gate/",)  # the API of gates in LINK's shape: Basic credentials in place of a bearer key
API_PATHS = ("/api/", *GATE_PATHS)
SHARED_PATHS = ("/share/", "/embed/")  # opened by a shared link: without session and cookie
PAGES_OF_API = ("/api/v1/docs/",)  # for people, as any other page
METRICS_PATH = "/metrics"
SIGNIN_PATHS = ("/accounts/",)  # where people sign in, set new passwords and accept invitations
LOGO_PATHS = ("/look/logo/", "/look/icon/")  # anybody's, of any tenant
API_LANGUAGE = "en"
TOO_MANY_REQUESTS = 429
GIVEN_UP = "portal.given_up"  # in a request's ASGI scope: it was answered 503 before it was done
# Where one is set up and asked for, and what is open to all.
WITHOUT_SECOND_FACTOR = ("/accounts/", "/language/", "/look/", *PAGES_OF_API)


class WallMiddleware:
    """Runs each request in one transaction, with the login and the tenants of its user or key.

    The sign-in login identifies the user first. Then the page's own transaction opens: below /accounts/ with the same
    login, below /admin/ with that of staff for verified staff, for /metrics with its own, else with that of the web.
    Pages below /t/<slug>/ see only that tenant and its children. A response with a status of 500 or more is rolled
    back. `request.access` holds the rights for views. Below /api/ and /gate/ only the key identifies the caller, even
    if the browser sends a session; a shared link shows its page to anybody, who is nobody then.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # What runs after the commit speaks the answer's language too.
        with translation.override(translation.get_language()):
            began = time.monotonic()
            with asking_scope():
                request.access = self._access(request)
                role, person = _role(request), _person(request)
            tenant_ids = request.access.tenant_ids if role == WEB else ()
            with request_scope(role, tenant_ids, person=person if role == WEB else ""):
                response = self._answer(request)
                if is_kept := not connection.needs_rollback:
                    _note_request(request, response, began)
                    if request.access.key is not None:  # last: the row stays locked until the commit
                        api_keys.note_use(key=request.access.key, now=timezone.now())
            if not is_kept:
                # a failed request is in the key's log, too; where the database is away, the answer says so
                with suppress(DatabaseError), request_scope(role, tenant_ids):
                    _note_request(request, response, began)
            return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if _is_view_as(request) or request.access.share:
            forbid_writing()
        response = self.get_response(request)
        if hasattr(response, "render") and not response.is_rendered:
            response.render()
        if response.status_code >= 500 or getattr(request, "scope", {}).get(GIVEN_UP):
            transaction.set_rollback(True)
        return response

    def _access(self, request: HttpRequest) -> Access:
        if is_shared(request):
            request.user = AnonymousUser()
            return access_of_share(backed_link(_token(request), now=timezone.now()), host=brand_host(request))
        if not is_api(request):
            slug = _slug(request)
            view = view_as.current(request) if _view_as_applies(request) else None
            return access_of_observer(view, slug=slug) if view else access_of(request.user, slug=slug)
        request.user = AnonymousUser()
        text = presented_key(request)
        key, refused = _looked_up(request, text) if text else (None, "")
        return access_of_key(key, refused=refused)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> None:
        """Answer 404 for a tenant that the person cannot see, as for one that does not exist.

        Staff who view a tenant may post only to views with `only_reads`, whose parameters must stand in no address.
        """
        access: Access = request.access
        if "tenant_slug" in kwargs and request.user.is_authenticated and access.tenant is None:
            raise Http404
        is_safe = request.method in SAFE_METHODS or getattr(view, "only_reads", False)
        if _is_view_as(request) and not is_safe:
            raise PermissionDenied


class LanguageMiddleware:
    """Answers in the tenant's language, in the browser's where there is no tenant."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wish = (request.GET.get("lang") if is_shared(request) else None) or request.COOKIES.get("language")
        if request.headers.get("Portal-Language") == "tenant":  # of a table that is saved (static/js/tables.js)
            wish = None
        language = wish or (request.access.tenant and request.access.tenant.language)
        if is_api(request):
            language = API_LANGUAGE
        elif language not in dict(settings.LANGUAGES):
            language = translation.get_language_from_request(request)
        translation.activate(language)  # WallMiddleware puts back what was before
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        if hasattr(response, "render") and not response.is_rendered:
            response.render()
        response.headers.setdefault("Content-Language", language)
        return response


class SecondFactorMiddleware:
    """Sends people to a page that asks for their second factor, or has them set one up, before any other page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_free = request.path_info.startswith(WITHOUT_SECOND_FACTOR) or is_api(request) or is_shared(request)
        if is_free or not second_factor.is_required(request) or second_factor.is_used(request):
            return self.get_response(request)
        return whole_page(request, f"{reverse('second_factor')}?{urlencode({'next': page_behind(request)})}")


class LastSeenMiddleware:
    """Notes when and from where a session was last used, at most once in SEEN_EVERY seconds."""

    SEEN_EVERY = 300

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen_at = request.session.get(sessions.SEEN_AT) if request.user.is_authenticated else None
        if _is_view_as(request) or request.path_info == METRICS_PATH:
            seen_at = None  # nothing can be written; the pages in between are noted
        if seen_at is not None and time.time() - seen_at > self.SEEN_EVERY:
            sessions.note(request)
        return self.get_response(request)


def is_api(request: HttpRequest) -> bool:
    """Return whether the request belongs to the API, which uses a key instead of a session."""
    return request.path_info.startswith(API_PATHS) and not request.path_info.startswith(PAGES_OF_API)


def is_shared(request: HttpRequest) -> bool:
    """Return whether the request is for the page of a shared link, which needs neither a session nor a key."""
    return request.path_info.startswith(SHARED_PATHS)


def bearer(request: HttpRequest) -> str:
    """Return the key of `Authorization: Bearer …`, '' where there is none."""
    scheme, _, text = request.headers.get("Authorization", "").strip().partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def _looked_up(request: HttpRequest, text: str) -> tuple[ApiKey | None, str]:
    return api_keys.look_up(text, now=timezone.now(), address=client_address(request))


def _note_request(request: HttpRequest, response: HttpResponse, began: float) -> None:
    """Add a request to its key's log, unless it was over the limit."""
    if (key := request.access.key) is None or response.status_code == TOO_MANY_REQUESTS:
        return
    match = request.resolver_match
    key_log.note_request(
        key=key,
        milliseconds=round((time.monotonic() - began) * 1000),
        now=timezone.now(),
        request_id=getattr(request, "id", ""),
        method=request.method,
        route=f"/{match.route}" if match else "",  # a path may hold numbers and ids
        status=response.status_code,
        address=client_address(request),
    )


def presented_key(request: HttpRequest) -> str:
    """Return the API key that the request presents, '' where there is none."""
    return basic_key(request) if is_gate_api(request) else bearer(request)


def is_gate_api(request: HttpRequest) -> bool:
    """Return whether the request is for the API of gates in LINK's shape."""
    return request.path_info.startswith(GATE_PATHS)


def basic_key(request: HttpRequest) -> str:
    """Return the key of Basic credentials: the user name is its id, the password what follows, or the whole key."""
    scheme, _, text = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        id_, colon, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:
        return ""
    if not (id_ and colon and secret):
        return ""
    return secret if secret.startswith(f"{id_}_") else f"{id_}_{secret}"


def _role(request: HttpRequest) -> str:
    """Return the login that answers: the staff's only to staff who used the second factor that they need."""
    if request.path_info.startswith((*SIGNIN_PATHS, *LOGO_PATHS)):
        return SIGNIN
    if request.path_info == METRICS_PATH:  # so that it answers while pages hold all connections of the web's login
        return METRICS
    if request.path_info.startswith(STAFF_PATHS) and request.access.is_staff:
        is_verified = not second_factor.is_required(request) or second_factor.is_used(request)
        return STAFF if is_verified else WEB
    return WEB


def _person(request: HttpRequest) -> str:
    """Return the person whose own rows the database shows in addition to those of the tenants: the user signed in."""
    return "" if is_api(request) or is_shared(request) else str(request.session.get(SESSION_KEY, ""))


def _view_as_applies(request: HttpRequest) -> bool:
    """In the administration, and where people sign in, staff are themselves."""
    return not request.path_info.startswith((*STAFF_PATHS, *SIGNIN_PATHS))


def _is_view_as(request: HttpRequest) -> bool:
    """Return whether staff are viewing a tenant's page."""
    return request.access.view_as is not None and _slug(request) is not None


def _token(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).kwargs.get("share_token", "")
    except Resolver404:
        return ""


def _slug(request: HttpRequest) -> str | None:
    try:
        return resolve(request.path_info).kwargs.get("tenant_slug")
    except Resolver404:
        return None
