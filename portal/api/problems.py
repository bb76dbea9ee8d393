"""Errors of the API, every one of them as application/problem+json (RFC 9457)."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"


class BadParameter(exceptions.APIException):
    """A query parameter that there is not, or a value that it cannot have: 400."""

    status_code = 400

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.errors = [{"parameter": name, "detail": text}]


class BadField(exceptions.APIException):
    """A field of the body that cannot be taken: 422."""

    status_code = 422

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.errors = [{"pointer": f"#/{name}", "detail": text}]


class Conflict(exceptions.APIException):
    """The thing is not in the state for this: 409."""

    status_code = 409


class Gone(exceptions.APIException):
    """The thing was here: 410."""

    status_code = 410


class TooLarge(exceptions.APIException):
    """The body is longer than any that is meant: 413."""

    status_code = 413


def exception_handler(error: Exception, context: dict) -> Response | None:
    """Return the problem of an expected error; None for any other, which `server_error` answers."""
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing here, or nothing that this key may see.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    body = problem(context["request"]._request, error.status_code, str(error.detail), getattr(error, "errors", None))
    return Response(body, status=error.status_code, headers=headers, content_type=CONTENT_TYPE)


def problem(request: HttpRequest, status: int, detail: str, errors: list[dict] | None = None) -> dict:
    """Return the body of a problem; `request_id` leads to the line in the log."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "request_id": getattr(request, "id", None),
    }
    return body | ({"errors": errors} if errors else {})


def problem_response(request: HttpRequest, status: int, detail: str) -> JsonResponse:
    """Return a problem as an answer without DRF, for what fails around its views."""
    return JsonResponse(problem(request, status, detail), status=status, content_type=CONTENT_TYPE)
