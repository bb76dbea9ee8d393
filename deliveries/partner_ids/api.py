"""/api/v1/partner-ids/: platformPartnerIds, whose they are, what is on its way to them; declared and moved."""

from collections.abc import Collection, Iterable

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.models import PartnerMove
from deliveries.partner_ids.examples import PARTNER_ID
from deliveries.partner_ids.ownership import PartnerIdError, declare, reassign
from deliveries.partner_ids.permissions import PartnerIdPermissions, permissions_of
from deliveries.partner_ids.selectors import seen_periods
from deliveries.partner_ids.serializers import DeclareBody, MoveBody, PartnerIdAnswer, PartnerIdsAnswer
from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.accounts.access import Access
from portal.api.operations import PARTNER_IDS, Operation
from portal.api.pages import ROW_ID_MAX, page_by_id
from portal.api.parameters import ACCOUNT, CURSOR, SIZE, TENANT, Parameter
from portal.api.problems import BadField
from portal.api.views import ApiView
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.ownership import COLUMNS
from portal.tenants.ownership_periods import current
from portal.tenants.partner_owners import held_by

PARTNER_PATH = {
    "partner_id": Parameter(name="partner_id", text="The partner ID's `id`.", kind="number", most=ROW_ID_MAX, example=5)
}


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
            parameters=(ACCOUNT, TENANT, CURSOR, SIZE),
            answer=PartnerIdsAnswer,
            answer_text="A page of partner IDs.",
            answer_example={"next_cursor": None, "data": [PARTNER_ID]},
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
        page, cursor = page_by_id(partners, self.given)
        return self.answer({"data": shown(page, self.access), "next_cursor": cursor})

    def post(self, request: Request) -> Response:
        """Declare a partner ID: 201 if it was undeclared, 200 if the tenant already had it."""
        body = self.body(request)
        permissions = _permissions(self)
        account = self._account(body.get("account"), permissions)
        tenant = _tenant(self, body.get("tenant"))
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

    def _account(self, name: str | None, permissions: PartnerIdPermissions) -> GatewayAccount:
        """Return the account that the body names, that of an account's key where it names none."""
        if name is None and self.access.account is None:
            raise BadField("account", "required: a gateway account")
        known = set(permissions.accounts)
        if self.access.account is None:
            known |= set(held_by(permissions.reach).values_list("account_id", flat=True))
        accounts = GatewayAccount.objects.only(*COLUMNS).filter(id__in=known)
        account = accounts.first() if name is None else accounts.filter(name=name).first()
        if account is None:
            raise BadField("account", "no account of this name that the key may see")
        return account


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
        )
    }

    def get(self, request: Request, partner_id: int) -> Response:
        return self.answer(*shown([_partner(self, partner_id)], self.access))


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
        partner, permissions = _partner(self, partner_id), _permissions(self)
        tenant = None if slug is None else _tenant(self, slug)
        try:
            with permissions.scope():
                done = reassign(
                    partner_id=partner.id,
                    tenant=tenant,
                    permissions=permissions,
                    now=timezone.now(),
                    from_day=body.get("from"),
                )
                # The pool's moves are seen in here alone.
                return self.answer(*shown([done.partner], self.access, also=permissions.pools))
        except PartnerId.DoesNotExist as error:
            raise Http404 from error
        except PartnerIdError as error:
            raise BadField(error.field, str(error.text)) from error


def shown(partners: Iterable[PartnerId], access: Access, *, also: Collection[int] = ()) -> list[dict]:
    """Return partner IDs as PartnerIdAnswer takes them, with the tenants that the key sees and `also` those."""
    partners, now = list(partners), timezone.now()
    names = dict(GatewayAccount.objects.filter(id__in={p.account_id for p in partners}).values_list("id", "name"))
    seen = seen_periods(partners, access.tenant_ids | frozenset(also))
    shown_ids = {id_: current([period for _tenant, period in rows], now).tenant_id for id_, rows in seen.items()}
    moves = PartnerMove.objects.filter(partner__in=partners, tenant_id__in=set(shown_ids.values())).order_by("id")
    newest = {(move.partner_id, move.tenant_id): move for move in moves}
    telling = frozenset()
    if not access.masking.in_full:
        telling = telling_partner_ids({p.value for p in partners}, tenant_ids=access.tenant_ids | frozenset(also))
    return [
        {
            "id": partner.id,
            "value": access.masking.text(partner.value) if partner.value in telling else partner.value,
            "account": names[partner.account_id],
            "tenant": next(tenant.slug for tenant, _period in seen[partner.id] if tenant.id == shown_ids[partner.id]),
            "periods": [
                {"tenant": tenant.slug, "from": period.from_at, "until": period.until_at}
                for tenant, period in seen[partner.id]
            ],
            "declared_at": partner.declared_at,
            "first_seen_at": partner.first_seen_at,
            "move": newest.get((partner.id, shown_ids[partner.id])),
            "url": reverse("api:partner_id", args=[partner.id]),
        }
        for partner in partners
    ]


def _partner(view: ApiView, partner_id: int) -> PartnerId:
    """Return one of the key's partner IDs, of an account's key one of the account. Raises Http404."""
    partners = held_by(view.access.tenant_ids)
    if view.access.account is not None:
        partners = partners.filter(account_id=view.access.account.id)
    partner = partners.filter(id=min(partner_id, ROW_ID_MAX)).first()
    if partner is None:
        raise Http404
    return partner


def _permissions(view: ApiView) -> PartnerIdPermissions:
    return permissions_of(view.access, actor=str(view.access.key))


def _tenant(view: ApiView, slug: str | None) -> Tenant:
    """Return the customer that the body names, the key's own where it names none."""
    if slug is None and view.access.account is None:
        return view.access.tenant
    if slug is None:
        raise BadField("tenant", "required: a tenant")
    mine = Tenant.objects.filter(id__in=view.access.tenant_ids, kind=Tenant.Kind.CUSTOMER)
    tenant = mine.filter(slug=slug).first()
    if tenant is None:
        raise BadField("tenant", "no tenant of this name that the key may see")
    return tenant
