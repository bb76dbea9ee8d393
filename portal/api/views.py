"""The base of every API view: who asks, what the key may do, which parameters there are, what is answered."""

from collections.abc import Mapping
from contextlib import nullcontext
from copy import copy
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, NotFound, ParseError, PermissionDenied
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.access import Access, access_of_key
from portal.accounts.middleware import API_LANGUAGE
from portal.api import idempotency, limits
from portal.api.bodies import checked
from portal.api.etags import etag_of, is_known
from portal.api.idempotency import Idempotency
from portal.api.links import page_links
from portal.api.operations import Operation
from portal.api.parameters import MAX_PAGE, Parameters
from portal.api.problems import RefusedKey, TooLarge, TooManyRequests
from portal.api.schema import Schema
from portal.api.tables import DATA_AS_OF, JSON, Table, wanted_media
from portal.api.whole_lists import stream_list
from portal.tenants import api_keys
from portal.tenants.models import ApiKey
from portal.tenants.scope import asking_scope, request_scope
from portal.tenants.wall import WEB

MAX_BODY = 64 * 1024
MAX_BYTES_OF_MANY = 1024 * 1024  # a body that may be an array

_REFUSED = {
    "revoked": ("revoked-key", "This key was revoked."),
    "expired": ("expired-key", "This key has expired."),
    "network": ("network-refused", "This key may not be used from this address."),
}


class KeyAuthentication(BaseAuthentication):
    """Takes the key that WallMiddleware found: it has raised the wall for it already."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        access = request._request.access
        if access.key is not None:
            return AnonymousUser(), access.key  # a key is no person
        if access.refused in _REFUSED:
            raise RefusedKey(*_REFUSED[access.refused])
        if "Authorization" in request.headers:
            raise AuthenticationFailed("Unknown API key.")
        return None

    def authenticate_header(self, request: Request) -> str:
        error = ', error="invalid_token"' if "Authorization" in request.headers else ""
        return f'Bearer realm="api"{error}'


class HasScope(BasePermission):
    """Asks for the operation's scope; a method that there is not is answered 405 later."""

    def has_permission(self, request: Request, view: "ApiView") -> bool:
        if request.method == "OPTIONS":
            return True
        if request.auth is None:
            return False
        operation = view.operation_of(request.method)
        if operation is not None and operation.scope and not request._request.access.has_scope(operation.scope):
            raise PermissionDenied(f"This key does not have the scope “{operation.scope}”.")
        return True


class JsonParser(BaseParser):
    """A JSON object of at most MAX_BODY bytes; where `many`, also an array."""

    media_type = "application/json"
    most_bytes = MAX_BODY
    many = False

    def parse(self, stream, media_type: str | None = None, parser_context: dict | None = None) -> dict | list:
        raw = stream.read(self.most_bytes + 1)
        if len(raw) > self.most_bytes:
            raise TooLarge(f"The body is longer than the limit of {self.most_bytes} bytes.")
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}") from error
        if not isinstance(body, (dict, list) if self.many else dict):
            raise ParseError(f"The body is not a JSON object{' or array' if self.many else ''}.")
        return body


class ManyParser(JsonParser):
    """A JSON object or array of at most MAX_BYTES_OF_MANY bytes."""

    most_bytes = MAX_BYTES_OF_MANY
    many = True


