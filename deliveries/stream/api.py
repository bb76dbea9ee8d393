"""/api/v1/delivery-reports/stream/: who may listen, to what and from where; the first page.

A page that has to wait, and server-sent events, go on in deliveries/stream/sending.py, outside Django's request path.
"""

from collections.abc import Collection

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import OTHER_CAMPAIGNS_ID, Campaign
from deliveries.gates_outbox.matching import Filter
from deliveries.message_pages.filters_api import check_prefix
from deliveries.message_pages.serializers import STATUSES
from deliveries.stream import server_sent
from deliveries.stream.granting import grant
from deliveries.stream.position import BadCursor
from deliveries.stream.reading import Asked, Chunk, Lost, NotReady, read_chunk
from deliveries.stream.sending import MAX_SIZE, ReportsGranted, events_of, page_of
from deliveries.stream.serializers import PAGE, StreamPageSerializer
from portal.accounts.access import Access
from portal.api.operations import Operation
from portal.api.parameters import ACCOUNT, TENANT, Parameter, Parameters
from portal.api.problems import BadParameter, CursorLost, Unavailable
from portal.api.views import ApiView

MAX_WAIT = 30  # seconds
SIZE = 500
RETRY_AFTER = 60  # seconds, until the log has been emptied after a restore

FILTERS = (
    Parameter(
        name="partner_id", text="Any of these platformPartnerIds.", repeatable=True, commas=True, example=["nr-fi"]
    ),
    Parameter(
        name="status",
        text="Any of these statuses, of the report.",
        kind="choice",
        choices=STATUSES,
        repeatable=True,
        example=["delivered"],
    ),
    Parameter(
        name="final",
        text="`true`: only reports that no other one should follow.",
        kind="choice",
        choices=("true", "false"),
        default="false",
    ),
    Parameter(
        name="country", text="Any of these countries (alpha-2).", kind="country", repeatable=True, example=["FI"]
    ),
    Parameter(
        name="campaign_id",
        text="Any of these campaigns, with those merged into them.",
        kind="number",
        least=OTHER_CAMPAIGNS_ID,
        repeatable=True,
    ),
    Parameter(
        name="ref_id_prefix",
        text="Beginning of the refId. Without the scope `numbers`, not 5 digits that may be part of a phone number.",
        example="october-",
    ),
    Parameter(
        name="custom_parameters",
        text="One custom parameter with its value, as `custom_parameters[key]=value`; an empty value: any.",
        kind="map",
        example={"shop": "7"},
    ),
    ACCOUNT,
    TENANT,
)
AFTER = Parameter(
    name="after",
    text=(
        "Go on behind this cursor. Without it the stream begins now; `oldest`: with the first event that is stored"
        " (7 days). The header `Last-Event-ID` goes before it."
    ),
    example="9f86d081.74211.90817",
)
WAIT = Parameter(
    name="wait",
    text="Seconds to wait for an event, if there is none. Pages only; events as a stream have no end.",
    kind="number",
    most=MAX_WAIT,
    default=0,
    example=30,
)
PAGE_SIZE = Parameter(name="size", text="At most so many events.", kind="number", least=1, most=MAX_SIZE, default=SIZE)


class StreamView(ApiView):
    """Delivery reports as they are applied."""

    operations = {
        "GET": Operation(
            id="stream_delivery_reports",
            tag="Messages",
            summary="Follow delivery reports",
            text=(
                "Every new delivery report once, in the order in which reports were applied, from any cursor of the"
                " last 7 days on. With `Accept: text/event-stream` as server-sent events without an end (event"
                " `delivery_report`; its id is the cursor; a heartbeat every 15 seconds); else as pages that wait for"
                " events, JSON whatever else is accepted. Times are UTC. Reports of archives that were imported, and"
                " those of messages that moved to another tenant, are not part of it."
            ),
            parameters=(AFTER, WAIT, PAGE_SIZE, *FILTERS),
            sample={"after": "oldest", "size": 100},
            answer=StreamPageSerializer,
            answer_text="Events, oldest first.",
            answer_example=PAGE,
            also_media=(server_sent.MEDIA_TYPE,),
            is_stream=True,
            problems=("cursor-lost",),
        )
    }

    def get(self, request: Request) -> Response | HttpResponse:
        asked, wait = read_asked(self.given, self.access), self.given.number("wait") or 0
        after = request.headers.get("Last-Event-ID", "").strip() or None
        if after is None and "after" in self.given:  # an empty one would begin now, and leave out what came before
            after = self.given.text("after")
        chunk = self._first_chunk(asked, after)
        is_events = server_sent.is_asked_for(request.headers)
        granted = ReportsGranted(
            key_id=self.key.id, wait=wait, is_events=is_events, asked=asked, chunk=chunk, size=self.given.size()
        )
        grant(request, granted)
        if is_events:
            return HttpResponse(events_of(chunk), content_type=server_sent.MEDIA_TYPE)
        return self.answer(page_of(chunk))

    def _first_chunk(self, asked: Asked, after: str | None) -> Chunk:
        try:
            return read_chunk(asked, after, limit=self.given.size())
        except BadCursor as error:
            raise BadParameter("after", str(error)) from error
        except Lost as error:
            raise CursorLost(str(error)) from error
        except NotReady as error:
            raise Unavailable(str(error), wait=RETRY_AFTER) from error


def read_asked(given: Parameters, access: Access) -> Asked:
    """Return what the parameters and the key ask for. Raises BadParameter."""
    check_prefix(given.text("ref_id_prefix"), access)
    asked = given.tenants(access)
    tenant_ids = access.tenant_ids if asked is None else frozenset(asked.values())
    parameters = given.map("custom_parameters")
    if len(parameters) > 1:
        raise BadParameter("custom_parameters", "at most one")
    key, value = next(iter(parameters.items()), ("", ""))
    chosen = Filter(
        partner_ids=frozenset(given.texts("partner_id") or ()),
        final_only=given.choice("final") == "true",
        statuses=frozenset(given.texts("status") or ()),
        countries=frozenset(given.texts("country") or ()),
        campaign_ids=_with_merged(given.numbers("campaign_id") or (), tenant_ids),
        ref_id_prefix=given.text("ref_id_prefix"),
        parameter_key=key,
        parameter_value=value,
    )
    return Asked(tenant_ids, given.account_id(access), chosen, access.masking)


def _with_merged(ids: Collection[int], tenant_ids: Collection[int]) -> frozenset[int]:
    merged = Campaign.objects.filter(tenant_id__in=tenant_ids, merged_into_id__in=ids).values_list("id", flat=True)
    return frozenset(ids) | (frozenset(merged) if ids else frozenset())
