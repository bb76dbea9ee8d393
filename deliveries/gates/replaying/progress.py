"""Progress of replays: how many reports wait, arrived, failed or were gone."""

from django.db.models import Count
from msgspec import Struct

from deliveries.gates.loading import GONE, MOVED
from deliveries.gates.recording import DELIVERED
from deliveries.gates.replaying import queueing
from deliveries.models import GateAttempt, GateReplay


class Progress(Struct, frozen=True):
    """Numbers of a replay's reports: queued = waiting + delivered + failed + gone + withdrawn."""

    queued: int
    already: int
    withdrawn: int
    waiting: int
    delivered: int
    failed: int
    gone: int


def progress_of(replay: GateReplay) -> Progress:
    """Return a replay's numbers: counted while they may change, afterwards those that were stored."""
    if not replay.sealed:
        counted = {"delivered": replay.delivered, "failed": replay.failed, "gone": replay.gone}
        waiting = 0
    else:
        waiting, counted = queueing.waiting(replay), outcomes(replay)
    return Progress(
        queued=replay.queued, already=replay.already, withdrawn=replay.withdrawn, waiting=waiting, **counted
    )


def outcomes(replay: GateReplay) -> dict[str, int]:
    """Count what came of a replay's deliveries so far."""
    tried = GateAttempt.objects.filter(tenant_id=replay.tenant_id, replay_id=replay.pk, is_last=True)
    counts = dict(tried.order_by().values_list("outcome").annotate(number=Count("pk")))
    gone = counts.pop(GONE, 0) + counts.pop(MOVED, 0)
    return {"delivered": counts.pop(DELIVERED, 0), "failed": sum(counts.values()), "gone": gone}
