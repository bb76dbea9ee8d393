"""/api/v1/docs/: the API's reference for people, made of the description that programs read, and the guides to it."""

from functools import cache

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.api.limits import WINDOW
from portal.api.problem_types import PROBLEM_TYPES
from portal.api.reference import shapes, subjects
from portal.api.schema import document
from portal.api.views import MAX_BODY, MAX_BYTES_OF_MANY
from portal.tenants.models import ApiKey

GUIDES = ("tour", "recipes", "api-changelog", "rest-api")  # of docs/; .dockerignore keeps them


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


@require_safe
def guide(request: HttpRequest, guide_name: str) -> HttpResponse:
    """Return a guide to the API as its text, in Markdown. Raises Http404 for any other document."""
    if guide_name not in GUIDES:
        raise Http404
    return HttpResponse(_text(guide_name), content_type="text/plain; charset=utf-8")


@cache
def _text(guide_name: str) -> str:
    return (settings.BASE_DIR / "docs" / f"{guide_name}.md").read_text(encoding="utf-8")


@cache
def _read() -> dict:
    return {"subjects": subjects(document()), "shapes": shapes(document())}
