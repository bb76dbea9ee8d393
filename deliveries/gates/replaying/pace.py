"""Pace of replays: how many reports wait at a time, and how many a second that makes."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from deliveries.gates.lanes import FIRST_LIMIT
from deliveries.models import Gate, GateAttempt

AGAIN = timedelta(seconds=4)  # after so long more is queued; beat looks every 5 s
MIN_WAITING, MAX_WAITING = 20, 2_000  # reports of one replay that wait at a time
MAX_RATE = 400.0  # reports per second: MAX_WAITING every 5 s
_LOOKED_AT = 100  # newest requests


@dataclass(frozen=True, slots=True)
class Pace:
    """Reports per second that a replay sends at most, and the reason."""

    rate: float
    why: object

    def duration(self, reports: int) -> timedelta:
        """Return how long so many reports take at least."""
        return timedelta(seconds=round(reports / self.rate))


def pace_of(gate: Gate) -> Pace:
    """Return a gate's pace: its throttle, or what its newest requests took, or the most that a replay sends."""
    throttle = float(gate.throttle * gate.batch_size) if gate.throttle else MAX_RATE
    newest = GateAttempt.objects.filter(tenant_id=gate.tenant_id, gate_id=gate.pk, ms__isnull=False)
    latest = newest.order_by("-at", "-id").values_list("ms", flat=True)[:_LOOKED_AT]
    times = [ms for ms in latest if ms is not None]
    mean = sum(times) / len(times) if times else 0
    measured = FIRST_LIMIT * gate.batch_size * 1000 / mean if mean else MAX_RATE
    rate = min(throttle, measured, MAX_RATE)
    if rate == throttle < MAX_RATE:
        return Pace(rate, _("the gate's own limit of requests per second"))
    if rate == measured < MAX_RATE:
        return Pace(rate, _("as quickly as the receiver answered lately"))
    return Pace(rate, _("the most that a replay sends"))


def most_waiting(gate: Gate) -> int:
    """Return how many reports of a replay wait at a time: twice of what its throttle lets pass until more is queued."""
    if not gate.throttle:
        return MAX_WAITING
    return min(MAX_WAITING, max(MIN_WAITING, round(gate.throttle * gate.batch_size * 2 * AGAIN.total_seconds())))
