"""/api/v1/statements/{id}/lines/{position}/: what a line counted, and what it would count today."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import urlencode
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from portal.api.operations import BILLING, Operation
from portal.api.pages import ROW_ID_MAX
from portal.api.parameters import Parameter
from portal.api.views import ApiView
from reports.billing.api import PATH, found_statement
from reports.billing.opened import has_messages, open_line
from reports.billing.serializers import StatementChangeSerializer
from reports.models import StatementLine

_POSITION = Parameter(name="position", text="The line's `position`.", kind="number", most=32_767, example=1)


class OpenedLineAnswer(serializers.Serializer):
    """A line that counts messages, as it was billed and as it is today."""

    position = serializers.IntegerField(help_text="The line's place.")
    counted = serializers.IntegerField(help_text="The line's quantity; of a correction the difference.")
    counted_today = serializers.IntegerField(help_text="The quantity that would be counted now.")
    changes = StatementChangeSerializer(many=True, help_text="What the ledger of causes names for the difference.")
    messages_before = serializers.DateField(
        allow_null=True, help_text="Messages of days before this one are deleted: retention. Null: none are."
    )
    messages = serializers.ListField(
        child=serializers.CharField(),
        help_text=(
            "Addresses of lists of today's messages, one for each span of days; they need the scope `read`. None where"
            " all are deleted, or where the partner ID is masked for the key."
        ),
    )
    timezone = serializers.CharField(help_text="Zone of the days: the customer's.")
    data_as_of = serializers.DateTimeField(help_text="Changes before this instant are in `counted_today`.")


class StatementLineView(ApiView):
    """A line of a statement opened."""

    operations = {
        "GET": Operation(
            id="get_statement_line",
            tag="Statements",
            summary="A line of a statement opened",
            text=(
                "What a line of messages counted when it was billed, what it would count today, and the changes that"
                " the ledger of causes names between the two. 404 for a line that counts no messages, such as a fee."
            ),
            scope=BILLING,
            path=PATH | {"position": _POSITION},
            answer=OpenedLineAnswer,
            answer_text="The line.",
            answer_example={
                "position": 1,
                "counted": 1200,
                "counted_today": 1207,
                "changes": [{"cause": "late_reports", "messages": 7, "parts": 7}],
                "messages_before": None,
                "messages": ["/api/v1/messages/?from=2026-10-01&to=2026-10-31&partner_id=nr-fi&country=FI"],
                "timezone": "Europe/Helsinki",
                "data_as_of": "2026-11-20T09:37:02.123456Z",
            },
        )
    }

    def get(self, request: Request, statement_id: int, position: int) -> Response:
        statement, as_of = found_statement(self.access, statement_id), no_writes_before()
        rows = StatementLine.objects.select_related("corrects", "statement__customer")
        line = get_object_or_404(rows, statement=statement, position=min(position, ROW_ID_MAX))
        if not has_messages(line):
            raise Http404
        opened = open_line(line)
        is_told = not opened.is_sealed and not self.access.masking.hides(line.partner_id)
        lists = reverse("api:messages")
        return self.answer(
            {
                "position": line.position,
                "counted": opened.then,
                "counted_today": opened.today,
                "changes": [
                    {"cause": cause, "messages": messages, "parts": parts} for cause, messages, parts in opened.changes
                ],
                "messages_before": opened.sealed_before,
                "messages": [f"{lists}?{urlencode(one, doseq=True)}" for one in opened.searches] if is_told else [],
                "timezone": statement.customer.timezone,
                "data_as_of": as_of,
            }
        )
