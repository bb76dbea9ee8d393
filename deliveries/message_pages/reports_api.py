"""/api/v1/delivery-reports/: delivery reports of messages, in the order in which they were applied."""

from dataclasses import replace
from datetime import datetime

from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.dialects.codes import COUNTS_AS, CodeTable
from deliveries.message_pages.api import ApiMessagePresenter
from deliveries.message_pages.examples import LISTED_REPORT
from deliveries.message_pages.filters_api import (
    MAX_WITHIN,
    OF_MESSAGE,
    check_operator,
    problem_of,
    query_of_message,
    read_statuses,
    searched_texts,
)
from deliveries.message_pages.serializers import CLASSES, STATUSES, DeliveryReportPageSerializer
from deliveries.messages.code_tables import code_tables
from deliveries.messages.slices import no_writes_before
from deliveries.search.find import SearchTooSlow
from deliveries.search.number_searches_api import count_searches
from deliveries.search.query import BadFilter
from deliveries.search.report_list import ListedReport, ReportPage, ReportQuery, list_reports
from portal.api.operations import Operation
from portal.api.parameters import CURSOR, PERIOD, SINCE, SIZE, UNTIL, UPDATED_SINCE, Parameter
from portal.api.views import ApiView
from portal.common.keyset import BadCursor
from portal.tenants.models import Feed


class DeliveryReportsView(ApiView):
    """Delivery reports, those applied last first, or from an instant on as they were applied."""

    operations = {
        "GET": Operation(
            id="list_delivery_reports",
            tag="Messages",
            summary="List delivery reports",
            text=(
                "Delivery reports, each with its message as it is now; those that were applied last come first. The"
                " period is that of `applied_at`. `status`, `counts_as` and `result_code` are the report's, all other"
                " filters are of its message. With `updated_since`, reports are in the order in which they were"
                " applied, from that instant on. Read to the last page, and go on from its `data_as_of` the next time:"
                " none is left out and none comes twice. Reports of a message that moves to another tenant are new"
                " there. Repeated reports are stored once."
            ),
            parameters=(
                PERIOD,
                SINCE,
                UNTIL,
                *OF_MESSAGE,
                Parameter(
                    name="status",
                    text="Any of these statuses of reports.",
                    kind="choice",
                    choices=STATUSES,
                    repeatable=True,
                ),
                Parameter(
                    name="counts_as",
                    text="Any of these: failed is `failed`, `expired` and `rejected`; pending is `queued` and `sent`.",
                    kind="choice",
                    choices=CLASSES,
                    repeatable=True,
                    example=["failed"],
                ),
                Parameter(
                    name="result_code",
                    text="Any of these result codes of the gateway.",
                    kind="number",
                    least=0,
                    repeatable=True,
                    example=[1006],
                ),
                UPDATED_SINCE,
                CURSOR,
                SIZE,
            ),
            sample={"updated_since": "2026-10-01T08:00:00Z", "size": 500},
            answer=DeliveryReportPageSerializer,
            answer_text="A page of delivery reports.",
            answer_example={
                "next_cursor": None,
                "data": [LISTED_REPORT],
                "data_as_of": "2026-10-01T09:15:02.123456Z",
                "timezone": "UTC",
            },
            problems=("too-slow",),
        )
    }

    def get(self, request: Request) -> Response:
        given, access = self.given, self.access
        messages, statuses = query_of_message(given, access), read_statuses(given)
        count_searches(request, searched_texts(messages), is_next_page="cursor" in given)
        span, updated_since = given.span(access), given.instant("updated_since")
        tables = self._tables()
        query = ReportQuery(
            messages=messages,
            first=span.first,
            last=span.last,
            since=span.since,
            until=span.until,
            codes=tuple(given.numbers("result_code") or ()),
            statuses=tuple(statuses or ()),
            tables={id_: table for id_, table in tables.items() if messages.account_id in (None, id_)},
        )
        until = no_writes_before()
        if updated_since is not None:
            query = replace(
                query,
                since=max(filter(None, (span.since, updated_since))),
                until=min(filter(None, (span.until, until))),
            )
        if statuses == []:
            return self.answer(self._page(ReportPage([], None, {}), tables, until))
        try:
            page = list_reports(
                query,
                ascending=updated_since is not None,
                cursor=given.text("cursor"),
                size=given.size(),
                seconds=MAX_WITHIN,
            )
        except (BadFilter, BadCursor, SearchTooSlow) as error:
            raise problem_of(error) from error
        if messages.message_id:  # a masked id must not be found by guessing
            hides = access.masking.hides_id
            kept = [
                one for one in page.reports if not hides(one.message.folded.message_id, one.message.folded.destination)
            ]
            page = replace(page, reports=kept)
        if messages.operator and not page.reports:
            check_operator(messages, access)
        return self.answer(self._page(page, tables, until))

    def _tables(self) -> dict[int, CodeTable]:
        """Return the code tables of the accounts that the key sees, by the account's id."""
        known = code_tables()
        return {id_: known[name] for id_, name in Feed.objects.values_list("account_id", "dialect") if name in known}

    def _page(self, page: ReportPage, tables: dict[int, CodeTable], until: datetime) -> dict:
        presenter = ApiMessagePresenter(self.access, [one.message for one in page.reports], page.campaigns)
        return {
            "data": [_shown(one, presenter, tables[one.message.folded.account_id]) for one in page.reports],
            "next_cursor": page.next_cursor,
            "data_as_of": until,
        }


def _shown(one: ListedReport, presenter: ApiMessagePresenter, table: CodeTable) -> dict:
    status, final = table.meaning(one.line.result_code)
    return presenter.report(one.message, one.line) | {
        "status": status,
        "counts_as": COUNTS_AS[status],
        "final": final,
        "applied_at": one.applied_at,
        "message": presenter.message(one.message),
    }
