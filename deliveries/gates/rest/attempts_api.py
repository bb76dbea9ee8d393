"""/api/v1/gates/<id>/attempts/: what a gate sent, and what was answered."""

from datetime import timedelta
from typing import Literal

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.gates.reading import AttemptFilter, attempt_of, attempts_of
from deliveries.gates.rest.examples import ATTEMPT, DETAIL
from deliveries.gates.rest.gates_api import GATE_PATH, gate_of
from deliveries.gates.rest.serializers import AttemptDetailAnswer, AttemptsAnswer
from deliveries.gates.rest.shown import attempts_shown
from portal.api.operations import GATES, Operation
from portal.api.pages import ROW_ID_MAX
from portal.api.parameters import CURSOR, SINCE, SIZE, UNTIL, Parameter
from portal.api.problems import BadParameter
from portal.api.views import ApiView
from portal.common.keyset import BadCursor
from portal.common.periods import start_of_day

OUTCOMES: dict[str, Literal["", "ok", "failed"]] = {"": "", "ok": "ok", "failed": "failed"}
ATTEMPT_PATH = GATE_PATH | {
    "attempt_id": Parameter(name="attempt_id", text="The attempt's `id`.", kind="number", most=ROW_ID_MAX, example=4711)
}


class AttemptsView(ApiView):
    """The attempts of one gate."""

    operations = {
        "GET": Operation(
            id="list_gate_attempts",
            tag="Gates",
            summary="List a gate's attempts",
            text=(
                "The attempts of the last 30 days, newest first, tests included. Phone numbers are masked unless the"
                " key has the scope `numbers`."
            ),
            scope=GATES,
            path=GATE_PATH,
            parameters=(
                Parameter(
                    name="outcome",
                    text="Only those that delivered (`ok`), or only the others.",
                    kind="choice",
                    choices=("ok", "failed"),
                    example="failed",
                ),
                Parameter(name="message_id", text="Only of this message.", example="a1b2c3"),
                SINCE,
                UNTIL,
                CURSOR,
                SIZE,
            ),
            sample={"outcome": "failed"},
            answer=AttemptsAnswer,
            answer_text="A page of attempts.",
            answer_example={"next_cursor": None, "timezone": "UTC", "data": [ATTEMPT]},
        )
    }

    def get(self, request: Request, gate_id: str) -> Response:
        gate = gate_of(self.access, gate_id)
        span, zone = self.given.span(self.access), gate.tenant.timezone
        chosen = AttemptFilter(
            outcome=OUTCOMES[self.given.choice("outcome") or ""],
            message_id=self.given.text("message_id"),
            since=start_of_day(span.first, zone) if span.first else span.since,
            until=start_of_day(span.last + timedelta(days=1), zone) if span.last else span.until,
        )
        try:
            page = attempts_of(gate, chosen, cursor=self.given.text("cursor"), size=self.given.size())
        except BadCursor as error:
            raise BadParameter("cursor", str(error)) from error
        rows = attempts_shown(page.attempts, self.access.masking)
        if chosen.message_id:  # a masked id must not be found by guessing
            rows = [row for row, one in zip(rows, page.attempts, strict=True) if row["message_id"] == one.message_id]
        return self.answer({"data": rows, "next_cursor": page.older})


class AttemptView(ApiView):
    """One attempt."""

    operations = {
        "GET": Operation(
            id="get_gate_attempt",
            tag="Gates",
            summary="One attempt",
            text="An attempt with its request and the stored answer. Credentials in headers are masked.",
            scope=GATES,
            path=ATTEMPT_PATH,
            answer=AttemptDetailAnswer,
            answer_text="The attempt.",
            answer_example=DETAIL,
        )
    }

    def get(self, request: Request, gate_id: str, attempt_id: int) -> Response:
        found = attempt_of(gate_of(self.access, gate_id), min(attempt_id, ROW_ID_MAX))
        if found is None:
            raise Http404
        return self.answer(attempts_shown([found], self.access.masking)[0])
