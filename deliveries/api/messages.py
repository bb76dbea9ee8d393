"""/api/v1/messages/: messages by the filters of Message Search, and one with its delivery reports."""

from dataclasses import asdict

from django.http import Http404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import NO_CAMPAIGN, OTHER_CAMPAIGNS
from deliveries.dialects.codes import COUNTS_AS
from deliveries.fold import NO_CODE
from deliveries.selectors.messages import BadFilter, MessageQuery, campaign_names, find, reports_of, search
from deliveries.services.stored import OTHER_PARTNER_IDS, StoredMessage
from portal.accounts.access import Access
from portal.api.problems import BadParameter
from portal.api.views import NUMBERS, ApiView
from portal.common.keyset import BadCursor
from portal.common.msisdn import mask_number
from portal.tenants.models import GatewayAccount, Tenant

_TEXTS = ("number", "ref_id", "ref_id_prefix", "message_id", "variant", "partner_id", "country")


class MessagesView(ApiView):
    """Messages, newest first."""

    single = frozenset({"from", "to", "account", "campaign_id", "result_code", "cursor", "size", *_TEXTS})
    repeatable = frozenset({"status"})

    def get(self, request: Request) -> Response:
        first, last = self.given.days()
        query = MessageQuery(
            tenant_ids=self.access.tenant_ids,
            first=first,
            last=last,
            campaign_id=self.given.number("campaign_id", least=OTHER_CAMPAIGNS),
            account_id=self.given.account_id(self.access),
            statuses=tuple(self.given.texts("status") or ()),
            result_code=self.given.number("result_code", least=NO_CODE),
            **{name: self.given.text(name) for name in _TEXTS},
        )
        try:
            page = search(query, cursor=self.given.text("cursor"), size=self.given.size())
        except BadFilter as error:
            raise BadParameter(error.field, error.text) from error
        except BadCursor as error:
            raise BadParameter("cursor", str(error)) from error
        show = Shown(self.access, page.messages, page.campaigns)
        return Response(
            {
                "data": [show.message(message) for message in page.messages],
                "next_cursor": page.next_cursor,
                "previous_cursor": page.previous_cursor,
            }
        )


class MessageView(ApiView):
    """One message with its delivery reports in the order of the operators' times."""

    def get(self, request: Request, account: str, message_id: str) -> Response:
        held_to = self.access.account
        account_id = GatewayAccount.objects.filter(name=account).values_list("id", flat=True).first()
        if account_id is None or (held_to is not None and held_to.id != account_id) or "\0" in message_id:
            raise Http404
        message = find(tenant_ids=self.access.tenant_ids, account_id=account_id, message_id=message_id)
        if message is None:
            raise Http404
        show = Shown(self.access, [message], campaign_names([message]))
        return Response(show.message(message) | {"reports": [asdict(line) for line in reports_of(message)]})


class Shown:
    """How a request's messages are shown: names for numbers of rows, phone numbers masked without their scope."""

    def __init__(self, access: Access, messages: list[StoredMessage], campaigns: dict[int, str]) -> None:
        self.in_full = access.has_scope(NUMBERS)
        self.campaigns = campaigns | {OTHER_CAMPAIGNS: OTHER_PARTNER_IDS}
        tenants, accounts = {m.tenant_id for m in messages}, {m.folded.account_id for m in messages}
        self.tenants = dict(Tenant.objects.filter(id__in=tenants).values_list("id", "slug"))
        self.accounts = dict(GatewayAccount.objects.filter(id__in=accounts).values_list("id", "name"))

    def message(self, message: StoredMessage) -> dict:
        """Return one message as the API shows it."""
        folded = message.folded
        account = self.accounts[folded.account_id]
        return {
            "id": folded.message_id,
            "account": account,
            "tenant": self.tenants[message.tenant_id],
            "day": message.day,
            "partner_id": folded.partner_id,
            "ref_id": folded.ref_id,
            "campaign": self._campaign(message.campaign_id),
            "variant": message.variant,
            "labels": message.labels or {},
            "custom_parameters": folded.parameters or {},
            "source": self._number(folded.source) if folded.sender_type == "msisdn" else folded.source,
            "sender_type": folded.sender_type,
            "destination": self._number(folded.destination),
            "country": folded.country,
            "operator": folded.operator,
            "parts": folded.parts,
            "status": folded.status,
            "counts_as": COUNTS_AS[folded.status],
            "result_code": None if folded.result_code == NO_CODE else folded.result_code,
            "final": folded.final,
            "sent_at": folded.sent_at,
            "status_at": folded.status_at,
            "delivered_at": folded.delivered_at,
            "received_at": folded.received_at,
            "url": reverse("api:message", args=[account, folded.message_id]),
        }

    def _campaign(self, campaign_id: int) -> dict | None:
        if campaign_id == NO_CAMPAIGN:
            return None
        return {"id": campaign_id, "name": self.campaigns.get(campaign_id)}

    def _number(self, number: str | None) -> str | None:
        return number if number is None or self.in_full else mask_number(number)
