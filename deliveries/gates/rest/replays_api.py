"""/api/v1/gates/<id>/replays/: reports sent again, counted before, started, watched and cancelled."""

from dataclasses import replace
from datetime import datetime

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.gates.reading import attempt_of
from deliveries.gates.replaying import asking
from deliveries.gates.replaying.pace import Pace, pace_of
from deliveries.gates.replaying.progress import progress_of
from deliveries.gates.replaying.wanted import Wanted
from deliveries.gates.rest.gates_api import GATE_PATH, gate_of
from deliveries.gates.rest.replay_examples import CANCELLED, REPLAY, STARTED
from deliveries.gates.rest.replay_serializers import ReplayAnswer, ReplayBody, ReplaysAnswer
from deliveries.message_pages.filters_api import FILTERS, read_query, searched_texts
from deliveries.models import Gate, GateReplay
from deliveries.search.number_searches_api import count_searches
from deliveries.search.query import BadFilter, MessageQuery
from portal.api.operations import GATES, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import Parameter
from portal.api.problems import BadField, BadParameter, Conflict
from portal.api.views import ApiView
from portal.common.msisdn import may_be_part_of_number
from portal.tenants.models import ApiKey

REPLAY_PATH = GATE_PATH | {
    "replay_id": Parameter(name="replay_id", text="The replay's `id`.", kind="number", most=ROW_ID_MAX, example=17)
}


class ReplaysView(ApiView):
    """The replays of one gate, newest first. POST counts or starts one."""

    operations = {
        "GET": Operation(
            id="list_gate_replays",
            tag="Gates",
            summary="List a gate's replays",
            text="The replays of the gate, newest first. A row is deleted 30 days after its end.",
            scope=GATES,
            path=GATE_PATH,
            parameters=LISTED,
            answer=ReplaysAnswer,
            answer_text="A page of replays.",
            answer_example=PAGE_EXAMPLE | {"data": [REPLAY]},
        ),
        "POST": Operation(
            id="replay_gate",
            tag="Gates",
            summary="Replay reports through a gate",
            text=(
                "Send delivery reports again, each with one attempt, with the webhook-id of its first delivery and the"
                " current signing secret. A report that waits already is left as it is. Ask with `dry_run` first: it"
                " counts the reports, and says how quickly they are sent and how long that takes. Of one gate, one"
                " replay runs at a time, single reports aside. With the kind `search` the query parameters are the"
                " filters of `list_messages`, which needs the scope `read`, too."
            ),
            scope=GATES,
            path=GATE_PATH,
            parameters=FILTERS,
            body=ReplayBody,
            body_example={"kind": "search", "dry_run": True},
            sample={"period": "last_month", "campaign": "October sale"},
            answer=ReplayAnswer,
            answer_text="The replay is started; `Location` is its URL.",
            answer_example=STARTED,
            status=202,
            also={200: "A dry run: what the replay would do."},
            headers={"Location": "The replay's address."},
            problems=("bad-parameter", "conflict"),
        ),
    }

    def get(self, request: Request, gate_id: str) -> Response:
        gate = gate_of(self.access, gate_id)
        rows, pace = GateReplay.objects.filter(tenant=gate.tenant, gate=gate), pace_of(gate)
        return self.answer(
            page_of(rows, self.given, self.access, lambda page: [shown(one, gate, pace) for one in page])
        )

    def post(self, request: Request, gate_id: str) -> Response:
        gate, now = gate_of(self.access, gate_id), timezone.now()
        body = self.body(request)
        if body["kind"] != GateReplay.Kind.SEARCH and (name := next(iter(request.query_params), "")):
            raise BadParameter(name, "only of a replay of the kind search")
        if body["kind"] == GateReplay.Kind.ATTEMPT:
            return self._replay_one(gate, body, now)
        query = self._query(request, gate) if body["kind"] == GateReplay.Kind.SEARCH else None
        wanted = self._wanted(gate, body, now, query)
        try:
            preview = asking.preview(wanted)
        except BadFilter as error:
            raise BadParameter(error.field, error.text) from error
        title = " ".join(f"{name}={text}" for name, texts in request.query_params.lists() for text in texts if text)
        if body["dry_run"]:
            return self.answer(_dry_run(wanted, preview, title=title), status=200)
        if preview.reports == 0:
            raise Conflict("There are no reports to replay.")
        try:
            replay = asking.start(wanted, actor=str(self.access.key), title=title, expected=preview.reports)
        except asking.ReplayRefused as refused:
            raise Conflict(str(refused.text)) from refused
        return self._started(replay, gate)

    def _replay_one(self, gate: Gate, body: dict, now: datetime) -> Response:
        if "attempt" not in body:
            raise BadField("attempt", "required: the `id` of an attempt")
        attempt = attempt_of(gate, min(body["attempt"], ROW_ID_MAX))
        if attempt is None:
            raise BadField("attempt", "this gate has no such attempt")
        if body["dry_run"]:
            wanted = Wanted(gate, body["kind"], now)
            return self.answer(_dry_run(wanted, asking.Preview(1, True, pace_of(gate)), title=""), status=200)
        try:
            return self._started(asking.replay_one(gate, attempt, actor=str(self.access.key), now=now), gate)
        except asking.ReplayRefused as refused:
            raise Conflict(str(refused.text)) from refused

    def _started(self, replay: GateReplay, gate: Gate) -> Response:
        replay.refresh_from_db()
        answer = shown(replay, gate, pace_of(gate))
        return self.answer(answer, Location=answer["url"])

    def _wanted(self, gate: Gate, body: dict, now: datetime, query: MessageQuery | None) -> Wanted:
        until = min(body.get("until", now), now)
        if query is not None:
            return Wanted(gate, body["kind"], until, query=query)
        if "since" not in body:
            raise BadField("since", "required: an instant, such as 2026-11-20T06:00:00Z")
        if body["since"] >= until:
            raise BadField("since", "must be before the end, and in the past")
        return Wanted(gate, body["kind"], until, body["since"])

    def _query(self, request: Request, gate: Gate) -> MessageQuery:
        """Return the search, of the gate's own customer alone."""
        if not self.access.has_scope(ApiKey.Scope.READ):
            raise PermissionDenied("A replay of a search needs a key that has the scope “read”, too.")
        query, statuses = read_query(self.given, self.access)
        if statuses == []:
            raise BadParameter("counts_as", "no message has one of these statuses and counts as one of these")
        if not self.access.masking.in_full and may_be_part_of_number(query.message_id):
            raise BadParameter("message_id", "5 or more digits may be part of a phone number: use the scope `numbers`")
        count_searches(request, searched_texts(query))
        return replace(query, tenant_ids=query.tenant_ids & {gate.tenant_id})


