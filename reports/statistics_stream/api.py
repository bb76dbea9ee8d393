"""/api/v1/statistics/stream/: totals of days as they change; the first answer.

A page that has to wait, and server-sent events, go on in reports/statistics_stream/sending.py, outside Django's
request path.
"""

import re
from dataclasses import replace

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.stream import server_sent
from deliveries.stream.granting import grant
from portal.accounts.access import Access
from portal.api.operations import Operation
from portal.api.parameters import ACCOUNT, FROM, PERIOD, TENANT, TO, Parameter, Parameters
from portal.api.problems import BadParameter
from portal.api.views import ApiView
from portal.common.period_picker import PeriodError
from reports.statistics_stream.examples import TOTALS
from reports.statistics_stream.sending import TotalsGranted, page_of
from reports.statistics_stream.serializers import TotalsSerializer
from reports.statistics_stream.totals import DEFAULT_PERIOD, MAX_DAYS, Asked, read_totals

MAX_WAIT = 30  # seconds
PERIODS = ("today", "yesterday", "7d", "30d", "this_month", "last_month")
_CURSOR = "^[0-9a-f]{16}$"


class StatisticsStreamView(ApiView):
    """Totals of days as they change."""

    operations = {
        "GET": Operation(
            id="stream_statistics",
            tag="Statistics",
            summary="Follow the totals of days",
            text=(
                f"Figures by day, of up to {MAX_DAYS} days, as `/api/v1/statistics/` has them at this moment. With"
                " `Accept: text/event-stream` as server-sent events without an end, at most one a second: the first one"
                " (event `day_totals`) has all days, each later one those that have changed since; a heartbeat every 15"
                " seconds. Else as pages, in JSON: with `after`, a page waits up to `wait` seconds for other totals."
                " `data_as_of` is UTC. Nothing is lost: who connects again gets the present totals first, and a slow"
                " reader the newest ones. A named period, and one without `to`, goes on with the days."
            ),
            parameters=(
                replace(
                    PERIOD,
                    text="A named period instead of `from` and `to`. “Today” is in the key's time zone.",
                    choices=PERIODS,
                    default=DEFAULT_PERIOD,
                    example="7d",
                ),
                FROM,
                replace(TO, text="Last day, included; not before `from`. Without it the period goes on with today."),
                Parameter(
                    name="group_by",
                    text="`tenant`: the days of each tenant; else those of all together.",
                    kind="choice",
                    choices=("tenant",),
                    example="tenant",
                ),
                ACCOUNT,
                replace(TENANT, text="Only these tenants, by slug.", repeatable=True, example=["nordic-retail"]),
                Parameter(
                    name="after",
                    text=(
                        "The `next_cursor` of the totals that you have: the page has no groups while they are the same."
                        " Pages only; events begin with the present totals."
                    ),
                    pattern=_CURSOR,
                    example="9f86d081884c7d65",
                ),
                Parameter(
                    name="wait",
                    text="Seconds to wait for other totals than those of `after`. Pages only; events have no end.",
                    kind="number",
                    most=MAX_WAIT,
                    default=0,
                    example=30,
                ),
            ),
            sample={"period": "7d"},
            answer=TotalsSerializer,
            answer_text="The totals, or that they are still the same.",
            answer_example=TOTALS,
            also_media=(server_sent.MEDIA_TYPE,),
            is_stream=True,
        )
    }

    def get(self, request: Request) -> Response | HttpResponse:
        asked, after = read_asked(self.given, self.access), self.given.text("after")
        if "after" in self.given and not re.fullmatch(_CURSOR, after):
            raise BadParameter("after", "not a cursor of this stream: 16 digits and letters from a to f")
        try:
            totals = read_totals(asked)
        except PeriodError as error:
            raise BadParameter(error.field, error.text) from error
        wait, is_events = self.given.number("wait") or 0, server_sent.is_asked_for(request.headers)
        granted = TotalsGranted(
            key_id=self.key.id,
            wait=wait,
            is_events=is_events,
            reached=self.access.tenant_ids,
            asked=asked,
            totals=totals,
            after=after,
        )
        grant(request, granted)
        if is_events:
            return HttpResponse(totals.event(), content_type=server_sent.MEDIA_TYPE)
        return self.answer(page_of(totals, after))


def read_asked(given: Parameters, access: Access) -> Asked:
    """Return what the parameters and the key ask for. Raises BadParameter."""
    given.days(access)  # which names what is wrong
    assert access.tenant is not None  # every key has one
    chosen = given.tenants(access)
    return Asked(
        tenant_ids=access.tenant_ids if chosen is None else frozenset(chosen.values()),
        account_id=given.account_id(access),
        timezone=access.tenant.timezone,
        group_by=("day", "tenant") if given.choice("group_by") else ("day",),
        period=tuple((name, given.text(name)) for name in ("period", "from", "to") if name in given),
    )
