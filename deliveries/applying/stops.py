"""Record of stopped appliers: written by the applier, read by the check, the admin, /metrics and /readyz."""

from datetime import datetime

from deliveries.applying.failures import Stopped
from deliveries.models import ApplierStop


def record_stop(stop: Stopped, *, now: datetime) -> None:
    """Write down that an applier has stopped; one that stopped before keeps its beginning."""
    values = {
        "cause": stop.cause.value,
        "code": stop.failure.code[:100],
        "error": stop.failure.words[:500],
        "tried_at": now,
    }
    ApplierStop.objects.update_or_create(id=1, defaults=values, create_defaults=values | {"since": now})


def clear_stop() -> bool:
    """Record that appliers have resumed; return whether they had stopped."""
    return bool(ApplierStop.objects.all().delete()[0])


def current_stop() -> ApplierStop | None:
    """Return the stop, None while appliers apply."""
    return ApplierStop.objects.first()