class OneFormat(BaseContentNegotiation):
    """Content negotiation that ignores `Accept`: each resource has one format."""

    def select_parser(self, request: Request, parsers: list) -> BaseParser | None:
        given = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == given), None)

    def select_renderer(self, request: Request, renderers: list, format_suffix: str | None = None) -> tuple:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """A view for keys. `operations` says for each method what it takes and answers, HEAD as GET."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [HasScope]
    parser_classes = [JsonParser]
    content_negotiation_class = OneFormat
    http_method_names = ["get", "head", "options", "post", "delete"]
    schema = Schema()

    operations: Mapping[str, Operation] = {}
    cache_control = "private, no-store"

    access: Access
    given: Parameters
    media = JSON  # the media type that is answered
    is_whole = False  # whether all pages of a list are answered as one
    lang: str | None = None  # of lists
    zone: ZoneInfo | None = None
    retry: Idempotency | None = None

    @property
    def key(self) -> ApiKey:
        """The key that asks."""
        assert self.access.key is not None  # KeyAuthentication lets no request in without one
        return self.access.key

    @classmethod
    def operation_of(cls, method: str) -> Operation | None:
        return cls.operations.get("GET" if method == "HEAD" else method)

    def initial(self, request: Request, *args, **kwargs) -> None:
        self.usage = limits.count(request._request)
        limits.refuse_over(self.usage)  # before a key is looked at: guessing is limited too
        super().initial(request, *args, **kwargs)
        self.access = request._request.access
        operation = self.operation_of(request.method)
        if operation is None and request.method != "OPTIONS":
            raise MethodNotAllowed(request.method)  # whatever the parameters are
        self.given = Parameters(request.query_params, operation.takes if operation else ())
        if operation is not None and operation.is_in_zone:
            self.zone = self.given.zone()
        if operation is not None and operation.is_list:
            self.media = wanted_media(request._request)
            self.lang = self.given.choice("lang")
            self.is_whole = self.media != JSON and operation.is_paged and "size" not in self.given
            if self.is_whole:
                self.given = self._page_at(request)
        if operation is not None and request.method == "POST" and idempotency.HEADER in request.headers:
            self._recall(request)

    def _recall(self, request: Request) -> None:
        """Answer with what is stored for the request's `Idempotency-Key`, or have the answer stored."""
        self.retry = Idempotency(request._request, self.access.key)
        if (stored := self.retry.answer()) is not None:
            self.retry = None
            self.post = lambda *_args, **_kwargs: stored  # which `dispatch` calls next

    def _page_at(self, request: Request, **cursor: str) -> Parameters:
        """Return the parameters of a page of a whole list."""
        query = request.query_params.copy()
        query.update({"size": str(MAX_PAGE)})
        for name, text in cursor.items():
            query[name] = text
        return Parameters(query, self.operation_of("GET").takes)

    def _page_after(self, cursor: str) -> Mapping[str, Any]:
        """Read another page of a whole list, in a transaction of its own and as the key may by now."""
        with translation.override(API_LANGUAGE):
            with asking_scope():
                key = api_keys.key_by_id(self.key.id)
                is_valid = key is not None and api_keys.is_valid(key, now=timezone.now())
                access = access_of_key(key if is_valid else None)
            with request_scope(WEB, access.tenant_ids):
                if not is_valid:
                    raise RefusedKey("revoked-key", "This key was revoked, or has expired.")
                view = copy(self)
                view.access, view.given = access, self._page_at(self.request, cursor=cursor)
                view.request = copy(self.request)
                view.request._request = copy(self.request._request)
                view.request._request.access = access
                return view.get(view.request, *self.args, **self.kwargs).data

    def options(self, request: Request, *args, **kwargs) -> Response:
        """Answer with the methods in `Allow`, with or without a key."""
        return Response(status=204)

    def body(self, request: Request, *, is_partial: bool = False) -> dict:
        """Return the body's fields, read by the operation's serializer. Raises BadFields with all that is wrong."""
        return checked(self.operation_of(request.method).body, request.data, is_partial=is_partial)

    def answer(self, data: object, status: int | None = None, **headers: str) -> Response:
        """Return the operation's answer, what its serializer makes of `data`; `status` is one of its `also`."""
        operation = self.operation_of(self.request.method)
        in_zone = timezone.override(self.zone or UTC) if operation.is_in_zone else nullcontext()
        with in_zone:
            shown = operation.answer(data).data
        return Response(shown, status=status or operation.status, headers=headers)

    def finalize_response(self, request: Request, response: Response, *args, **kwargs) -> Response:
        operation = self.operation_of(request.method)
        has_links = operation is not None and operation.has_cursor and not self.is_whole
        links = page_links(request._request, getattr(response, "data", None)) if has_links else ""
        if operation is not None and response.status_code == 200 and isinstance(response, Response):
            try:
                response = self._formatted(request, response, operation)
            except TooManyRequests as error:
                response = self.handle_exception(error)
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = self.cache_control if response.status_code < 400 else "private, no-store"
        for name, value in limits.headers(getattr(self, "usage", None)).items():
            response.headers[name] = value
        if links:
            response.headers["Link"] = links
        if self.retry is not None:
            response.add_post_render_callback(self.retry.store)
        return response

    def _formatted(self, request: Request, response: Response, operation: Operation) -> HttpResponseBase:
        """Return the answer in the media type that is asked for, or 304 where the caller has it already."""
        shown: HttpResponseBase = response
        etag, is_first = "", self.is_whole and response.data["next_cursor"] is not None
        if request.method in ("GET", "HEAD") and not is_first and operation.has_etag:
            etag = etag_of(response.data, self.media, self.lang)
        if etag and is_known(etag, request.headers.get("If-None-Match", "")):
            shown = HttpResponse(status=304)
        elif self.media != JSON:
            table = Table(self.media, operation.answer, self.lang)
            if is_first and request.method == "GET":
                shown = stream_list(request._request, response.data, table, self._page_after)
            else:
                shown = table.page(response.data)
        if shown is not response:
            for name in response.headers.keys() - {"Content-Type"}:
                shown.headers[name] = response.headers[name]
        if etag:
            shown.headers["ETag"] = etag
        if operation.is_list:
            shown.headers["Vary"] = "Accept"
            if as_of := response.data.get("data_as_of"):
                shown.headers[DATA_AS_OF] = as_of
        return shown


class NotFoundView(ApiView):
    """Fallback for unknown API paths."""

    authentication_classes = []
    permission_classes = []

    def initial(self, request: Request, *args, **kwargs) -> None:
        raise NotFound("Unknown API path. GET /api/v1/ lists all paths.")
