"""/gate/partnergate: gates of one partner ID each, in the shape of LINK's Gate API.

The caller is an API key by Basic credentials. `platformId` is that of an account where the key's customer, or one below
it, has the partner ID. What is another's is answered as what does not exist.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import orjson
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils import translation
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deliveries.gates import changing
from deliveries.gates.changing import GateRefused
from deliveries.gates.definitions import GateInput, problems
from deliveries.gates.partner_gates import shape
from deliveries.models import Gate
from portal.accounts.access import Access
from portal.api import limits
from portal.api.link_errors import Code, LinkError, body_of
from portal.api.problems import TooLarge, TooManyRequests
from portal.api.views import MAX_BODY
from portal.tenants.models import ApiKey, PartnerId, Tenant

CHALLENGE = 'Basic realm="gates", charset="UTF-8"'


class GateKey(BaseAuthentication):
    """Takes the key that WallMiddleware found by the Basic credentials."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey]:
        key = request._request.access.key  # type: ignore[attr-defined]  # of WallMiddleware
        if key is None:
            raise exceptions.AuthenticationFailed
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class LinkView(APIView):
    """Base of these views: errors are LINK's, and what clients say of formats is not looked at."""

    authentication_classes = [GateKey]
    permission_classes = []
    schema = None  # not part of /api/v1/
    access: Access

    def initial(self, request: Request, *args, **kwargs) -> None:
        self.usage = limits.count(request._request)
        limits.refuse_over(self.usage)  # before a key is looked at: guessing is limited too
        self.perform_authentication(request)
        self.access = request._request.access  # type: ignore[attr-defined]  # of WallMiddleware
        if not self.access.has_scope(ApiKey.Scope.GATES):
            raise LinkError(Code.ACCESS, "this key does not have the scope “gates”")
        if self.access.account is not None:
            raise LinkError(Code.ACCESS, "gates belong to a customer: use a key of the customer, not of an account")

    def get_exception_handler(self) -> Callable:
        return _answer_of

    def finalize_response(self, request: Request, response: Response, *args, **kwargs) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        for name, value in limits.headers(getattr(self, "usage", None)).items():
            response.headers[name] = value
        return response

    def body(self) -> dict[str, Any]:
        """Return the object of the body, whatever its content type says. Raises LinkError."""
        raw = self.request._request.read(MAX_BODY + 1)
        if len(raw) > MAX_BODY:
            raise LinkError(Code.GATE, f"the body is longer than {MAX_BODY} bytes", status=413)
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError:
            body = None
        if not isinstance(body, dict):
            raise LinkError(Code.GATE, "the body is not a JSON object")
        return body

    def partner(self, platform_id: object, partner_id: object) -> PartnerId:
        """Return the caller's partner ID, with its customer. Raises LinkError."""
        own = PartnerId.objects.filter(
            tenant_id__in=self.access.tenant_ids, tenant__kind=Tenant.Kind.CUSTOMER, account__platform_id=platform_id
        )
        if not _is_text(platform_id) or not own.exists():
            raise LinkError(Code.PLATFORM)
        found = (
            own.select_related("tenant").filter(value=partner_id).order_by("id").first()
            if _is_text(partner_id)
            else None
        )
        if found is None:
            raise LinkError(Code.PARTNER)
        return found


class AddView(LinkView):
    """Creates gates."""

    http_method_names = ["post"]

    def post(self, request: Request) -> Response:
        body = self.body()
        missing = [name for name in ("platformId", "platformPartnerId") if not body.get(name)]
        if missing:
            raise LinkError(Code.MISSING, ", ".join(missing))
        partner = self.partner(body["platformId"], body["platformPartnerId"])
        given = shape.read_new(body, partner_id=partner.value)
        _check(given, partner.tenant)
        with _refusals():
            gate = changing.create(partner.tenant, given, actor=str(self.access.key)).gate
        parts = ("platform", body["platformId"], "partner", partner.value, "id", gate.public_id)
        location = f"{settings.PUBLIC_URL}/gate/partnergate/{'/'.join(quote(part, safe='') for part in parts)}"
        return Response(status=201, headers={"Location": location})


class ListView(LinkView):
    """Lists a partner ID's gates, the oldest first."""

    http_method_names = ["get", "head"]

    def get(self, request: Request, platform_id: str, ppid: str) -> Response:
        partner = self.partner(platform_id, ppid.rstrip("/"))
        gates = list(_gates_of(partner).order_by("id"))
        if not gates:
            raise LinkError(Code.NO_GATES)
        return Response([shape.shown(gate, platform_id=platform_id) for gate in gates])


