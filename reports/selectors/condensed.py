"""Where a period's figures are read: days and months that are summed up, and the counts for the rest.

Which of them are summed up changes nothing but the time it takes (deliveries/services/condense.py).
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta

from django.db.models import Count, Model, Q, QuerySet

from deliveries.models import (
    CampaignCount,
    CondensedCampaignCount,
    CondensedCampaignLatency,
    CondensedLatencyCount,
    CondensedSpan,
    LatencyCount,
    Span,
)
from portal.common.periods import Month

_DAY = timedelta(days=1)
# The counts, what is condensed of them, the names that it holds, and of which spans there is something.
_CONDENSED: tuple[tuple[type[Model], type[Model], frozenset[str], tuple[Span, ...]], ...] = (
    (
        CampaignCount,
        CondensedCampaignCount,
        frozenset({"tenant", "campaign", "variant", "status", "result_code", "reason"}),
        (Span.DAY, Span.MONTH),
    ),
    (
        LatencyCount,
        CondensedLatencyCount,
        frozenset({"tenant", "country", "operator", "sender_type"}),
        (Span.DAY, Span.MONTH),
    ),
    (LatencyCount, CondensedCampaignLatency, frozenset({"tenant", "campaign"}), (Span.MONTH,)),
)


def sources(
    model: type[Model], *, tenant_ids: Collection[int], first: date, last: date, names: Iterable[str], by_day: bool
) -> list[QuerySet]:
    """Return rows that together count the messages from `first` to `last` once: condensed ones, and `model`'s own.

    `names` are all that will be grouped and filtered by (those of StatisticsQuery). With `by_day` only whole days may
    be summed up.
    """
    of_tenants = model.objects.filter(tenant_id__in=tenant_ids)
    for counted, condensed, known, spans in _CONDENSED:
        wanted = (Span.DAY,) if by_day else (Span.DAY, Span.MONTH)
        if counted is not model or not known.issuperset(names):
            continue
        months, days = _ready(tenant_ids, first, last, [span for span in spans if span in wanted])
        if not months and not days:
            continue
        held = Q(span=Span.MONTH, day__in=months) | Q(span=Span.DAY, day__in=days)
        covered = days | {day for month in months for day in _days(month, Month.of(month).next().first_day)}
        rest = [Q(day__range=stretch) for stretch in _stretches(first, last, covered)]
        found = [condensed.objects.filter(held, tenant_id__in=tenant_ids)]
        return found + ([of_tenants.filter(_any(rest))] if rest else [])
    return [of_tenants.filter(day__range=(first, last))]


def union_all(rows: list[QuerySet]) -> tuple[str, tuple]:
    """Return the SQL of all rows of these, one after the other, and its parameters."""
    parts = [source.query.sql_with_params() for source in rows]
    return " UNION ALL ".join(f"({sql})" for sql, _ in parts), tuple(value for _, values in parts for value in values)


def _ready(tenant_ids: Collection[int], first: date, last: date, spans: list[Span]) -> tuple[set[date], set[date]]:
    """Return the months (their first days) and the days outside of them that are ready for all of the tenants."""
    whole = {month.first_day for month in _whole_months(first, last)} if Span.MONTH in spans else set()
    months = _ready_spans(tenant_ids, Q(span=Span.MONTH, day__in=whole))
    if Span.DAY not in spans:
        return months, set()
    covered = {day for month in months for day in _days(month, Month.of(month).next().first_day)}
    rest = [Q(span=Span.DAY, day__range=stretch) for stretch in _stretches(first, last, covered)]
    return months, _ready_spans(tenant_ids, _any(rest)) if rest else set()


def _ready_spans(tenant_ids: Collection[int], wanted: Q) -> set[date]:
    ready = CondensedSpan.objects.filter(wanted, tenant_id__in=tenant_ids, is_ready=True)
    of_all = ready.values("day").annotate(n=Count("*")).filter(n=len(set(tenant_ids)))
    return set(of_all.values_list("day", flat=True))


def _whole_months(first: date, last: date) -> Iterator[Month]:
    month = Month.of(first) if first.day == 1 else Month.of(first).next()
    while month.next().first_day <= last + _DAY:
        yield month
        month = month.next()


def _days(first: date, end: date) -> Iterator[date]:
    for n in range((end - first).days):
        yield first + timedelta(days=n)


def _stretches(first: date, last: date, covered: set[date]) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each stretch of days that are not covered."""
    start = None
    for day in _days(first, last + _DAY):
        if day in covered:
            if start is not None:
                yield start, day - _DAY
            start = None
        elif start is None:
            start = day
    if start is not None:
        yield start, last


def _any(conditions: list[Q]) -> Q:
    result = conditions[0]
    for condition in conditions[1:]:
        result |= condition
    return result
