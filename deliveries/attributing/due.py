"""Notes of what is to be attributed again; each is added in the transaction that changes what it is about.

Changed messages are noted by the statements that write them (deliveries/messages/store.py).
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection
from django.db.models import Min

from deliveries.models import ConversionDue
from portal.common import jobs

TASK = "deliveries.attribute_conversions"


def note_events(tenant_id: int, event_pks: Iterable[int]) -> None:
    """Note events of a tenant; call it in the transaction that adds or changes them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversion_due (tenant_id, event_pk, since) SELECT %s, pk, now() FROM unnest(%s::bigint[]) pk",
            [tenant_id, sorted(event_pks)],
        )


def note_tenant(tenant_id: int, **_signal: object) -> None:
    """Note all events of a tenant, if it has any: a window, a merged campaign or a segment key was changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversion_due (tenant_id, since)"
            " SELECT %(tenant)s, now() WHERE EXISTS (SELECT FROM conversion_event WHERE tenant_id = %(tenant)s)",
            {"tenant": tenant_id},
        )


def wake() -> None:
    """Ask a worker to attribute now; without the broker, the next look at the notes finds them."""
    jobs.wake(TASK, expires=60)


def data_as_of(tenant_ids: Collection[int], *, now: datetime) -> datetime:
    """Return the time up to which all changes of these tenants are attributed."""
    notes = ConversionDue.objects.filter(tenant_id__in=tenant_ids)
    return notes.aggregate(oldest=Min("since"))["oldest"] or now
