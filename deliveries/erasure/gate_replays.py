"""Replays of gates whose stored search may hold an erased number: the search is deleted.

One that is under way needs its search until it ends; it is encrypted, and what it sends is masked.
"""

from deliveries.models import GateReplay
from portal.common.jobs import JobState


def forget_searches(*, tenant_id: int) -> int:
    """Delete the searches of the tenant's failed replays; return of how many. Others lose theirs when they end."""
    failed = GateReplay.objects.filter(tenant_id=tenant_id, state=JobState.FAILED).exclude(sealed="")
    return failed.update(sealed="", position_sealed="")
