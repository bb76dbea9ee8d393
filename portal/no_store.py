"""Keeps answers out of every cache: browsers' and proxies' alike."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

NO_STORE = "no-store, private"


class NoStoreMiddleware:
    """Marks each answer `no-store`, unless its view says that it is public. Static files are answered before it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        said = response.headers.get("Cache-Control", "")
        if "public" not in said and "no-store" not in said:
            response.headers["Cache-Control"] = NO_STORE
        return response
