"""Compression of pages and API responses, for portals without a compressing proxy: a tenth of the bytes.

Other files are not compressed: workbooks are zipped already, and a download shows progress only with a length. Attacks
on lengths (BREACH) fail: Django adds random bytes, and other sites' background requests carry no session cookie
(SameSite=Lax). The API has no cookies.
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