class ReplayView(ApiView):
    """One replay and how far it is; ending it."""

    operations = {
        "GET": Operation(
            id="get_gate_replay",
            tag="Gates",
            summary="One replay",
            text="A replay and its progress. Poll every few seconds until its `state` is final.",
            scope=GATES,
            path=REPLAY_PATH,
            answer=ReplayAnswer,
            answer_text="The replay.",
            answer_example=REPLAY,
        ),
        "DELETE": Operation(
            id="cancel_gate_replay",
            tag="Gates",
            summary="Cancel a replay",
            text=(
                "Cancel a replay: what waits of it is not sent; requests that are under way end as they end. Repeating"
                " it, or of a replay that has ended, changes nothing."
            ),
            scope=GATES,
            path=REPLAY_PATH,
            answer=ReplayAnswer,
            answer_text="The replay as it is now.",
            answer_example=CANCELLED,
        ),
    }

    def get(self, request: Request, gate_id: str, replay_id: int) -> Response:
        gate = gate_of(self.access, gate_id)
        return self.answer(shown(_replay(gate, replay_id), gate, pace_of(gate)))

    def delete(self, request: Request, gate_id: str, replay_id: int) -> Response:
        gate = gate_of(self.access, gate_id)
        replay = _replay(gate, replay_id)
        asking.cancel(replay, actor=str(self.access.key))
        replay.refresh_from_db()
        return self.answer(shown(replay, gate, pace_of(gate)))


def _replay(gate: Gate, replay_id: int) -> GateReplay:
    found = GateReplay.objects.select_related("gate__tenant")
    return get_object_or_404(found, tenant=gate.tenant, gate=gate, id=min(replay_id, ROW_ID_MAX))


def shown(replay: GateReplay, gate: Gate, pace: Pace) -> dict:
    """Return a replay as the API shows it."""
    numbers = progress_of(replay)
    settled = numbers.already + numbers.delivered + numbers.failed + numbers.gone
    left = round(pace.duration(max(replay.total - settled, 0)).total_seconds())
    return {
        "id": replay.id,
        "gate": gate.public_id,
        "kind": replay.kind,
        "search": replay.title,
        "since": replay.since,
        "until": replay.until,
        "state": replay.state,
        "problem": replay.problem or None,
        "is_held": replay.is_open and gate.state != Gate.State.ACTIVE,
        "expected": replay.total or None,
        "is_exact": None,
        "rate_per_second": pace.rate,
        "seconds_left": left if replay.is_open and replay.total else None,
        "queued": numbers.queued,
        "waiting": numbers.waiting,
        "delivered": numbers.delivered,
        "failed": numbers.failed,
        "gone": numbers.gone,
        "withdrawn": numbers.withdrawn,
        "already_waiting": numbers.already,
        "requested_at": replay.created_at,
        "requested_by": replay.made_by,
        "finished_at": replay.finished_at,
        "url": reverse("api:gate_replay", args=[gate.public_id, replay.id]),
    }


def _dry_run(wanted: Wanted, preview: asking.Preview, *, title: str) -> dict:
    """Return what a replay would do, in the shape of one."""
    seconds = preview.seconds
    return {
        "id": None,
        "gate": wanted.gate.public_id,
        "kind": wanted.kind,
        "search": title,
        "since": wanted.since,
        "until": wanted.until,
        "state": None,
        "problem": None,
        "is_held": wanted.gate.state != Gate.State.ACTIVE,
        "expected": preview.reports,
        "is_exact": preview.is_exact if preview.reports is not None else None,
        "rate_per_second": preview.pace.rate,
        "seconds_left": None if seconds is None else round(seconds),
        **dict.fromkeys(("queued", "waiting", "delivered", "failed", "gone", "withdrawn", "already_waiting"), 0),
        "requested_at": None,
        "requested_by": "",
        "finished_at": None,
        "url": None,
    }
