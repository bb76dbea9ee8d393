"""Middleware: an API path without its final slash is the path with it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

API = "/api/"


class ApiSlashMiddleware:
    """Adds the final slash to paths below /api/ before anything reads them, so that no redirect drops a body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(API) and not request.path_info.endswith("/"):
            request.path_info += "/"
            request.path += "/"
        return self.get_response(request)
