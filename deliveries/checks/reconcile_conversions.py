"""Comparison of the attribution of conversion events with the rule, repaired by noting the events again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection

from deliveries.attributing.due import note_events
from deliveries.attributing.rule import DIFFERS, results


@dataclass(frozen=True, slots=True)
class AttributionDifference:
    """An event whose stored message or reason is not what the rule says; ids and reasons only."""

    tenant_id: int
    event_pk: int
    stored: str
    actual: str

    def __str__(self) -> str:
        place = f"tenant_id={self.tenant_id} id={self.event_pk}"
        return f"conversion_event: {place}: stored {self.stored}, actual {self.actual}"


_BATCH = 5000
_NEXT = "SELECT id FROM conversion_event WHERE id > %s AND NOT is_frozen ORDER BY id LIMIT %s"
# Noted events are still to be looked at; a note of a message may be about any event of its tenant. Why an event has no
# message was decided while the messages were there, which retention may have deleted since: that reason stays.
_COMPARE = f"""
SELECT e.tenant_id, e.id, coalesce(nullif(e.reason, ''), 'a message'), coalesce(nullif(r.reason, ''), 'a message')
FROM conversion_event e JOIN ({results("e.id = ANY (%s)")}) AS r ON r.id = e.id
WHERE {DIFFERS} AND NOT EXISTS (SELECT FROM conversion_due d WHERE d.tenant_id = e.tenant_id)
AND NOT (e.attributed_message_id IS NULL AND r.message_id IS NULL AND EXISTS (
    SELECT FROM retention_mark k WHERE k.tenant_id = e.tenant_id AND k.messages_before IS NOT NULL))
ORDER BY e.id
"""  # noqa: S608  constants of this package


def find_attribution_differences() -> Iterator[AttributionDifference]:
    """Compare the events that are not frozen, in the caller's snapshot; not those of tenants with waiting notes."""
    after = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_NEXT, [after, _BATCH])
            ids = [id_ for (id_,) in cursor.fetchall()]
            if not ids:
                return
            cursor.execute(_COMPARE, [ids])
            for row in cursor.fetchall():
                yield AttributionDifference(*row)
            after = ids[-1]


def note_differences(differences: Iterable[AttributionDifference]) -> None:
    """Have the events looked at again by the worker."""
    by_tenant: dict[int, list[int]] = {}
    for difference in differences:
        by_tenant.setdefault(difference.tenant_id, []).append(difference.event_pk)
    for tenant_id, pks in by_tenant.items():
        note_events(tenant_id, pks)
