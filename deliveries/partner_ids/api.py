"""/api/v1/partner-ids/: platformPartnerIds, whose they are, what is on its way to them; declared and moved."""

from datetime import date

from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.partner_ids.examples import PARTNER_ID
from deliveries.partner_ids.named import Named
from deliveries.partner_ids.ownership import PartnerIdError, declare, reassign
from deliveries.partner_ids.serializers import DeclareBody, MoveBody, PartnerIdAnswer, PartnerIdsAnswer
from deliveries.partner_ids.shown import shown
from deliveries.search.number_searches_api import count_searches
from portal.api.operations import PARTNER_IDS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import ACCOUNT, TENANT, Parameter
from portal.api.problems import BadField, BadParameter, Conflict
from portal.api.views import ApiView
from portal.tenants.models import PartnerId, Tenant
from portal.tenants.partner_owners import held_by

PARTNER_PATH = {
    "partner_id": Parameter(name="partner_id", text="The partner ID's `id`.", kind="number", most=ROW_ID_MAX, example=5)
}

VALUE = Parameter(
    name="value",
    text="Only the partner ID with exactly this value, at each account where the key has it.",
    example="nr-fi",
)
RETIRED_FROM = Parameter(
    name="from",
    text="The first day whose messages belong to the pool, in the pool's time zone. Without it: all messages.",
    kind="day",
    example="2026-11-01",
)


class PartnerIdsView(ApiView):
    """The key's partner IDs, newest first; an account's key also sees undeclared ones. POST declares one."""

    operations = {
        "GET": Operation(
            id="list_partner_ids",
            tag="Partner IDs",
            summary="List partner IDs",
            text=(
                "The key's platformPartnerIds, newest first, with the newest move of messages to their tenant. An"
                " account's key also sees undeclared ones: they belong to the account's pool."
            ),
            parameters=(ACCOUNT, TENANT, VALUE, *LISTED),
            sample={"value": "nr-fi"},
            answer=PartnerIdsAnswer,
            answer_text="A page of partner IDs.",
            answer_example=PAGE_EXAMPLE | {"data": [PARTNER_ID]},
        ),
        "POST": Operation(
            id="declare_partner_id",
            tag="Partner IDs",
            summary="Declare a partner ID",
            text=(
                "Declare that a platformPartnerId of an account belongs to a tenant. Its messages in the account's"
                " pool move to the tenant; with `from`, those sent from that day on. `move` shows the progress, and"
                " how many messages of sealed days stay. A partner ID of another tenant cannot be declared: move it"
                " instead. Declaring again for the same tenant changes nothing."
            ),
            scope=PARTNER_IDS,
            body=DeclareBody,
            body_example={"account": "link-main", "value": "nr-fi", "tenant": "nordic-retail", "from": "2026-11-01"},
            answer=PartnerIdAnswer,
            answer_text="The partner ID is now declared for the tenant; `Location` is its URL.",
            answer_example=PARTNER_ID,
            status=201,
            also={200: "The tenant already had the partner ID."},
            headers={"Location": "The partner ID's address."},
        ),
    }

    def get(self, request: Request) -> Response:
        partners = held_by(self.access.tenant_ids)
        if (account_id := self.given.account_id(self.access)) is not None:
            partners = partners.filter(account_id=account_id)
        if (asked := self.given.tenants(self.access)) is not None:
            partners = held_by(asked.values()).filter(id__in=partners.values("id"))
        if "value" in self.given:
            value = self.given.text("value")
            count_searches(request, [("partner_id", value)], is_next_page="cursor" in self.given)
            partners = partners.filter(value=value)
        return self.answer(
            page_of(partners, self.given, self.access, lambda page: shown(page, self.access), created="first_seen_at")
        )

    def post(self, request: Request) -> Response:
        """Declare a partner ID: 201 if it was undeclared, 200 if the tenant already had it."""
        body = self.body(request)
        named = Named(self.access)
        permissions, account = named.permissions, named.account(body.get("account"))
        tenant = named.tenant(body.get("tenant"))
        try:
            with permissions.scope():
                done = declare(
                    account=account,
                    value=body["value"],
                    tenant=tenant,
                    permissions=permissions,
                    now=timezone.now(),
                    from_day=body.get("from"),
                )
        except PartnerIdError as error:
            raise BadField(error.field, str(error.text)) from error
        (answer,) = shown([done.partner], self.access)
        return self.answer(answer, Location=answer["url"]) if done.changed else self.answer(answer, status=200)


