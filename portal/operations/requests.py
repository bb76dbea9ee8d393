"""One log line for each request, and the id that error pages quote; no personal data in it."""

import logging
import re
import secrets
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("portal.requests")

_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


class RequestLogMiddleware:
    """Logs method, route (the pattern: paths may hold numbers and ids), status, duration and the request's id.

    An id that a proxy gave (X-Request-ID) is kept, so that its log and ours can be laid side by side.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.id = given if _ID.match(given) else secrets.token_hex(8)
        began = time.perf_counter()
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request.id
        match = request.resolver_match
        logger.log(
            logging.ERROR if response.status_code >= 500 else logging.INFO,
            "%s %s %s",
            request.method,
            f"/{match.route}" if match else "(no route)",
            response.status_code,
            extra={
                "request_id": request.id,
                "method": request.method,
                "route": match.route if match else None,
                "status": response.status_code,
                "milliseconds": round((time.perf_counter() - began) * 1000, 1),
            },
        )
        return response
