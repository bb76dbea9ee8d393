"""/api/v1/conversions/kinds/ and …/window/: kinds of conversion events, and the window of a customer."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import ConversionKind
from deliveries.attributing.windows import set_tenant_window, tenant_window
from deliveries.conversions import kinds
from deliveries.conversions.asked_api import customer_of
from deliveries.conversions.examples import KIND, WINDOW
from deliveries.conversions.kinds import MAX_KINDS
from deliveries.conversions.kinds_serializers import (
    ChangeKindBody,
    ConversionKindAnswer,
    ConversionKindsAnswer,
    NewKindBody,
    WindowAnswer,
    WindowBody,
)
from portal.accounts.access import Access
from portal.api.administration import named_tenant
from portal.api.bodies import refuse
from portal.api.operations import SETTINGS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import TENANT, Parameter
from portal.api.problems import BadField, Conflict
from portal.api.views import ApiView
from portal.common.no_numbers import refuse_numbers
from portal.tenants.models import Tenant

_PATH = {"kind_id": Parameter(name="kind_id", text="The kind's `id`.", kind="number", most=ROW_ID_MAX, example=3)}


class KindsView(ApiView):
    """The kinds of the key's tenants, newest first. POST adds one."""

    operations = {
        "GET": Operation(
            id="list_conversion_kinds",
            tag="Conversions",
            summary="List kinds of conversion events",
            text=(
                "The kinds of the key's tenant and of all below it, newest first. They belong to customers: an"
                " account's key has none."
            ),
            parameters=(TENANT, *LISTED),
            answer=ConversionKindsAnswer,
            answer_text="A page of kinds.",
            answer_example=PAGE_EXAMPLE | {"data": [KIND]},
        ),
        "POST": Operation(
            id="add_conversion_kind",
            tag="Conversions",
            summary="Add a kind of conversion events",
            text=f"Add a kind, under which events can be sent from then on. A customer has at most {MAX_KINDS} kinds.",
            scope=SETTINGS,
            body=NewKindBody,
            body_example={"name": "purchase", "window_minutes": 2880},
            answer=ConversionKindAnswer,
            answer_text="The new kind.",
            answer_example=KIND,
            status=201,
            headers={"Location": "Path of the kind."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        rows = _kinds(self.access)
        if (asked := self.given.tenants(self.access)) is not None:
            rows = rows.filter(tenant_id__in=asked.values())
        return self.answer(page_of(rows, self.given, self.access, lambda page: [_shown(kind) for kind in page]))

    def post(self, request: Request) -> Response:
        customer_of(self.access)
        body = self.body(request)
        tenant = named_tenant(self.access, body.pop("tenant", None))
        _refuse_numbers(body)
        try:
            made = kinds.add_kind(tenant, body, actor=str(self.access.key))
        except kinds.TooManyKinds as error:
            raise Conflict(error.text) from error
        except kinds.NameTaken as error:
            raise BadField("name", error.text) from error
        answer = _shown(made)
        return self.answer(answer, Location=answer["url"])


class KindView(ApiView):
    """One kind of conversion events."""

    http_method_names = ["get", "head", "options", "patch", "delete"]
    operations = {
        "GET": Operation(
            id="get_conversion_kind",
            tag="Conversions",
            summary="One kind of conversion events",
            text="A kind with its window.",
            path=_PATH,
            answer=ConversionKindAnswer,
            answer_text="The kind.",
            answer_example=KIND,
        ),
        "PATCH": Operation(
            id="change_conversion_kind",
            tag="Conversions",
            summary="Change a kind of conversion events",
            text=(
                "Change the fields that are given. By another window stored events are attributed again. Stored events"
                " follow another name; send new ones under it."
            ),
            scope=SETTINGS,
            path=_PATH,
            body=ChangeKindBody,
            body_example={"window_minutes": 1440},
            answer=ConversionKindAnswer,
            answer_text="The kind as it is now.",
            answer_example=KIND | {"window_minutes": 1440},
        ),
        "DELETE": Operation(
            id="delete_conversion_kind",
            tag="Conversions",
            summary="Delete a kind of conversion events",
            text="Delete a kind; the response is the kind as it was. One that has events stays (409).",
            scope=SETTINGS,
            path=_PATH,
            answer=ConversionKindAnswer,
            answer_text="The deleted kind.",
            answer_example=KIND,
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, kind_id: int) -> Response:
        return self.answer(_shown(_found(self.access, kind_id)))

    def patch(self, request: Request, kind_id: int) -> Response:
        kind = _found(self.access, kind_id)
        body = self.body(request, is_partial=True)
        _refuse_numbers(body)
        try:
            kinds.change_kind(kind, body, actor=str(self.access.key))
        except kinds.NameTaken as error:
            raise BadField("name", error.text) from error
        return self.answer(_shown(_found(self.access, kind_id)))

    def delete(self, request: Request, kind_id: int) -> Response:
        kind = _found(self.access, kind_id)
        answer = self.answer(_shown(kind))
        if not kinds.delete_kind(kind, actor=str(self.access.key)):
            raise Conflict("The kind has events, so it stays.")
        return answer


class WindowView(ApiView):
    """The window of a customer."""

    http_method_names = ["get", "head", "options", "patch"]
    operations = {
        "GET": Operation(
            id="get_conversion_window",
            tag="Conversions",
            summary="Window of a customer",
            text=(
                "The time after its delivery in which a message can have an event, unless the campaign or the event's"
                " kind has a window of its own. Without `tenant` that of the key's own tenant."
            ),
            parameters=(TENANT,),
            answer=WindowAnswer,
            answer_text="The window.",
            answer_example=WINDOW,
        ),
        "PATCH": Operation(
            id="change_conversion_window",
            tag="Conversions",
            summary="Change the window of a customer",
            text="Set the window, and have the customer's events attributed again by it.",
            scope=SETTINGS,
            body=WindowBody,
            body_example={"minutes": 1440},
            answer=WindowAnswer,
            answer_text="The window as it is now.",
            answer_example=WINDOW,
        ),
    }

    def get(self, request: Request) -> Response:
        tenant, asked = customer_of(self.access), self.given.tenants(self.access)
        if asked is not None:
            (tenant,) = Tenant.objects.filter(id__in=asked.values())
        return self.answer(_window(tenant))

    def patch(self, request: Request) -> Response:
        customer_of(self.access)
        body = self.body(request)
        tenant = named_tenant(self.access, body.get("tenant"))
        set_tenant_window(tenant, body["minutes"], actor=str(self.access.key))
        return self.answer(_window(tenant))


def _refuse_numbers(body: dict[str, Any]) -> None:
    try:
        refuse_numbers(body.get("name", ""))
    except ValidationError as error:
        refuse([("#/name", " ".join(error.messages))])


def _kinds(access: Access) -> QuerySet[ConversionKind]:
    customer_of(access)
    return ConversionKind.objects.filter(tenant_id__in=access.tenant_ids).select_related("tenant")


def _found(access: Access, kind_id: int) -> ConversionKind:
    found = _kinds(access).filter(id=min(kind_id, ROW_ID_MAX)).first()
    if found is None:
        raise Http404
    return found


def _shown(kind: ConversionKind) -> dict:
    return {
        "id": kind.pk,
        "tenant": kind.tenant.slug,
        "name": kind.name,
        "window_minutes": kind.window_minutes,
        "is_otp": kind.is_otp,
        "created_at": kind.created_at,
        "url": reverse("api:conversion_kind", args=[kind.pk]),
    }


def _window(tenant: Tenant) -> dict:
    return {"tenant": tenant.slug, "minutes": tenant_window(tenant)}
