"""Reports of one message at gates, as rows: each with its attempts, and what still waits. For the page and the API."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from deliveries.gates_outbox.outcomes import DELIVERED
from deliveries.messages.row import StoredMessage
from deliveries.models import Gate, GateAttempt, GateDelivery
from deliveries.search.find import ReportLine

MAX_ATTEMPTS = 200  # of one message, the newest


class ForwardingState(StrEnum):
    """State of one report at one gate."""

    WAITING = "waiting"
    HELD = "held"
    DELIVERED = "delivered"
    NOT_DELIVERED = "not_delivered"
    NOT_FINISHED = "not_finished"
    TESTED = "tested"


@dataclass(frozen=True, slots=True)
class ForwardedReport:
    """One report, by its inbox id, at one gate (None: deleted). `due_at` is the next attempt."""

    inbox_id: int
    gate: Gate | None
    state: ForwardingState
    due_at: datetime | None
    attempts: list[GateAttempt]


def forwarded_reports(stored: StoredMessage, reports: Sequence[ReportLine]) -> list[ForwardedReport]:
    """Return the message's reports at gates, in the order of its reports; those no longer stored are last."""
    place = {"account_id": stored.folded.account_id, "message_id": stored.folded.message_id}
    # By the message alone, for which there are indexes; the tenant is compared here.
    waiting = [one for one in GateDelivery.objects.filter(**place) if one.tenant_id == stored.tenant_id]
    newest = GateAttempt.objects.filter(**place).defer("request_headers", "request_body", "answer").order_by("-id")
    attempts: dict[tuple[int, int], list[GateAttempt]] = defaultdict(list)
    for attempt in reversed(newest[:MAX_ATTEMPTS]):
        if attempt.tenant_id == stored.tenant_id and attempt.inbox_id is not None:
            attempts[attempt.gate_id, attempt.inbox_id].append(attempt)
    queued = {(one.gate_id, one.inbox_id): one for one in waiting}
    keys = attempts.keys() | queued.keys()
    if not keys:
        return []
    gates = {
        gate.pk: gate
        for gate in Gate.objects.filter(pk__in={gate_id for gate_id, _inbox in keys}).select_related("tenant")
    }
    order = {report.inbox_id: place for place, report in enumerate(reports)}
    found = []
    for gate_id, inbox_id in sorted(keys, key=lambda key: (order.get(key[1], len(order)), key)):
        gate, delivery, own = gates.get(gate_id), queued.get((gate_id, inbox_id)), attempts[gate_id, inbox_id]
        is_due = delivery is not None and gate is not None and gate.state == Gate.State.ACTIVE
        found.append(
            ForwardedReport(
                inbox_id=inbox_id,
                gate=gate,
                state=_state(gate, delivery, own),
                due_at=delivery.due_at if is_due else None,
                attempts=own,
            )
        )
    return found


def _state(gate: Gate | None, delivery: GateDelivery | None, attempts: list[GateAttempt]) -> ForwardingState:
    if delivery is not None:
        is_held = gate is not None and gate.state != Gate.State.ACTIVE
        return ForwardingState.HELD if is_held else ForwardingState.WAITING
    sent = [one for one in attempts if one.number]
    if not sent:
        return ForwardingState.TESTED
    if any(one.outcome == DELIVERED and one.is_last for one in sent):
        return ForwardingState.DELIVERED
    return ForwardingState.NOT_DELIVERED if sent[-1].is_last else ForwardingState.NOT_FINISHED
