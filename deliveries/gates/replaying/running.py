"""Running replays: a worker queues their reports in portions and waits until what is queued was sent.

A portion, its numbers and the position behind it are written in one transaction. So a worker that was killed left
nothing half done, and another one goes on there.
"""

import logging

from django.db import transaction

from deliveries.gates.replaying import failures, found, pace, queueing
from deliveries.gates.replaying.progress import outcomes
from deliveries.gates.replaying.wanted import After, Portion, Wanted, open_replay, seal_position
from deliveries.models import Gate, GateReplay
from deliveries.search.query import BadFilter
from portal.common import jobs
from portal.tenants.scope import web_scope

logger = logging.getLogger(__name__)

READ = {
    GateReplay.Kind.FAILED: failures.read,
    GateReplay.Kind.PERIOD: found.read,
    GateReplay.Kind.SEARCH: found.read,
}
PORTION = 500  # reports that are queued in one transaction


def run_replays(*, replay_id: int | None = None) -> int:
    """Go on with the replays that are due (or this one), and settle the cancelled ones. Return how many were done."""
    done = jobs.run_all(GateReplay, _work, job_id=replay_id)
    for replay in GateReplay.objects.filter(state=jobs.JobState.CANCELLED).exclude(sealed=""):
        settle(replay)
    return done


def _work(replay: GateReplay) -> None:
    while True:
        is_full = _step(replay)
        replay.attempts = 1  # it gets on: only failures in a row count
        jobs.renew(replay)
        if replay.is_read and not queueing.waiting(replay):
            counts = outcomes(replay)
            replay.done = replay.already + sum(counts.values())
            jobs.finish(replay, sealed="", position_sealed="", **counts)
            return
        if is_full:
            raise jobs.Paused("what is queued is to be sent first", delay=pace.AGAIN)


def _step(replay: GateReplay) -> bool:
    """Queue the next portion; return whether there is nothing to queue now. Raises jobs.Stopped."""
    try:
        with transaction.atomic():
            row = jobs.held(replay).select_for_update().first()
            if row is None:
                raise jobs.LeaseLost(f"replay {replay.pk}: the lease is lost")
            if row.cancel_requested:
                raise jobs.CancelRequested(f"replay {replay.pk}: to be cancelled")
            is_full = _queue_portion(row)
            values = {
                "position_sealed": row.position_sealed,
                "is_read": row.is_read,
                "queued": row.queued,
                "already": row.already,
            }
            counts = outcomes(row)
            values |= counts | {"done": row.already + sum(counts.values())}
            jobs.held(replay).update(**values)
    except BadFilter as error:
        _refuse(replay, GateReplay.Problem.SEARCH)
        raise jobs.CancelRequested(f"replay {replay.pk}: {error}") from error
    for name, value in values.items():
        setattr(replay, name, value)
    return is_full


def _queue_portion(replay: GateReplay) -> bool:
    locked = queueing.lock_gate(replay.tenant_id, replay.gate_id)
    if locked is None:
        raise jobs.LeaseLost(f"replay {replay.pk}: its gate is being deleted")
    gate, held_ms = locked
    room = pace.most_waiting(gate) - queueing.waiting(replay)
    if replay.is_read or gate.state != Gate.State.ACTIVE or room <= 0:
        return True
    if not replay.sealed:  # cancelled earlier, and retried by staff
        raise jobs.CancelRequested(f"replay {replay.pk}: its position was deleted")
    wanted, after = open_replay(replay, gate)
    portion = _read(wanted, after, limit=min(PORTION, room))
    added = queueing.add(replay, portion.reports, held_ms=held_ms)
    replay.queued += added
    replay.already += len(portion.reports) - added
    replay.is_read = portion.after is None
    replay.position_sealed = seal_position(portion.after or ())
    return replay.is_read


def _read(wanted: Wanted, after: After, *, limit: int) -> Portion:
    with web_scope([wanted.gate.tenant_id]):  # sees what the tenant sees
        return READ[GateReplay.Kind(wanted.kind)](wanted, after, limit=limit)


def _refuse(replay: GateReplay, problem: str) -> None:
    """Stop the replay for good, with its reason. It is not a failure: nobody has to look into it."""
    with transaction.atomic():
        jobs.hold(replay)
        GateReplay.objects.filter(pk=replay.pk).update(problem=problem)


def settle(replay: GateReplay) -> bool:
    """Bring a cancelled replay to its end: nothing waits, its numbers are stored, its search is deleted.

    Return False while requests are under way.
    """
    with transaction.atomic():
        withdrawn = queueing.withdraw(replay)
        rows = GateReplay.objects.filter(pk=replay.pk, state=jobs.JobState.CANCELLED)
        if queueing.waiting(replay):
            rows.update(withdrawn=replay.withdrawn + withdrawn)
            return False
        rows.update(withdrawn=replay.withdrawn + withdrawn, sealed="", position_sealed="", **outcomes(replay))
    return True
