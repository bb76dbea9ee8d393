"""Exports that may hold an erased number: marked here, deleted by their own task (deliveries/exports/files.py)."""

from datetime import datetime

from django.db.models import Q

from deliveries.models import Export
from portal.common.jobs import JobState


def mark(*, tenant_id: int, now: datetime) -> int:
    """Mark the tenant's exports whose files were, or are being, made before now; return how many.

    Call it when everything else is erased: an export that starts later no longer finds the number. Any of the tenant's
    files may hold it, also in a text of a message to somebody else.
    """
    made_or_begun = Q(state=JobState.RUNNING) | Q(state=JobState.DONE, gone="")
    lists = Q(kind=Export.NUMBERS, gone="") & ~Q(sealed="")  # their parameters may hold the number, whatever the state
    exports = Export.objects.filter(made_or_begun | lists, tenant_ids__contains=[tenant_id], erased_at=None)
    return exports.update(erased_at=now)
