"""/api/v1/messages/: messages by the filters of Message Search, one with its reports, and handing them in."""

from collections import defaultdict
from dataclasses import asdict, replace
from datetime import datetime

from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID
from deliveries.dialects.codes import COUNTS_AS
from deliveries.message_pages import submissions_api
from deliveries.message_pages.examples import FORWARDING, MESSAGE, REPORTS
from deliveries.message_pages.filters_api import (
    FILTERS,
    MAX_WITHIN,
    check_operator,
    problem_of,
    read_query,
    searched_texts,
)
from deliveries.message_pages.forwarded import ForwardedReport, forwarded_reports
from deliveries.message_pages.serializers import MessagePageSerializer, MessageWithReportsSerializer
from deliveries.messages.fold import NO_CODE
from deliveries.messages.row import OTHER_LABEL, StoredMessage
from deliveries.messages.slices import no_writes_before
from deliveries.search.addresses import id_in_address, message_or_404, without_masked_ids
from deliveries.search.changes import changed_messages
from deliveries.search.find import Page, ReportLine, SearchTooSlow, campaign_names, reports_of, search
from deliveries.search.number_searches_api import count_searches
from deliveries.search.query import BadFilter, MessageQuery
from portal.accounts.access import Access
from portal.api.ndjson import is_ndjson
from portal.api.operations import GATES, Operation
from portal.api.parameters import CURSOR, SIZE, UPDATED_SINCE, Parameter
from portal.api.views import ApiView, ManyParser
from portal.common.any_text import address_of
from portal.common.keyset import BadCursor
from portal.common.msisdn import read_number
from portal.tenants.models import GatewayAccount, Tenant

MESSAGE_PATH = {
    "account": Parameter(name="account", text="The gateway account, by name.", example="link-main"),
    "message_id": Parameter(name="message_id", text="The gateway's message id.", example="a1b2c3"),
}


class MessagesView(ApiView):
    """Messages, newest first; handing in what a sender knows of them."""

    parser_classes = [ManyParser, submissions_api.SubmissionLinesParser]

    operations = {
        "GET": Operation(
            id="list_messages",
            tag="Messages",
            summary="Find messages",
            text=(
                "Search messages by any combination of filters, newest first. Days are the days of sending. Phone"
                " numbers are masked unless the key has the scope `numbers`. With `updated_since`, messages are in the"
                " order of change, oldest first: those that changed (or were stored) at that instant or later. Read to"
                " the last page, and go on from its `data_as_of` the next time: no change is left out, and a message"
                " that changes again comes again. Deleted messages, and those that move to a tenant that the key does"
                " not reach, are not told."
            ),
            parameters=(*FILTERS, UPDATED_SINCE, CURSOR, SIZE),
            sample={"period": "7d", "counts_as": "failed", "size": 100},
            answer=MessagePageSerializer,
            answer_text="A page of messages.",
            answer_example={
                "next_cursor": "WzAsIjIwMjYtMTAtMDEi",
                "data": [MESSAGE],
                "previous_cursor": None,
                "number_read_as": None,
                "data_as_of": "2026-10-01T09:15:02.123456Z",
                "timezone": "UTC",
            },
            problems=("too-slow",),
        ),
        "POST": submissions_api.OPERATION,
    }

    def post(self, request: Request) -> Response:
        if is_ndjson(request):
            return self.answer(submissions_api.submit_lines(request._request, request.data, self.access))
        return self.answer(submissions_api.submit(request._request, request.data, self.access))

    def get(self, request: Request) -> Response:
        query, statuses = read_query(self.given, self.access)
        count_searches(request, searched_texts(query), is_next_page="cursor" in self.given)
        since = self.given.instant("updated_since")
        until = no_writes_before()
        if statuses == []:  # a state and a count that have nothing in common
            return self.answer(self._page(query, [], Page([], None, None, {}), until))
        where = {"cursor": self.given.text("cursor"), "size": self.given.size(), "seconds": MAX_WITHIN}
        try:
            if since is None:
                page = search(query, **where)
            else:
                page = changed_messages(query, since=since, until=until, **where)
        except (BadFilter, BadCursor, SearchTooSlow) as error:
            raise problem_of(error) from error
        if query.message_id:
            page = replace(page, messages=without_masked_ids(page.messages, self.access.masking))
        if query.operator and not page.messages:
            check_operator(query, self.access)
        presenter = ApiMessagePresenter(self.access, page.messages, page.campaigns)
        return self.answer(self._page(query, [presenter.message(message) for message in page.messages], page, until))

    def _page(self, query: MessageQuery, shown: list[dict], page: Page, until: datetime) -> dict:
        read = read_number(query.number, query.number_country)
        return {
            "data": shown,
            "next_cursor": page.next_cursor,
            "previous_cursor": page.previous_cursor,
            "number_read_as": {"number": read.text, "country": read.country} if read.country else None,
            "data_as_of": until,
        }


