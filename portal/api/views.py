"""The base of every API view: who asks, what the key may do, which parameters there are."""

import orjson
from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotFound, ParseError, PermissionDenied
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.access import Access
from portal.api.parameters import Parameters
from portal.api.problems import TooLarge
from portal.tenants.models import ApiKey

MAX_BODY = 64 * 1024

READ, NUMBERS, SUBMIT = ApiKey.Scope.READ, ApiKey.Scope.NUMBERS, ApiKey.Scope.SUBMIT


class KeyAuthentication(BaseAuthentication):
    """Takes the key that WallMiddleware found: it has raised the wall for it already."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        key = request._request.access.key
        if key is not None:
            return AnonymousUser(), key  # a key is no person
        if "Authorization" in request.headers:
            raise AuthenticationFailed("This is no key that is valid: it is wrong, revoked or has expired.")
        return None

    def authenticate_header(self, request: Request) -> str:
        error = ', error="invalid_token"' if "Authorization" in request.headers else ""
        return f'Bearer realm="api"{error}'


class HasScope(BasePermission):
    """Asks for the scope that the view names for the method; a method that there is not is answered 405 later."""

    def has_permission(self, request: Request, view: "ApiView") -> bool:
        if request.auth is None:
            return False
        scope = view.scopes.get(request.method)
        if scope is not None and not request._request.access.has_scope(scope):
            raise PermissionDenied(f"This key has not the scope “{scope}”.")
        return True


class JsonParser(BaseParser):
    """A JSON object of at most MAX_BODY bytes."""

    media_type = "application/json"

    def parse(self, stream, media_type: str | None = None, parser_context: dict | None = None) -> dict:
        raw = stream.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise TooLarge(f"The body is longer than {MAX_BODY} bytes.")
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}") from error
        if not isinstance(body, dict):
            raise ParseError("The body is not a JSON object.")
        return body


class OneFormat(BaseContentNegotiation):
    """Answers in what the view has, whatever `Accept` says: there is one format for each thing."""

    def select_parser(self, request: Request, parsers: list) -> BaseParser | None:
        given = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == given), None)

    def select_renderer(self, request: Request, renderers: list, format_suffix: str | None = None) -> tuple:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """A view for keys. `single` and `repeatable` are its query parameters; any other is refused by name."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [HasScope]
    parser_classes = [JsonParser]
    content_negotiation_class = OneFormat
    http_method_names = ["get", "head", "post"]

    scopes = {"GET": READ, "HEAD": READ, "POST": SUBMIT}
    single: frozenset[str] = frozenset()
    repeatable: frozenset[str] = frozenset()

    access: Access
    given: Parameters

    def initial(self, request: Request, *args, **kwargs) -> None:
        super().initial(request, *args, **kwargs)
        self.access = request._request.access
        reads = request.method in ("GET", "HEAD")
        self.given = Parameters(
            request.query_params,
            single=self.single if reads else frozenset(),
            repeatable=self.repeatable if reads else frozenset(),
        )

    def finalize_response(self, request: Request, response: Response, *args, **kwargs) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        return response


class NotFoundView(ApiView):
    """Whatever address the API has not."""

    authentication_classes = []
    permission_classes = []

    def initial(self, request: Request, *args, **kwargs) -> None:
        raise NotFound("The API has no such address; all of its addresses end with “/”.")
