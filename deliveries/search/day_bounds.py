"""Instants at which the days of some tenants begin and end, for the limits of a search."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Exists, OuterRef

from deliveries.models import TenantRecount
from portal.common.periods import start_of_day
from portal.tenants.models import Tenant

_DAY = timedelta(days=1)
_MAX_OFFSET = timedelta(hours=14)  # of a zone from UTC
_ALWAYS, _NEVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

Bounds = Callable[[date, date], tuple[datetime, datetime]]


def bounds_of(tenant_ids: Collection[int]) -> Bounds:
    """Return the conditions for the first and last instants of the days from a first to a last one.

    Until a recount of a tenant or a later one is done, its messages may have days of another zone. Then the limits fit
    any zone.
    """
    done = TenantRecount.State.DONE
    later = TenantRecount.objects.filter(tenant=OuterRef("tenant"), id__gt=OuterRef("id"), state=done)
    recounts = TenantRecount.objects.filter(~Exists(later), tenant=OuterRef("id")).exclude(state=done)
    found = Tenant.objects.filter(id__in=tenant_ids).values_list("timezone", Exists(recounts)).distinct()
    zones = sorted(zone for zone, _ in found)
    is_any = not zones or any(is_counted_anew for _, is_counted_anew in found)

    def bounds(first: date, last: date) -> tuple[datetime, datetime]:
        begin, end = _midnight(first) - _MAX_OFFSET if first.year > 1 else _ALWAYS, _NEVER
        if last.year < _NEVER.year:
            end = _midnight(last) + _DAY + _MAX_OFFSET
        if is_any:
            return begin, end
        return (
            min(start_of_day(first, zone) for zone in zones) if begin > _ALWAYS else begin,
            max(start_of_day(last + _DAY, zone) for zone in zones) if end < _NEVER else end,
        )

    return bounds


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
