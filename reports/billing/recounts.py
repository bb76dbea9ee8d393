"""Counts of the places that lines are about, as they are today, and what the ledger of causes names for them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import Sum

from deliveries.counts.causes import Cause
from deliveries.models import CampaignCount, CountCause, DailyCount
from portal.common.periods import Month
from reports.billing.corrections import Counted, Place

_PLACE = ("account_id", "partner_id", "country", "operator", "sender_type")
CauseSums = Mapping[str, tuple[int, int]]
"""Differences (messages, parts) by cause."""


def counted_rows(
    tenant_ids: Collection[int], month: Month, accounts: Collection[int] | None = None, place: Place | None = None
) -> list[Counted]:
    """Return a month's counts by place, day and status, of some accounts or of one place alone."""
    rows = DailyCount.objects.filter(tenant_id__in=tenant_ids, day__range=(month.first_day, month.last_day))
    if accounts is not None:
        rows = rows.filter(account_id__in=accounts)
    if place is not None:
        rows = rows.filter(**place._asdict())
    grouped = (
        rows.values_list(*_PLACE, "day", "status").annotate(Sum("messages"), Sum("parts")).order_by(*_PLACE, "day")
    )
    return [Counted(Place(*row[:5]), *row[5:]) for row in grouped if row[-2] or row[-1]]


def causes_of(tenant_ids: Collection[int], month: Month) -> dict[Place, dict[str, tuple[int, int]]]:
    """Return what the ledger has for a month by place and cause; it does not know sender types, so they are ''."""
    return _summed(tenant_ids, month, {})


def causes_of_place(tenant_ids: Collection[int], place: Place, first: date, last: date) -> dict[str, tuple[int, int]]:
    """Return what the ledger has for one place on some days, whatever the type of the sender."""
    known = place._replace(sender_type="")
    filters = {name: value for name, value in known._asdict().items() if name != "sender_type"}
    return _summed(tenant_ids, Month.of(first), filters | {"day__range": (first, last)}).get(known, {})


def _summed(
    tenant_ids: Collection[int], month: Month, filters: Mapping[str, object]
) -> dict[Place, dict[str, tuple[int, int]]]:
    rows = CountCause.objects.filter(tenant_id__in=tenant_ids, day__range=(month.first_day, month.last_day))
    rows = rows.exclude(counted_in=CampaignCount._meta.db_table).filter(**filters)
    found: dict[Place, dict[str, tuple[int, int]]] = defaultdict(dict)
    grouped = rows.values_list(*_PLACE[:4], "cause").annotate(Sum("messages"), Sum("parts"))
    for *place, cause, messages, parts in grouped.order_by(*_PLACE[:4], "cause"):
        if messages or parts:
            found[Place(*place, "")][cause] = (messages, parts)
    return dict(found)


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
