"""Operators as the counts know them: the list is open, but a known one is often written in another way."""

from collections.abc import Collection
from datetime import date

from django.db.models.functions import Upper

from deliveries.models import DailyCount
from portal.common.masking import Masking


def other_spellings(
    operators: Collection[str],
    *,
    tenant_ids: Collection[int],
    masking: Masking,
    first: date | None = None,
    last: date | None = None,
) -> dict[str, str]:
    """Return the messages' spelling of each operator that they only have in another spelling.

    A masked spelling is not returned.
    """
    wanted = {operator.strip().upper() for operator in operators}
    counts = DailyCount.objects.filter(tenant_id__in=sorted(tenant_ids), messages__gt=0)
    if first is not None:
        counts = counts.filter(day__gte=first)
    if last is not None:
        counts = counts.filter(day__lte=last)
    known = set(
        counts.annotate(upper=Upper("operator")).filter(upper__in=wanted).values_list("operator", flat=True).distinct()
    )
    by_upper = {operator.upper(): operator for operator in sorted(known, reverse=True)}
    return {
        operator: by_upper[operator.strip().upper()]
        for operator in operators
        if operator not in known
        and operator.strip().upper() in by_upper
        and not masking.hides(by_upper[operator.strip().upper()])
    }
