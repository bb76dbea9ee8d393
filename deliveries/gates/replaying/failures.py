"""Reports of a gate that failed for good, read from its attempts: the last one of each delivery says so.

A report that arrived later, by another replay, is left out. A destination that has it already gets it no second time
where the gate sends to all.
"""

from datetime import UTC, datetime

from django.db import connection

from deliveries.gates.loading import GONE, MOVED
from deliveries.gates.recording import DELIVERED
from deliveries.gates.replaying.wanted import After, Portion, Report, Wanted
from deliveries.models import Gate

_FAILED = """
FROM gate_attempt a
WHERE a.tenant_id = %(tenant)s AND a.gate_id = %(gate)s AND a.at >= %(since)s AND a.at < %(until)s
    AND a.is_last AND a.number > 0 AND a.inbox_id IS NOT NULL AND a.outcome <> ALL (%(others)s)
    AND NOT EXISTS (
        SELECT FROM gate_attempt b
        WHERE b.account_id = a.account_id AND b.message_id = a.message_id AND b.gate_id = a.gate_id
            AND b.inbox_id = a.inbox_id AND b.is_last AND b.number > 0 AND (b.at, b.id) > (a.at, a.id)
    )
"""
_HAVE_IT = """
ARRAY(
    SELECT DISTINCT c.destination_id FROM gate_attempt c
    WHERE c.account_id = a.account_id AND c.message_id = a.message_id AND c.gate_id = a.gate_id
        AND c.inbox_id = a.inbox_id AND c.outcome = %(delivered)s AND %(sends_to_all)s
)
"""
_READ = (
    f"SELECT a.at, a.id, a.inbox_id, a.account_id, a.message_id, a.day, {_HAVE_IT} {_FAILED}"
    " AND (a.at, a.id) > (%(at)s, %(id)s) ORDER BY a.at, a.id LIMIT %(limit)s"
)
_COUNT = f"SELECT count(*) {_FAILED}"


def count(wanted: Wanted) -> int:
    """Return how many reports failed for good and did not arrive since."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _parameters(wanted))
        return cursor.fetchone()[0]


def read(wanted: Wanted, after: After, *, limit: int) -> Portion:
    """Return the next of them, by the time of their last attempt."""
    at, id_ = (datetime.fromisoformat(after[0]), after[1]) if after else (datetime.min.replace(tzinfo=UTC), 0)
    with connection.cursor() as cursor:
        cursor.execute(_READ, _parameters(wanted) | {"at": at, "id": id_, "limit": limit})
        rows = cursor.fetchall()
    reports = [Report(inbox, account, message, day, tuple(done)) for _, _, inbox, account, message, day, done in rows]
    return Portion(reports, (rows[-1][0].isoformat(), rows[-1][1]) if len(rows) == limit else None)


def _parameters(wanted: Wanted) -> dict:
    return {
        "tenant": wanted.gate.tenant_id,
        "gate": wanted.gate.pk,
        "since": wanted.since,
        "until": wanted.until,
        "others": [DELIVERED, MOVED, GONE],
        "delivered": DELIVERED,
        "sends_to_all": wanted.gate.gate_type == Gate.Type.ALL,
    }
