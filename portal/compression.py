"""Pages go out compressed, for portals without a proxy that does it; a phone waits for a tenth of the bytes.

Pages alone: workbooks are zipped already, and without their length a download shows no progress. What others could
learn from a length (BREACH) is drowned by Django's random bytes, and the session's cookie comes with no request that
another site makes in the background (SameSite=Lax).
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressPagesMiddleware(GZipMiddleware):
    """Compresses answers of text/html for those who take gzip."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