class MessageView(ApiView):
    """One message with its delivery reports in the order of the operators' times."""

    operations = {
        "GET": Operation(
            id="get_message",
            tag="Messages",
            summary="Get a message with its delivery reports",
            text=(
                "Everything reported about a message, in the order of the operators' times. With the scope `gates`,"
                " each report has its deliveries by gates."
            ),
            path=MESSAGE_PATH,
            answer=MessageWithReportsSerializer,
            answer_text="The message.",
            answer_example=MESSAGE
            | {"reports": [REPORTS[0] | {"forwardings": [FORWARDING]}]}
            | {"data_as_of": "2026-10-01T09:15:02.123456Z", "timezone": "UTC"},
        )
    }

    def get(self, request: Request, account: str, message_id: str) -> Response:
        data_as_of = no_writes_before()
        message = message_or_404(
            tenant_ids=self.access.tenant_ids,
            account=account,
            message_id=message_id,
            masking=self.access.masking,
            held_to=self.access.account,
        )
        presenter = ApiMessagePresenter(self.access, [message], campaign_names([message]))
        reports = reports_of(message)
        forwardings: dict[int, list[dict]] | None = None
        if self.access.has_scope(GATES):
            forwardings = defaultdict(list)
            for one in forwarded_reports(message, reports):
                forwardings[one.inbox_id].append(_forwarding(one))
        return self.answer(
            presenter.message(message)
            | {
                "reports": [
                    presenter.report(message, line)
                    | {"forwardings": None if forwardings is None else forwardings[line.inbox_id]}
                    for line in reports
                ],
                "data_as_of": data_as_of,
            }
        )


def _forwarding(one: ForwardedReport) -> dict:
    return {
        "gate": one.gate.public_id if one.gate else None,
        "state": one.state,
        "due_at": one.due_at,
        "attempts": [
            {name: getattr(attempt, name) for name in ("id", "at", "number", "outcome", "is_last", "ms")}
            for attempt in one.attempts
        ],
    }


class MessageByQueryView(MessageView):
    """One message by parameters: no path can hold an id such as `..`, which clients fold."""

    operations = {
        "GET": replace(
            MessageView.operations["GET"],
            id="get_message_by_query",
            summary="Get a message by account and id as parameters",
            text=(
                "Like `get_message`, for ids that a path cannot hold, such as `..`. The `url` of such a message"
                " leads here."
            ),
            path={},
            parameters=(
                replace(MESSAGE_PATH["account"], required=True),
                replace(MESSAGE_PATH["message_id"], name="id", required=True),
            ),
            problems=("not-found",),
        )
    }

    def get(self, request: Request) -> Response:
        return super().get(request, self.given.text("account"), self.given.text("id"))


class ApiMessagePresenter:
    """Presenter of messages in a request: names instead of row numbers, phone numbers masked without their scope."""

    def __init__(self, access: Access, messages: list[StoredMessage], campaigns: dict[int, str]) -> None:
        self.masking = access.masking
        self.campaigns = campaigns | {OTHER_CAMPAIGNS_ID: OTHER_LABEL}
        tenants, accounts = {m.tenant_id for m in messages}, {m.folded.account_id for m in messages}
        self.tenants = dict(Tenant.objects.filter(id__in=tenants).values_list("id", "slug"))
        self.accounts = dict(GatewayAccount.objects.filter(id__in=accounts).values_list("id", "name"))

    def message(self, message: StoredMessage) -> dict:
        """Return one message as the API shows it."""
        folded, masking = message.folded, self.masking
        account, own = self.accounts[folded.account_id], folded.destination
        return {
            "id": masking.id(folded.message_id, own),
            "account": account,
            "tenant": self.tenants[message.tenant_id],
            "day": message.day,
            "partner_id": masking.id(folded.partner_id, own),
            "ref_id": masking.text(folded.ref_id, own),
            "campaign": self._campaign(message.campaign_id, own),
            "variant": masking.text(message.variant, own),
            "labels": masking.texts(message.labels, own),
            "custom_parameters": masking.texts(folded.parameters, own),
            "source": masking.sender(folded.source, folded.sender_type, own),
            "sender_type": folded.sender_type,
            "destination": masking.number(own),
            "country": folded.country,
            "operator": masking.text(folded.operator, own),
            "parts": folded.parts,
            "status": folded.status,
            "counts_as": COUNTS_AS[folded.status],
            "result_code": None if folded.result_code == NO_CODE else folded.result_code,
            "final": folded.final,
            "sent_at": folded.sent_at,
            "status_at": folded.status_at,
            "delivered_at": folded.delivered_at,
            "received_at": folded.received_at,
            "updated_at": message.updated_at,
            "url": address_of("api:message", account=account, id=id_in_address(message, masking)),
        }

    def report(self, message: StoredMessage, line: ReportLine) -> dict:
        """Return one of the message's delivery reports as the API shows it."""
        own, masking = message.folded.destination, self.masking
        return asdict(line) | {
            "operator": masking.text(line.operator, own),
            "operator_result_code": masking.text(line.operator_result_code, own),
        }

    def _campaign(self, campaign_id: int, own: str | None) -> dict | None:
        if campaign_id == NO_CAMPAIGN_ID:
            return None
        return {"id": campaign_id, "name": self.masking.text(self.campaigns.get(campaign_id), own)}
