"""Forwardings of one message's reports by gates: each with its attempts, and what still waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliveries.gates_outbox.outcomes import Outcome, in_words
from deliveries.message_pages.forwarded import ForwardingState, forwarded_reports
from deliveries.message_pages.presenter import TimeLineEvent
from deliveries.messages.row import StoredMessage
from deliveries.models import Gate
from deliveries.search.find import ReportLine
from portal.accounts.access import Access

# In words, with the class of the mark; of a delivered report the attempt says so.
_STATES = {
    ForwardingState.HELD: (gettext_lazy("Held, because the gate is not active"), "none"),
    ForwardingState.WAITING: (gettext_lazy("Waiting"), "pending"),
    ForwardingState.TESTED: (gettext_lazy("Only tested"), "none"),
    ForwardingState.NOT_DELIVERED: (gettext_lazy("Not delivered"), "failed"),
    ForwardingState.NOT_FINISHED: (gettext_lazy("Not finished"), "none"),
}


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
    order = {report.inbox_id: place for place, report in enumerate(reports)}
    may_see = access.may("see_gates")
    found = []
    for one in sorted(
        forwarded_reports(stored, reports), key=lambda one: (order.get(one.inbox_id, len(order)), _name(one.gate))
    ):
        slug = (one.gate.tenant.slug, one.gate.public_id) if one.gate and may_see else None
        state, mark = _STATES.get(one.state, ("", ""))
        found.append(
            Forwarding(
                gate_name=_name(one.gate),
                gate_address=reverse("gates:gate", args=slug) if slug else "",
                event=events[order[one.inbox_id]] if one.inbox_id in order else None,
                state=str(state),
                mark=mark,
                due_at=one.due_at,
                attempts=[
                    ForwardingAttempt(
                        at=attempt.at,
                        number=attempt.number,
                        outcome=in_words(attempt.outcome),
                        ms=attempt.ms,
                        host=urlsplit(attempt.url).hostname or "",
                        address=reverse("gates:attempt", args=[*slug, attempt.pk]) if slug else "",
                    )
                    for attempt in one.attempts
                ],
            )
        )
    return found


def _name(gate: Gate | None) -> str:
    return gate.name if gate else _("Deleted gate")