class GateView(LinkView):
    """One gate by its id: read, replaced, deleted."""

    http_method_names = ["get", "head", "put", "delete"]

    def get(self, request: Request, platform_id: str, ppid: str, link_gate_id: str) -> Response:
        partner = self.partner(platform_id, ppid)
        return Response(shape.shown(_gate(partner, link_gate_id), platform_id=platform_id))

    def put(self, request: Request, platform_id: str, ppid: str, link_gate_id: str) -> Response:
        partner, body = self.partner(platform_id, ppid), self.body()
        gate = _gate(partner, link_gate_id, status=405)
        for name, own, code in (
            ("platformId", platform_id, Code.PLATFORM),
            ("platformPartnerId", partner.value, Code.PARTNER),
        ):
            if body.get(name) not in (None, "", own):
                raise LinkError(code, "the body's is another than the path's")
        given = shape.read_change(body, gate)
        _check(given, partner.tenant)
        with _refusals():
            changing.change(gate, given, actor=str(self.access.key))
        return Response(status=204)

    def delete(self, request: Request, platform_id: str, ppid: str, link_gate_id: str) -> Response:
        gate = _gate(self.partner(platform_id, ppid), link_gate_id, status=405)
        changing.delete(gate, actor=str(self.access.key))
        return Response(status=204)


class RefIdView(LinkView):
    """One gate by its refId."""

    http_method_names = ["get", "head"]

    def get(self, request: Request, platform_id: str, ppid: str, ref_id: str) -> Response:
        partner = self.partner(platform_id, ppid)
        wanted = [ref_id, ref_id.rstrip("/")] if _is_text(ref_id) else []
        found = {gate.ref_id: gate for gate in _gates_of(partner).filter(ref_id__in=wanted)}
        gate = found.get(ref_id) or found.get(ref_id.rstrip("/"))
        if gate is None:
            raise LinkError(Code.NO_GATE)
        return Response(shape.shown(gate, platform_id=platform_id))


class UnknownView(LinkView):
    """Fallback for unknown paths below /gate/."""

    authentication_classes = []

    def initial(self, request: Request, *args, **kwargs) -> None:
        raise LinkError(Code.UNKNOWN, "unknown path", status=404)


def _gates_of(partner: PartnerId):
    gates = Gate.objects.filter(tenant_id=partner.tenant_id, partner_ids=[partner.value])
    return gates.select_related("tenant").prefetch_related("destinations")


def _gate(partner: PartnerId, public_id: str, *, status: int = 404) -> Gate:
    """Return the partner ID's gate. Raises LinkError."""
    id_ = public_id.rstrip("/")
    gate = _gates_of(partner).filter(public_id=id_).first() if _is_text(id_) else None
    if gate is None:
        raise LinkError(Code.NO_GATE, status=status)
    return gate


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


def _check(given: GateInput, tenant: Tenant) -> None:
    """Raise LinkError with everything that is wrong with a definition, in both languages."""
    found = problems(given.with_name())
    if not found:
        return
    with translation.override(tenant.language):
        translated = problems(given.with_name())
    code = Code.REF_ID if set(found) <= {"ref_id", "name"} else Code.GATE  # a new gate has its reference as its name
    raise LinkError(code, _sentences(found), translated_detail=_sentences(translated))


@contextmanager
def _refusals() -> Iterator[None]:
    """Raise a refusal of `changing` as LINK's error."""
    try:
        yield
    except GateRefused as error:
        if error.is_duplicate:
            raise LinkError(Code.DUPLICATE_REF_ID) from error
        raise LinkError(Code.GATE, _sentences(error.problems)) from error


def _sentences(found: dict[str, list[str]]) -> str:
    return "; ".join(f"{_name(name)}: {' '.join(texts)}" for name, texts in found.items())


def _name(field: str) -> str:
    """Return a definition's field as LINK names it: `destinations[0].content_type` → `destinations[0].contentType`."""
    before, dot, last = field.rpartition(".")
    return f"{before}{dot}{shape.NAMES.get(last, last)}"


_OF_FRAMEWORK: list[tuple[type[Exception], Code, int | None]] = [
    (exceptions.NotAuthenticated, Code.AUTHENTICATION, None),
    (exceptions.AuthenticationFailed, Code.AUTHENTICATION, None),
    (exceptions.MethodNotAllowed, Code.UNKNOWN, 405),
    (TooManyRequests, Code.UNKNOWN, 429),
    (TooLarge, Code.GATE, 413),
    (exceptions.APIException, Code.GATE, None),
    (Http404, Code.NO_GATE, None),
]


def _answer_of(error: Exception, context: dict) -> Response | None:
    """Return the answer of an expected error; None for any other, which `server_error` answers."""
    headers = {}
    if not isinstance(error, LinkError):
        kind = next((row for row in _OF_FRAMEWORK if isinstance(error, row[0])), None)
        if kind is None:
            return None
        if kind[1] is Code.AUTHENTICATION:
            headers["WWW-Authenticate"] = CHALLENGE
        if (wait := getattr(error, "wait", None)) is not None:
            headers["Retry-After"] = str(wait)
        detail = str(getattr(error, "detail", "")) if kind[1] is not Code.AUTHENTICATION else ""
        error = LinkError(kind[1], detail, status=kind[2])
    tenant = context["request"]._request.access.tenant
    body = body_of(error, language=tenant.language if tenant else "en")
    return Response(body, status=error.status, headers=headers)