class PartnerIdView(ApiView):
    """One partner ID and how far its messages are."""

    operations = {
        "GET": Operation(
            id="get_partner_id",
            tag="Partner IDs",
            summary="One partner ID",
            text=(
                "A partner ID and the progress of its move. Poll every few seconds while `move.state` is not `done`."
            ),
            path=PARTNER_PATH,
            answer=PartnerIdAnswer,
            answer_text="The partner ID.",
            answer_example=PARTNER_ID,
        ),
        "DELETE": Operation(
            id="retire_partner_id",
            tag="Partner IDs",
            summary="Retire a partner ID",
            text=(
                "Return a partner ID with its messages to the account's pool; with `from`, only messages sent from"
                " that day on. Only keys of the account, and of its owner, may do that: at an account that others"
                " share the answer is 409. It can be declared again afterwards."
            ),
            scope=PARTNER_IDS,
            path=PARTNER_PATH,
            parameters=(RETIRED_FROM,),
            answer=PartnerIdAnswer,
            answer_text="The partner ID, which belongs to the pool.",
            answer_example=PARTNER_ID | {"tenant": "pool-link-main", "declared_at": None},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, partner_id: int) -> Response:
        return self.answer(*shown([_partner(self, partner_id)], self.access))

    def delete(self, request: Request, partner_id: int) -> Response:
        partner, named, day = _partner(self, partner_id), Named(self.access), self.given.day("from")
        if partner.account_id not in named.permissions.accounts:
            raise Conflict(
                "Others share the account of this partner ID, so it cannot be returned to the pool here. Ask the"
                " people who run this portal."
            )
        try:
            return self.answer(_reassigned(named, partner, None, day))
        except PartnerIdError as error:
            if error.field == "from":
                raise BadParameter("from", str(error.text)) from error
            raise Conflict(str(error.text)) from error


class MovePartnerIdView(ApiView):
    """Giving a partner ID with its messages to another tenant, or back to the pool."""

    http_method_names = ["post"]
    operations = {
        "POST": Operation(
            id="move_partner_id",
            tag="Partner IDs",
            summary="Move a partner ID",
            text=(
                "Move a partner ID with all its messages to another tenant, or return it to the account's pool."
                " With `from`, only messages sent from that day on move, whoever has them. If the tenant already"
                " has the partner ID, this changes the day from which it has it. Messages move in the background;"
                " `move` shows the progress, and how many messages of sealed days stay. A day in the future takes"
                " effect automatically."
            ),
            scope=PARTNER_IDS,
            path=PARTNER_PATH,
            body=MoveBody,
            body_example={"tenant": "nordic-retail", "from": "2026-11-01"},
            answer=PartnerIdAnswer,
            answer_text="The partner ID, with its new tenant.",
            answer_example=PARTNER_ID,
        )
    }

    def post(self, request: Request, partner_id: int) -> Response:
        body = self.body(request)
        slug = body["tenant"]
        partner, named = _partner(self, partner_id), Named(self.access)
        tenant = None if slug is None else named.tenant(slug)
        try:
            return self.answer(_reassigned(named, partner, tenant, body.get("from")))
        except PartnerIdError as error:
            raise BadField(error.field, str(error.text)) from error


def _reassigned(named: Named, partner: PartnerId, tenant: Tenant | None, from_day: date | None) -> dict:
    """Move a partner ID and return it as shown afterwards. Raises Http404 and PartnerIdError."""
    permissions = named.permissions
    try:
        with permissions.scope():
            done = reassign(
                partner_id=partner.id, tenant=tenant, permissions=permissions, now=timezone.now(), from_day=from_day
            )
            # The pool's moves are seen in here alone.
            (answer,) = shown([done.partner], named.access, also=permissions.pools)
    except PartnerId.DoesNotExist as error:
        raise Http404 from error
    return answer


def _partner(view: ApiView, partner_id: int) -> PartnerId:
    """Return one of the key's partner IDs, of an account's key one of the account. Raises Http404."""
    partners = held_by(view.access.tenant_ids)
    if view.access.account is not None:
        partners = partners.filter(account_id=view.access.account.id)
    partner = partners.filter(id=min(partner_id, ROW_ID_MAX)).first()
    if partner is None:
        raise Http404
    return partner
