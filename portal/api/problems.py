"""Errors of the API, every one of them as application/problem+json (RFC 9457)."""

import math

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.urls import reverse
from rest_framework import exceptions
from rest_framework.response import Response

from portal.accounts.middleware import is_gate_api
from portal.api.link_errors import Code, LinkError, link_response
from portal.api.problem_types import PROBLEM_TYPES

CONTENT_TYPE = "application/problem+json"


class Problem(exceptions.APIException):
    """An error with a type of its own; `slug` is a key of PROBLEM_TYPES."""

    slug: str
    errors: list[dict] | None = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.status_code = PROBLEM_TYPES[self.slug].status


class BadParameter(Problem):
    """A query parameter that there is not, or a value that it cannot have: 400."""

    slug = "bad-parameter"

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.errors = [{"parameter": name, "detail": text}]


class BadField(Problem):
    """A field of the body that cannot be taken: 422."""

    slug = "bad-field"

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.errors = [{"pointer": f"#/{name}", "detail": text}]


class BadFields(Problem):
    """Several fields of the body that cannot be taken: 422. `errors` are (JSON Pointer, text)."""

    slug = "bad-field"

    def __init__(self, detail: str, errors: list[tuple[str, str]]) -> None:
        super().__init__(detail)
        self.errors = [{"pointer": pointer, "detail": text} for pointer, text in errors]


class RefusedKey(Problem):
    """A key that opens nothing: 401. `why` is the slug of its problem."""

    auth_header = 'Bearer realm="api", error="invalid_token"'

    def __init__(self, why: str, detail: str) -> None:
        self.slug = why
        super().__init__(detail)


class Conflict(Problem):
    """The thing is not in the state for this: 409."""

    slug = "conflict"


class KeyReused(Problem):
    """Error 422: an idempotency key was sent again with another path or body."""

    slug = "idempotency-key-reused"


class InWork(Problem):
    """Error 409: a request with the same idempotency key runs. `wait` is in seconds."""

    slug = "still-in-work"

    def __init__(self, detail: str, wait: int) -> None:
        super().__init__(detail)
        self.wait = wait


class NotReady(Problem):
    """The thing is not made yet: 409."""

    slug = "not-ready"


class Gone(Problem):
    """The thing was here: 410."""

    slug = "gone"


class CursorLost(Problem):
    """Error 410: the events behind the cursor are gone."""

    slug = "cursor-lost"


class Unavailable(Problem):
    """Something that is needed is not there for the moment: 503. `wait` is in seconds."""

    slug = "unavailable"

    def __init__(self, detail: str, wait: int) -> None:
        super().__init__(detail)
        self.wait = wait


class TooLarge(Problem):
    """The body is longer than any that is meant: 413."""

    slug = "too-large"


class TooSlow(Problem):
    """A search that would take longer than an answer may: 422."""

    slug = "too-slow"


class TooManyRequests(Problem):
    """The limit of this minute is used up: 429. `wait` is in seconds."""

    slug = "too-many-requests"

    def __init__(self, detail: str, wait: float) -> None:
        super().__init__(detail)
        self.wait = math.ceil(wait)


_OF_FRAMEWORK: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "bad-body",
    exceptions.NotAuthenticated: "no-key",
    exceptions.AuthenticationFailed: "invalid-key",
    exceptions.PermissionDenied: "missing-scope",
    exceptions.NotFound: "not-found",
    exceptions.MethodNotAllowed: "method-not-allowed",
    exceptions.UnsupportedMediaType: "unsupported-media-type",
}


def exception_handler(error: Exception, context: dict) -> Response | None:
    """Return the problem of an expected error; None for any other, which `server_error` answers."""
    if isinstance(error, Http404):
        error = exceptions.NotFound("The resource does not exist, or this key may not see it.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    slug = error.slug if isinstance(error, Problem) else _OF_FRAMEWORK.get(type(error))
    if slug is None:
        return None
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(wait)
    body = problem(context["request"]._request, slug, str(error.detail), getattr(error, "errors", None))
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def problem(request: HttpRequest, slug: str, detail: str, errors: list[dict] | None = None) -> dict:
    """Return the body of a problem; `type` leads to its text, `request_id` to the line in the log."""
    kind = PROBLEM_TYPES[slug]
    body = {
        "type": type_address(slug),
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": request.path,
        "request_id": getattr(request, "id", None),
    }
    return body | ({"errors": errors} if errors else {})


def type_address(slug: str) -> str:
    """Return where a problem is explained; relative to the host, so that it holds behind any name."""
    return f"{reverse('api:docs')}#{slug}"


def problem_response(request: HttpRequest, slug: str, detail: str, wait: int | None = None) -> JsonResponse:
    """Return a problem as an answer without DRF, for what fails around its views; `wait` is in seconds.

    The API of gates in LINK's shape has error objects of its own.
    """
    if is_gate_api(request):
        return link_response(LinkError(Code.UNKNOWN, detail, status=PROBLEM_TYPES[slug].status), wait=wait)
    body = problem(request, slug, detail)
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return JsonResponse(body, status=body["status"], content_type=CONTENT_TYPE, headers=headers)
