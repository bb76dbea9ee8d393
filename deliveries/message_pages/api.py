"""/api/v1/messages/: messages by the filters of Message Search, one with its reports, and handing them in."""

from dataclasses import asdict, replace

from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID
from deliveries.dialects.codes import COUNTS_AS
from deliveries.message_pages import submissions_api
from deliveries.message_pages.examples import MESSAGE, REPORTS
from deliveries.message_pages.serializers import CLASSES, STATUSES, MessagePageSerializer, MessageWithReportsSerializer
from deliveries.messages.fold import NO_CODE
from deliveries.messages.row import OTHER_LABEL, StoredMessage
from deliveries.search.addresses import id_in_address, message_or_404, without_masked_ids
from deliveries.search.find import Page, ReportLine, SearchTooSlow, campaign_names, reports_of, search
from deliveries.search.number_searches_api import count_searches
from deliveries.search.operators import other_spellings
from deliveries.search.query import MAX_DELIVERED_WITHIN, BadFilter, MessageQuery
from portal.accounts.access import Access
from portal.api.ndjson import is_ndjson
from portal.api.operations import Operation
from portal.api.parameters import ACCOUNT, CURSOR, FROM, PERIOD, SIZE, TENANT, TO, Parameter, Parameters
from portal.api.problems import BadParameter, TooSlow
from portal.api.views import ApiView, ManyParser
from portal.common.any_text import address_of
from portal.common.keyset import BadCursor
from portal.common.msisdn import may_be_part_of_number, read_number
from portal.tenants.models import GatewayAccount, Tenant

MAX_WITHIN = 10.0

_TEXTS = (
    Parameter(
        name="number",
        text=(
            "The whole number of the recipient, in any notation. Without a country code it is read in the key's"
            " `country`."
        ),
        example="+358401234567",
    ),
    Parameter(name="ref_id", text="The refId, whole.", example="october-sale"),
    Parameter(
        name="ref_id_prefix",
        text=("Beginning of the refId. Without the scope `numbers`, not 5 digits that may be part of a phone number."),
        example="october-",
    ),
    Parameter(
        name="message_id", text="The gateway's message id, or the id of one part (`a1b2c3$0`).", example="a1b2c3"
    ),
    Parameter(
        name="campaign",
        text="The campaign's name; `(other)`: beyond the daily limit; `(none)`: no campaign.",
        example="October sale",
    ),
    Parameter(name="variant", text="The campaign's variant.", example="B"),
    Parameter(name="partner_id", text="The platformPartnerId; `(other)`: beyond the daily limit.", example="nr-fi"),
    Parameter(name="country", text="ISO 3166-1 alpha-2; `ZZ`: unknown.", kind="country", example="FI"),
    Parameter(name="operator", text="The operator, as named in delivery reports.", example="Example Mobile"),
)

