"""Pages and the API's answers go out compressed, for portals without a proxy that does it: a tenth of the bytes.

These alone: workbooks are zipped already, and without their length a download shows no progress. What others could
learn from a length (BREACH) is drowned by Django's random bytes, and the session's cookie comes with no request that
another site makes in the background (SameSite=Lax); the API knows no cookies.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_COMPRESSED = ("text/html", "application/json", "application/problem+json", "application/vnd.oai.openapi")


class CompressPagesMiddleware(GZipMiddleware):
    """Compresses pages and JSON for those who take gzip."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith(_COMPRESSED):
            return response
        return super().process_response(request, response)
