"""Gates that fail: after an hour and after a day people are mailed, after five days the gate is switched off.

The dispatcher notes since when nothing arrived (recording.py); a periodic task reads that, so mails do not delay it.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Now

from deliveries.gates.failure_mails import tell
from deliveries.models import Gate, GateAttempt
from portal.accounts.models import record

# Mails go out so long after the first failure; with the last one the gate is switched off.
AFTER = (timedelta(hours=1), timedelta(hours=24), timedelta(days=5))
ALL_MAILED = len(AFTER)


def watch(*, now: datetime) -> int:
    """Send the mails that are due, switch off gates that failed for five days, and return how many gates changed."""
    due = Q(state=Gate.State.ACTIVE, failing_since__lte=now - AFTER[0])
    gone = Q(state=Gate.State.OFF, off_reason=Gate.OffReason.GONE)
    ids = Gate.objects.filter(due | gone, mailed__lt=ALL_MAILED).order_by("id").values_list("id", flat=True)
    return sum(_settle(id_, now=now) for id_ in list(ids))


def _settle(gate_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        # Locked and read again: it may have recovered, or another worker may be at it.
        gate = Gate.objects.select_for_update(of=("self",)).select_related("tenant").filter(pk=gate_id).first()
        if gate is None or gate.mailed >= ALL_MAILED:
            return False
        if gate.state == Gate.State.OFF and gate.off_reason == Gate.OffReason.GONE:
            record("gate.off_gone", actor="portal", tenant=gate.tenant, subject=gate.name, details=_details(gate))
            mailed = ALL_MAILED
        else:
            mailed = _due_mails(gate, now)
            if mailed <= gate.mailed:
                return False
            if mailed == ALL_MAILED:
                _switch_off(gate)
        Gate.objects.filter(pk=gate.pk).update(mailed=mailed)
        tell(gate, off_at=gate.failing_since + AFTER[-1] if gate.failing_since else None)
    return True


def _due_mails(gate: Gate, now: datetime) -> int:
    """Return how many mails are due by now.

    A gate has to have failed in the second half of each time, too: one that had nothing more to send is not failing.
    """
    if gate.state != Gate.State.ACTIVE or gate.failing_since is None:
        return 0
    tried = GateAttempt.objects.filter(gate_id=gate.pk, destination_id__isnull=False, number__gt=0)
    newest = tried.aggregate(newest=Max("at"))["newest"]
    since = gate.failing_since
    due = [
        number
        for number, after in enumerate(AFTER, 1)
        if since + after <= now and newest and newest >= since + after / 2
    ]
    return max(due, default=0)


def _switch_off(gate: Gate) -> None:
    gate.state, gate.off_reason = Gate.State.OFF, Gate.OffReason.FAILING
    Gate.objects.filter(pk=gate.pk).update(
        state=gate.state, off_reason=gate.off_reason, state_at=Now(), changed_at=Now()
    )
    record("gate.off_failing", actor="portal", tenant=gate.tenant, subject=gate.name, details=_details(gate))


def _details(gate: Gate) -> dict[str, str]:
    return {"gate": gate.public_id}
