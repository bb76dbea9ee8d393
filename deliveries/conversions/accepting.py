"""Stores conversion events: each once by the sender's id, with a note for the attribution in the same transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection, transaction

from campaigns.models import ConversionEvent, ConversionUpload
from deliveries.attributing import due
from deliveries.conversions.reading import ReadEvent
from portal.tenants.models import Tenant

COLUMNS = (
    "event_id",
    "kind_id",
    "occurred_at",
    "value",
    "currency",
    "account_id",
    "message_id",
    "recipient_key",
    "parameter_key",
    "parameter_value",
    "campaign_id",
)
_TYPES = ("text", "bigint", "timestamptz", "bigint", "text", "int", "text", "bytea", "text", "text", "int")
_LIST = ", ".join(COLUMNS)
# Sorted by event id: two requests with the same ids would lock each other out.
_INSERT = f"""
INSERT INTO conversion_event (tenant_id, source, upload_id, {_LIST})
SELECT %s, %s, %s::bigint, {_LIST} FROM unnest({", ".join(f"%s::{type_}[]" for type_ in _TYPES)}) AS e ({_LIST})
ORDER BY event_id
ON CONFLICT (tenant_id, event_id) DO NOTHING
RETURNING id, event_id
"""  # noqa: S608  constants of this module; values are parameters


class Outcome(StrEnum):
    """The result of storing one event."""

    ADDED = "added"
    KNOWN = "known"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Removed:
    """Numbers of events: deleted, and kept because the day of their message is sealed."""

    deleted: int
    kept: int


def accept(
    tenant: Tenant, events: Sequence[ReadEvent], *, source: str, upload: ConversionUpload | None = None
) -> list[Outcome]:
    """Store the events that are new, and return the outcome of each.

    An event whose id is stored already with the same content is known, with other content it is a conflict; what is
    stored stays. Within one call the first of an id counts.
    """
    first: dict[str, ReadEvent] = {}
    for event in events:
        first.setdefault(event.event_id, event)
    with transaction.atomic():
        added = _insert(tenant, list(first.values()), source, upload)
        stored = dict(first)
        stored |= _stored(tenant, first.keys() - added.keys())
        due.note_events(tenant.id, added.values())
        if added:
            transaction.on_commit(due.wake)
    outcomes = []
    for event in events:
        if stored[event.event_id] != event:
            outcomes.append(Outcome.CONFLICT)
        else:
            outcomes.append(Outcome.ADDED if event.event_id in added else Outcome.KNOWN)
        added.pop(event.event_id, None)  # a repetition within the call is known
    return outcomes


def _insert(
    tenant: Tenant, events: Sequence[ReadEvent], source: str, upload: ConversionUpload | None
) -> dict[str, int]:
    """Return the new events' ids in the database, by the senders' ids."""
    if not events:
        return {}
    columns = [[getattr(event, name) for event in events] for name in COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [tenant.id, source, upload.id if upload else None, *columns])
        return {event_id: id_ for id_, event_id in cursor.fetchall()}


def _stored(tenant: Tenant, event_ids: Collection[str]) -> dict[str, ReadEvent]:
    rows = ConversionEvent.objects.filter(tenant=tenant, event_id__in=list(event_ids)).values(*COLUMNS)
    return {row["event_id"]: ReadEvent(**row | {"recipient_key": _bytes(row["recipient_key"])}) for row in rows}


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)


def remove(tenant: Tenant, ids: Iterable[int]) -> Removed:
    """Delete events of the tenant, except those whose attribution is frozen."""
    with transaction.atomic():
        events = ConversionEvent.objects.filter(tenant=tenant, id__in=list(ids))
        kept = events.filter(is_frozen=True).count()
        deleted, _by_model = events.filter(is_frozen=False).delete()
    return Removed(deleted, kept)


def remove_upload(upload: ConversionUpload) -> Removed:
    """Delete the events of an upload, except those whose attribution is frozen."""
    with transaction.atomic():
        events = ConversionEvent.objects.filter(tenant_id=upload.tenant_id, upload=upload)
        kept = events.filter(is_frozen=True).count()
        deleted, _by_model = events.filter(is_frozen=False).delete()
    return Removed(deleted, kept)
