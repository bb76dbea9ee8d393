"""Counts of the places that lines are about, as they are today, and what the ledger of causes names for them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum

from deliveries.counts.causes import Cause
from deliveries.models import CampaignCount, CountCause, DailyCount
from portal.common.periods import Month
from reports.billing.corrections import Counted, Place

_PLACE = ("account_id", "partner_id", "country", "operator", "sender_type")
_SUMS = (Sum("messages"), Sum("parts"))
CauseSums = Mapping[str, tuple[int, int]]
"""Differences (messages, parts) by cause."""
CausesOfPlaces = Mapping[Place, CauseSums]


def counted_rows(
    tenant_ids: Collection[int], month: Month, accounts: Collection[int] | None = None, place: Place | None = None
) -> list[Counted]:
    """Return a month's counts by place, day and status, of some accounts or of one place alone."""
    rows = DailyCount.objects.filter(tenant_id__in=tenant_ids, day__range=(month.first_day, month.last_day))
    if accounts is not None:
        rows = rows.filter(account_id__in=accounts)
    if place is not None:
        rows = rows.filter(**place._asdict())
    grouped = rows.values_list(*_PLACE, "day", "status").annotate(*_SUMS).order_by(*_PLACE, "day")
    return [Counted(Place(*row[:5]), *row[5:]) for row in grouped if row[-2] or row[-1]]


def causes_of_tenants(tenant_ids: Collection[int], month: Month) -> dict[int, dict[Place, dict[str, tuple[int, int]]]]:
    """Return what the ledger has for a month by tenant, place and cause; it has no sender types, so they are ''."""
    found: dict[int, dict[Place, dict[str, tuple[int, int]]]] = defaultdict(lambda: defaultdict(dict))
    if not tenant_ids:
        return {}
    rows = CountCause.objects.filter(tenant_id__in=tenant_ids, day__range=(month.first_day, month.last_day))
    names = ("tenant_id", *_PLACE[:4], "cause")
    for tenant_id, *place, cause, messages, parts in _differences(rows).values_list(*names).annotate(*_SUMS):
        if messages or parts:
            found[tenant_id][_without_sender(place)][cause] = (messages, parts)
    return {tenant_id: dict(places) for tenant_id, places in found.items()}


def _without_sender(place: Sequence[Any]) -> Place:
    account_id, partner_id, country, operator = place
    return Place(account_id, partner_id, country, operator, "")


def merged(of_tenants: Iterable[CausesOfPlaces]) -> CausesOfPlaces:
    """Return the causes of several tenants added up."""
    found: dict[Place, dict[str, tuple[int, int]]] = {}
    for places in of_tenants:
        for place, causes in places.items():
            sums = found.setdefault(place, {})
            for cause, (messages, parts) in causes.items():
                before = sums.get(cause, (0, 0))
                sums[cause] = (before[0] + messages, before[1] + parts)
    return found


def causes_of_place(tenant_ids: Collection[int], place: Place, first: date, last: date) -> CauseSums:
    """Return what the ledger has for one place on some days, whatever the type of the sender."""
    filters = {name: getattr(place, name) for name in _PLACE[:4]}
    rows = CountCause.objects.filter(tenant_id__in=tenant_ids, day__range=(first, last), **filters)
    found = _differences(rows).values_list("cause").annotate(*_SUMS)
    return {cause: (messages, parts) for cause, messages, parts in found}


def _differences(rows: QuerySet[CountCause]) -> QuerySet[CountCause]:
    return rows.exclude(counted_in=CampaignCount._meta.db_table).order_by()


def named_changes(then: Mapping[str, object], now: CauseSums) -> list[tuple[str, int, int]]:
    """Return cause, messages and parts of what was added to the ledger since `then`, as a line keeps it."""
    found = []
    for cause in Cause:
        before = then.get(cause, (0, 0))
        assert isinstance(before, list | tuple)
        messages, parts = (b - a for a, b in zip(before, now.get(cause, (0, 0)), strict=True))
        if messages or parts:
            found.append((cause.value, messages, parts))
    return found
