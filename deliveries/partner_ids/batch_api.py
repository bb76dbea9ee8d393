"""/api/v1/partner-ids/batch/: many partner IDs declared, or requested, with a result for each."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.models import PartnerRequest
from deliveries.partner_ids import requests
from deliveries.partner_ids.examples import BATCH
from deliveries.partner_ids.named import Named
from deliveries.partner_ids.ownership import PartnerIdError, declare
from deliveries.partner_ids.serializers import BATCH_RESULTS, MAX_ITEMS, BatchAnswer, BatchBody, DeclareBody
from deliveries.partner_ids.shown import shown, shown_requests
from deliveries.rederiving.moves import wake
from portal.api.bodies import checked
from portal.api.operations import PARTNER_IDS, Operation
from portal.api.problems import BadField, BadFields
from portal.api.views import ApiView, JsonParser
from portal.tenants.models import GatewayAccount, PartnerId, Tenant


class BatchParser(JsonParser):
    """A JSON object that holds MAX_ITEMS items of any length."""

    most_bytes = 256 * 1024


@dataclass(slots=True)
class Item:
    """One partner ID of a body, and what became of it."""

    number: int
    fields: dict = field(default_factory=dict)
    account: GatewayAccount | None = None
    tenant: Tenant | None = None
    result: str = "refused"
    partner: PartnerId | None = None
    request: PartnerRequest | None = None
    errors: list[dict] = field(default_factory=list)
    move_id: int | None = None

    @property
    def place(self) -> tuple[str, str]:
        return self.account.name if self.account else "", self.fields.get("value", "")


class PartnerIdBatchView(ApiView):
    """Declaring many partner IDs."""

    http_method_names = ["post"]
    parser_classes = [BatchParser]
    operations = {
        "POST": Operation(
            id="declare_partner_ids",
            tag="Partner IDs",
            summary="Declare many partner IDs",
            text=(
                f"Declare 1 to {MAX_ITEMS} partner IDs, each as `POST /partner-ids/` does. Each is declared or refused"
                " for itself: `data` has the result of each, in their order. With `request`, a partner ID on an"
                " account that others share is requested instead, and waits for a decision. The body may have"
                " 262,144 bytes."
            ),
            scope=PARTNER_IDS,
            body=BatchBody,
            body_example={
                "items": [
                    {"account": "link-main", "value": "shop-12", "tenant": "nordic-retail"},
                    {"account": "link-main", "value": "shop-13", "tenant": "nordic-retail", "from": "2026-11-01"},
                ],
                "request": True,
            },
            answer=BatchAnswer,
            answer_text="The result of each partner ID.",
            answer_example=BATCH,
        )
    }

    def post(self, request: Request) -> Response:
        given = request.data.get("items")
        if not isinstance(given, list) or not 1 <= len(given) <= MAX_ITEMS:
            raise BadField("items", f"a list of 1 to {MAX_ITEMS} partner IDs")
        # The items are read one by one, since each is refused for itself.
        rest = {name: value for name, value in request.data.items() if name != "items"}
        may_request = checked(BatchBody, rest, is_partial=True).get("request", False)
        named, now = Named(self.access), timezone.now()
        items = [_read(number, one, named) for number, one in enumerate(given)]
        # in the order of their rows' keys, so that two bodies beside each other do not wait for each other
        for item in sorted((item for item in items if item.account is not None), key=lambda item: item.place):
            _do(item, named, now, may_request=may_request)
        if moves := [item.move_id for item in items if item.move_id is not None]:
            transaction.on_commit(lambda: wake(moves), robust=True)
        return self.answer(_answer(items, named))


def _read(number: int, given: object, named: Named) -> Item:
    item = Item(number)
    try:
        item.fields = checked(DeclareBody, given)
        account, item.tenant = named.account(item.fields.get("account")), named.tenant(item.fields.get("tenant"))
    except (BadField, BadFields) as error:
        item.errors = error.errors
    else:
        item.account = account
    return item


def _do(item: Item, named: Named, now: datetime, *, may_request: bool) -> None:
    """Declare or request one partner ID."""
    permissions, value = named.permissions, item.fields["value"]
    asked = {"account": item.account, "tenant": item.tenant, "now": now, "from_day": item.fields.get("from")}
    try:
        if may_request and item.account.id not in permissions.accounts:
            item.request = requests.create_request(value=value, actor=permissions.actor, **asked)
            item.result = "requested" if item.request.requested_at == now else "unchanged"
            return
        with permissions.scope():
            done = declare(value=value, permissions=permissions, wake_worker=False, **asked)
    except PartnerIdError as error:
        item.errors = [{"pointer": f"#/{error.field}", "detail": str(error.text)}]
    else:
        item.partner, item.result = done.partner, "declared" if done.changed else "unchanged"
        item.move_id = done.move.pk if done.move is not None else None


def _answer(items: list[Item], named: Named) -> dict:
    access = named.access
    partners = {item.partner.id: item.partner for item in items if item.partner is not None}
    asked = {item.request.id: item.request for item in items if item.request is not None}
    of_partners = dict(zip(partners, shown(partners.values(), access), strict=True))
    of_requests = dict(zip(asked, shown_requests(asked.values(), access, named.permissions), strict=True))
    counts = Counter(item.result for item in items)
    return {name: counts[name] for name in BATCH_RESULTS} | {
        "data": [
            {
                "item": item.number,
                "result": item.result,
                "partner_id": item.partner and of_partners[item.partner.id],
                "request": item.request and of_requests[item.request.id],
                "errors": item.errors,
            }
            for item in items
        ]
    }
