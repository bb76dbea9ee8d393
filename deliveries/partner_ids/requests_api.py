"""/api/v1/partner-ids/requests/: asking for a partner ID on an account that others share, and the decision."""

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.models import PartnerRequest
from deliveries.partner_ids import requests
from deliveries.partner_ids.examples import OPEN_REQUEST, PARTNER_ID
from deliveries.partner_ids.named import Named
from deliveries.partner_ids.ownership import PartnerIdError
from deliveries.partner_ids.serializers import DecisionBody, RequestAnswer, RequestBody, RequestsAnswer
from deliveries.partner_ids.shown import shown_requests
from portal.api.operations import PARTNER_IDS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import ACCOUNT, TENANT, Parameter
from portal.api.problems import BadField, Conflict
from portal.api.views import ApiView

REQUEST_PATH = {
    "request_id": Parameter(name="request_id", text="The request's `id`.", kind="number", most=ROW_ID_MAX, example=12)
}
DECLARE_IT = "this key declares partner IDs of this account itself: POST /api/v1/partner-ids/"


class RequestView(ApiView):
    """Base of the views about requests of the key's tenants, those of an account's key at its account."""

    def rows(self) -> QuerySet[PartnerRequest]:
        rows = PartnerRequest.objects.filter(tenant_id__in=self.access.tenant_ids).select_related("tenant")
        return rows if self.access.account is None else rows.filter(account_id=self.access.account.id)

    def row(self, request_id: int) -> PartnerRequest:
        """Return one of the requests. Raises Http404."""
        found = self.rows().filter(id=min(request_id, ROW_ID_MAX)).first()
        if found is None:
            raise Http404
        return found

    def shown(self, rows: list[PartnerRequest]) -> list[dict]:
        return shown_requests(rows, self.access, Named(self.access).permissions)


class PartnerRequestsView(RequestView):
    """Requests, newest first. POST asks for a partner ID."""

    operations = {
        "GET": Operation(
            id="list_partner_id_requests",
            tag="Partner IDs",
            summary="List requests for partner IDs",
            text=(
                "Requests of the key's tenants, newest first. The key of an account, and that of its owner, decides"
                " those with `may_decide`; the others wait for the people who run the portal."
            ),
            scope=PARTNER_IDS,
            parameters=(
                ACCOUNT,
                TENANT,
                Parameter(
                    name="state",
                    text="Only with this state.",
                    kind="choice",
                    choices=tuple(PartnerRequest.State.values),
                    example="open",
                ),
                *LISTED,
            ),
            sample={"state": "open"},
            answer=RequestsAnswer,
            answer_text="A page of requests.",
            answer_example=PAGE_EXAMPLE | {"data": [OPEN_REQUEST]},
        ),
        "POST": Operation(
            id="request_partner_id",
            tag="Partner IDs",
            summary="Request a partner ID",
            text=(
                "Ask for a partner ID on an account in which the key may not declare. The answer is the same whether"
                " the value is free, unknown or somebody else's, so it reveals nothing. Asking again returns the open"
                f" request. A tenant may have {requests.MAX_OPEN} open requests."
            ),
            scope=PARTNER_IDS,
            body=RequestBody,
            body_example={"account": "link-main", "value": "nr-fi", "tenant": "nordic-retail", "from": "2026-11-01"},
            answer=RequestAnswer,
            answer_text="The request.",
            answer_example=OPEN_REQUEST,
            status=201,
            also={200: "The request was open already."},
            headers={"Location": "Path of the request."},
        ),
    }

    def get(self, request: Request) -> Response:
        rows = self.rows()
        if (account_id := self.given.account_id(self.access)) is not None:
            rows = rows.filter(account_id=account_id)
        if (asked := self.given.tenants(self.access)) is not None:
            rows = rows.filter(tenant_id__in=asked.values())
        if state := self.given.choice("state"):
            rows = rows.filter(state=state)
        return self.answer(page_of(rows, self.given, self.access, self.shown, created="requested_at"))

    def post(self, request: Request) -> Response:
        body, named, now = self.body(request), Named(self.access), timezone.now()
        account, tenant = named.account(body["account"]), named.tenant(body.get("tenant"))
        if account.id in named.permissions.accounts:
            raise BadField("account", DECLARE_IT)
        try:
            made = requests.create_request(
                tenant=tenant,
                account=account,
                value=body["value"],
                actor=named.permissions.actor,
                now=now,
                from_day=body.get("from"),
            )
        except PartnerIdError as error:
            raise BadField(error.field, str(error.text)) from error
        (answer,) = self.shown([made])
        is_new = made.requested_at == now
        return self.answer(answer, Location=answer["url"]) if is_new else self.answer(answer, status=200)


class PartnerRequestView(RequestView):
    """One request."""

    operations = {
        "GET": Operation(
            id="get_partner_id_request",
            tag="Partner IDs",
            summary="One request for a partner ID",
            text="A request; once it is approved, with the partner ID and the move of its messages.",
            scope=PARTNER_IDS,
            path=REQUEST_PATH,
            answer=RequestAnswer,
            answer_text="The request.",
            answer_example=OPEN_REQUEST,
        )
    }

    def get(self, request: Request, request_id: int) -> Response:
        return self.answer(*self.shown([self.row(request_id)]))


class DecisionView(RequestView):
    """Deciding a request."""

    http_method_names = ["post"]
    operations = {
        "POST": Operation(
            id="decide_partner_id_request",
            tag="Partner IDs",
            summary="Decide a request for a partner ID",
            text=(
                "Approve or refuse a request, with the key of the account or of its owner; or withdraw one of the"
                " key's own tenants. Approving declares the partner ID; `partner_id.move` shows how far its messages"
                " are. A request that is decided, and one whose partner ID cannot be declared, is a `conflict`."
            ),
            scope=PARTNER_IDS,
            path=REQUEST_PATH,
            body=DecisionBody,
            body_example={"decision": "approve"},
            answer=RequestAnswer,
            answer_text="The decided request.",
            answer_example=OPEN_REQUEST
            | {
                "state": "approved",
                "decided_by": "provisioning (srk_AbCdEfGh…)",
                "decided_at": "2026-11-02T10:00:05Z",
                "may_decide": False,
                "partner_id": PARTNER_ID,
            },
            problems=("conflict",),
        )
    }

    def post(self, request: Request, request_id: int) -> Response:
        decision, wanted = self.body(request)["decision"], self.row(request_id)
        named, now = Named(self.access), timezone.now()
        permissions = named.permissions
        may = permissions.may_declare(account_id=wanted.account_id, tenant_id=wanted.tenant_id)
        if decision != "withdraw" and not may:
            raise BadField("decision", "this key may not decide this request; the people who run the portal do")
        if decision == "withdraw" and self.access.account is not None:
            raise BadField("decision", "only the requesting tenant withdraws a request: approve or refuse it")
        try:
            if decision == "approve":
                with permissions.scope():
                    requests.approve(request=wanted, permissions=permissions, now=now)
            elif decision == "refuse":
                requests.refuse(request=wanted, permissions=permissions, now=now)
            else:
                requests.withdraw(request=wanted, actor=permissions.actor, now=now)
        except PartnerIdError as error:
            raise Conflict(str(error.text)) from error
        return self.answer(*self.shown([self.row(request_id)]))