FILTERS = (
    PERIOD,
    FROM,
    TO,
    *_TEXTS,
    Parameter(
        name="custom_parameters",
        text=(
            "A custom parameter with its whole value, as `custom_parameters[key]=value`. Several"
            " parameters must all match. Only keys that the tenant has chosen (Settings, Segments) can"
            " be searched; of several tenants, only those that have chosen them all are searched."
        ),
        kind="map",
        example={"shop": "7"},
    ),
    Parameter(name="status", text="Any of these statuses.", kind="choice", choices=STATUSES, repeatable=True),
    Parameter(
        name="counts_as",
        text=(
            "Any of these: failed includes `failed`, `expired` and `rejected`; pending includes `queued` and `sent`."
        ),
        kind="choice",
        choices=CLASSES,
        repeatable=True,
        example=["failed"],
    ),
    Parameter(
        name="result_code",
        text="The gateway's result code; -1: no report yet.",
        kind="number",
        least=NO_CODE,
    ),
    Parameter(
        name="delivered_within",
        text="Delivered at most so many seconds after sending, with the accuracy of all times in figures (2 %).",
        kind="number",
        least=0,
        most=MAX_DELIVERED_WITHIN,
    ),
    Parameter(
        name="hour",
        text="The hour of sending on the clock, in each tenant's own time zone; 7: from 07:00 to 07:59.",
        kind="number",
        least=0,
        most=23,
    ),
    Parameter(
        name="campaign_id",
        text="A campaign by the `campaign.id` of a message; 0: no campaign.",
        kind="number",
        least=OTHER_CAMPAIGNS_ID,
    ),
    ACCOUNT,
    TENANT,
)

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
                " numbers are masked unless the key has the scope `numbers`."
            ),
            parameters=(*FILTERS, CURSOR, SIZE),
            sample={"period": "7d", "counts_as": "failed", "size": 100},
            answer=MessagePageSerializer,
            answer_text="A page of messages.",
            answer_example={
                "next_cursor": "WzAsIjIwMjYtMTAtMDEi",
                "data": [MESSAGE],
                "previous_cursor": None,
                "number_read_as": None,
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
        if statuses == []:  # a state and a count that have nothing in common
            return self.answer(self._page(query, [], Page([], None, None, {})))
        try:
            page = search(query, cursor=self.given.text("cursor"), size=self.given.size(), seconds=MAX_WITHIN)
        except BadFilter as error:
            raise BadParameter(error.field, error.text) from error
        except BadCursor as error:
            raise BadParameter("cursor", str(error)) from error
        except SearchTooSlow as error:
            raise TooSlow(f"The search took more than {MAX_WITHIN:g} seconds.") from error
        if query.message_id:
            page = replace(page, messages=without_masked_ids(page.messages, self.access.masking))
        if query.operator and not page.messages:
            self._check_operator(query)
        presenter = ApiMessagePresenter(self.access, page.messages, page.campaigns)
        return self.answer(self._page(query, [presenter.message(message) for message in page.messages], page))

    def _page(self, query: MessageQuery, shown: list[dict], page: Page) -> dict:
        read = read_number(query.number, query.number_country)
        return {
            "data": shown,
            "next_cursor": page.next_cursor,
            "previous_cursor": page.previous_cursor,
            "number_read_as": {"number": read.text, "country": read.country} if read.country else None,
        }

    def _check_operator(self, query: MessageQuery) -> None:
        """Refuse an operator that the messages have in another spelling alone."""
        if meant := other_spellings([query.operator], tenant_ids=query.tenant_ids, masking=self.access.masking).get(
            query.operator
        ):
            raise BadParameter("operator", f"no match for this spelling; did you mean {meant}?")


def read_query(given: Parameters, access: Access) -> tuple[MessageQuery, list[str] | None]:
    """Return the search that FILTERS ask for, and its statuses: None for all, empty if nothing can match.

    Raises BadParameter.
    """
    statuses = _statuses(given)
    first, last = given.days(access)
    texts = {parameter.name: given.text(parameter.name) for parameter in _TEXTS}
    _check_prefix(texts["ref_id_prefix"], access)
    asked = given.tenants(access)
    query = MessageQuery(
        tenant_ids=access.tenant_ids if asked is None else frozenset(asked.values()),
        first=first,
        last=last,
        campaign_id=given.number("campaign_id"),
        account_id=given.account_id(access),
        statuses=tuple(statuses or ()),
        result_code=given.number("result_code"),
        delivered_within=given.number("delivered_within"),
        hour=given.number("hour"),
        number_country=access.tenant.country,
        parameters=given.map("custom_parameters"),
        **texts,
    )
    return query, statuses


def searched_texts(query: MessageQuery) -> list[tuple[str, str]]:
    """Return the filters of a search that may hold a phone number."""
    return [*((parameter.name, getattr(query, parameter.name)) for parameter in _TEXTS), *query.parameters.items()]


def _check_prefix(prefix: str, access: Access) -> None:
    """Reject a refId prefix that could reveal a masked number digit by digit."""
    if may_be_part_of_number(prefix) and not access.masking.in_full:
        text = "5 or more digits may be part of a phone number: use the scope `numbers`, or a whole `ref_id`."
        raise BadParameter("ref_id_prefix", text)


def _statuses(given: Parameters) -> list[str] | None:
    """Return the requested statuses, given by name and by count; None for all."""
    named, classes = given.texts("status"), given.texts("counts_as")
    if classes is None:
        return named
    return [status for status in named or STATUSES if COUNTS_AS[status] in classes]


class MessageView(ApiView):
    """One message with its delivery reports in the order of the operators' times."""

    operations = {
        "GET": Operation(
            id="get_message",
            tag="Messages",
            summary="Get a message with its delivery reports",
            text="Everything reported about a message, in the order of the operators' times.",
            path=MESSAGE_PATH,
            answer=MessageWithReportsSerializer,
            answer_text="The message.",
            answer_example=MESSAGE | {"reports": REPORTS},
        )
    }

    def get(self, request: Request, account: str, message_id: str) -> Response:
        message = message_or_404(
            tenant_ids=self.access.tenant_ids,
            account=account,
            message_id=message_id,
            masking=self.access.masking,
            held_to=self.access.account,
        )
        presenter = ApiMessagePresenter(self.access, [message], campaign_names([message]))
        return self.answer(
            presenter.message(message) | {"reports": [presenter.report(message, line) for line in reports_of(message)]}
        )


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
            parameters=(MESSAGE_PATH["account"], replace(MESSAGE_PATH["message_id"], name="id")),
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
