"""Gates whose deliveries nobody sends, and gates at LINK that are missing or differ from what the portal needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from deliveries.models import GateAttempt
from portal.tenants.models import GateApi

WAITS_TOO_LONG = timedelta(minutes=5)
ORPHANED_FOR = timedelta(hours=3)  # retention deletes them every hour

# For each active gate the first that is due, by the index of gate and time. What is claimed is due later.
_OLDEST = (
    "SELECT min(first.due_at) FROM gate g CROSS JOIN LATERAL (SELECT d.due_at FROM gate_delivery d"
    " WHERE d.gate_id = g.id ORDER BY d.due_at LIMIT 1) first WHERE g.state = 'active'"
)
_OLDEST_HEALTHY = f"{_OLDEST} AND g.failing_since IS NULL"
_DISPATCHERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"
_LISTENER = "portal dispatcher"  # deliveries/gates/dispatcher.py, which is above this package
_ORPHANED = (
    "SELECT count(*) FROM gate_delivery d WHERE d.created_at < %s"
    " AND NOT EXISTS (SELECT FROM gate g WHERE g.tenant_id = d.tenant_id AND g.id = d.gate_id)"
)


@dataclass(frozen=True, slots=True)
class GatesAtLink:
    """Number of gates of an account that are not as they should be, by the last look at LINK."""

    account: str
    checked_at: datetime
    missing: int
    differing: int
    failed: int


def oldest_due() -> datetime | None:
    """Return since when a delivery of an active gate is due, None if none waits."""
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST)
        return cursor.fetchone()[0]


def not_sent_since(*, now: datetime) -> datetime | None:
    """Return since when deliveries are due while no gate sends anything, None while dispatchers work.

    Where a dispatcher listens, failing gates do not count: they pause by themselves.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DISPATCHERS, [_LISTENER])
        cursor.execute(_OLDEST_HEALTHY if cursor.fetchone()[0] else _OLDEST)
        oldest = cursor.fetchone()[0]
    if oldest is None or now - oldest < WAITS_TOO_LONG:
        return None
    tried = GateAttempt.objects.filter(at__gt=now - WAITS_TOO_LONG, number__gt=0)
    return None if tried.exists() else oldest


def count_orphaned(*, now: datetime) -> int:
    """Count the deliveries whose gate was deleted, without those that retention is about to delete."""
    with connection.cursor() as cursor:
        cursor.execute(_ORPHANED, [now - ORPHANED_FOR])
        return cursor.fetchone()[0]


def wrong_at_link() -> list[GatesAtLink]:
    """Return the accounts whose gates at LINK were not right at the last look."""
    found = []
    for api in GateApi.objects.select_related("account").order_by("account__name"):
        if api.checked_at is None:
            continue
        counts = api.outcome.get("counts", {})
        of_account = GatesAtLink(
            api.account.name,
            api.checked_at,
            counts.get("missing", 0),
            counts.get("differs", 0),
            counts.get("failed", 0) + bool(api.outcome.get("error")),
        )
        if of_account.missing or of_account.differing or of_account.failed:
            found.append(of_account)
    return found
