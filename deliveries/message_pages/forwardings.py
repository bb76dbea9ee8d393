"""Forwardings of one message's reports by gates: each with its attempts, and what still waits."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.translation import gettext as _

from deliveries.gates_outbox.outcomes import Outcome, in_words
from deliveries.message_pages.presenter import TimeLineEvent
from deliveries.messages.row import StoredMessage
from deliveries.models import Gate, GateAttempt, GateDelivery
from deliveries.search.find import ReportLine
from portal.accounts.access import Access

MAX_ATTEMPTS = 200  # of one message, the newest


@dataclass(frozen=True, slots=True)
class ForwardingAttempt:
    """An attempt; `address` is its page, '' for people who may not see it. A test has the number 0."""

    at: datetime
    number: int
    outcome: Outcome
    ms: int | None
    host: str
    address: str


@dataclass(frozen=True, slots=True)
class Forwarding:
    """One report at one gate. `event` is the report, None if it is no longer stored. `due_at` is the next attempt.

    `state` is empty if the last attempt delivered the report: the attempt says so.
    """

    gate_name: str
    gate_address: str
    event: TimeLineEvent | None
    state: str
    mark: str
    due_at: datetime | None
    attempts: list[ForwardingAttempt]


def forwardings_of(
    stored: StoredMessage, reports: Sequence[ReportLine], events: Sequence[TimeLineEvent], access: Access
) -> list[Forwarding]:
    """Return the message's forwardings, in the order of its reports and the names of the gates.

    `events` are the reports in words, in the same order.
    """
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
    may_see = access.may("see_gates")
    found = []
    for gate_id, inbox_id in sorted(
        keys, key=lambda key: (order.get(key[1], len(order)), _name(gates.get(key[0])), key)
    ):
        gate, delivery = gates.get(gate_id), queued.get((gate_id, inbox_id))
        own = attempts[gate_id, inbox_id]
        state, mark = _state(gate, delivery, own)
        slug = (gate.tenant.slug, gate.public_id) if gate and may_see else None
        found.append(
            Forwarding(
                gate_name=_name(gate),
                gate_address=reverse("gates:gate", args=slug) if slug else "",
                event=events[order[inbox_id]] if inbox_id in order else None,
                state=state,
                mark=mark,
                due_at=delivery.due_at if delivery and gate and gate.state == Gate.State.ACTIVE else None,
                attempts=[
                    ForwardingAttempt(
                        at=one.at,
                        number=one.number,
                        outcome=in_words(one.outcome),
                        ms=one.ms,
                        host=urlsplit(one.url).hostname or "",
                        address=reverse("gates:attempt", args=[*slug, one.pk]) if slug else "",
                    )
                    for one in own
                ],
            )
        )
    return found


def _name(gate: Gate | None) -> str:
    return gate.name if gate else _("Deleted gate")


def _state(gate: Gate | None, delivery: GateDelivery | None, attempts: list[GateAttempt]) -> tuple[str, str]:
    """Return the forwarding's state in words and the class of its mark."""
    if delivery is not None:
        is_held = gate is not None and gate.state != Gate.State.ACTIVE
        return (_("Held, because the gate is not active"), "none") if is_held else (_("Waiting"), "pending")
    sent = [one for one in attempts if one.number]
    if not sent:
        return _("Only tested"), "none"
    if any(one.outcome == "delivered" and one.is_last for one in sent):
        return "", ""
    return (_("Not delivered"), "failed") if sent[-1].is_last else (_("Not finished"), "none")
