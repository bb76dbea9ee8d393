"""/api/v1/docs/: the API's reference for people, made of the description that programs read."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.api.limits import WINDOW
from portal.api.problem_types import PROBLEM_TYPES
from portal.api.reference import shapes, subjects
from portal.api.schema import document
from portal.api.views import MAX_BODY, MAX_BYTES_OF_MANY
from portal.tenants.models import ApiKey


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Show every operation. The page needs no key and no session."""
    return render(
        request,
        "api/reference.html",
        _read()
        | {
            "scopes": ApiKey.Scope.choices,
            "problems": PROBLEM_TYPES.values(),
            "server": settings.PUBLIC_URL,
            "key_limit": settings.API_KEY_PER_MINUTE,
            "address_limit": settings.API_ADDRESS_PER_MINUTE,
            "window": WINDOW,
            "max_body": MAX_BODY,
            "max_submissions": MAX_BYTES_OF_MANY,
        },
    )


@cache
def _read() -> dict:
    return {"subjects": subjects(document()), "shapes": shapes(document())}
