"""Sources of a period's figures: roll-ups of days, ten days and months, and the counts for the rest.

The choice changes only the time it takes (deliveries/counts/rollups.py).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

from django.db.models import Count, FloatField, Model, Q, QuerySet, Sum
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from deliveries.counts.final_codes import DIGEST
from deliveries.counts.rollup_sql import IN_BUCKETS, MONTHS_ALONE
from deliveries.models import (
    CampaignCount,
    CondensedCampaign,
    CondensedCampaignCount,
    CondensedCampaignLatency,
    CondensedCampaignPlace,
    CondensedDailyCount,
    CondensedDay,
    CondensedLatency,
    CondensedPlace,
    CondensedSegment,
    CondensedSegmentCount,
    CondensedSpan,
    DailyCount,
    LatencyCount,
    SegmentCount,
    SegmentLatencyCount,
    Span,
)
from portal.common.periods import Month

_DAY = timedelta(days=1)
# Roll-ups of the counts; the first one with all requested columns has the fewest rows.
_ROLLUP_MODELS: dict[type[Model], tuple[type[Model], ...]] = {
    CampaignCount: (CondensedCampaign, CondensedCampaignCount, CondensedCampaignPlace),
    DailyCount: (CondensedDay, CondensedPlace, CondensedDailyCount),
    LatencyCount: (CondensedLatency, CondensedCampaign, CondensedCampaignLatency),
    SegmentCount: (CondensedSegment, CondensedSegmentCount),
    SegmentLatencyCount: (CondensedSegment,),
}
# In the list of columns both arrays are unnested in step, faster than as a function of each row.
_PER_BUCKET = """
SELECT {columns} b.bucket, sum(b.n)::bigint AS n
FROM (SELECT r.*, unnest(r.buckets) AS bucket, unnest(r.bucket_messages) AS n FROM ({rows}) AS r) AS b
GROUP BY {columns} b.bucket HAVING sum(b.n) > 0
"""


Found = TypeVar("Found")


@dataclass(frozen=True)
class Ready:
    """Ready spans of a period by their first days: months, ten days outside of these, and days outside of both."""

    first: date
    last: date
    months: set[date]
    tens: set[date]
    days: set[date]

    @property
    def is_none(self) -> bool:
        return not (self.months or self.tens or self.days)

    @cached_property
    def months_alone(self) -> "Ready":
        return replace(self, tens=set(), days=set())

    @cached_property
    def rest(self) -> list[tuple[date, date]]:
        """Return the first and last day of each stretch of the period that lies in none of them."""
        covered = self.days | _covered(Span.MONTH, self.months) | _covered(Span.TEN_DAYS, self.tens)
        return list(_uncovered_ranges(self.first, self.last, covered))

    @cached_property
    def rows(self) -> Q:
        """Return the condition of their roll-ups; what is in no OR limits what is read of the index."""
        given = {Span.MONTH: self.months, Span.TEN_DAYS: self.tens, Span.DAY: self.days}
        held = [Q(span=span, day__any_of=sorted(days)) for span, days in given.items() if days]
        if len(held) == 1:
            return held[0]
        every = set(chain.from_iterable(given.values()))
        return Q(*held, _connector=Q.OR) & Q(
            span__in=[span for span, days in given.items() if days], day__any_of=sorted(every)
        )


_Spans = set[tuple[str, date]]
_kept: ContextVar[dict[tuple, Any] | None] = ContextVar("kept_of_page", default=None)


@contextmanager
def spans_read_once() -> Iterator[None]:
    """Read the ready spans of a period, and the ids of campaigns, once for all figures of a page; also a decorator.

    The rows of a span are replaced in one transaction, so a span that is no longer ready has its earlier sums. Within
    another use of it there is nothing to do.
    """
    if _kept.get() is not None:
        yield
        return
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def sources(
    model: type[Model],
    *,
    tenant_ids: Collection[int],
    first: date,
    last: date,
    columns: Collection[str],
    by_day: bool,
    ready: Ready | None = None,
) -> list[QuerySet]:
    """Return rows that together count the messages from `first` to `last` once: roll-ups, and rows of `model`.

    `columns` are all that will be grouped and filtered by besides the day. With `by_day` only roll-ups of whole days
    are used. `ready` is `ready_spans`, for callers that read several models of one period.
    """
    of_tenants = model.objects.filter(tenant_id__in=tenant_ids)
    for condensed in _ROLLUP_MODELS.get(model, ()):
        if not set(columns).issubset(condensed._meta.pk.field_names):
            continue
        if condensed in MONTHS_ALONE and (by_day or not any(whole_months(first, last))):
            break
        used = ready or ready_spans(tenant_ids, first, last, by_day=by_day)
        used = used.months_alone if condensed in MONTHS_ALONE else used
        if used.is_none:
            break
        found = [condensed.objects.filter(used.rows, tenant_id__in=tenant_ids)]
        return found + ([of_tenants.filter(_within(used.rest))] if used.rest else [])
    return [of_tenants.filter(day__range=(first, last))]


def bucket_rows(rows: QuerySet, columns: Collection[str]) -> tuple[str, tuple]:
    """Return the SQL of these columns, `bucket` and `n` of one source of LatencyCount, and its parameters."""
    if rows.model not in IN_BUCKETS:
        return _counted(rows, columns).query.sql_with_params()
    sql, parameters = rows.values(*columns, "buckets", "bucket_messages").query.sql_with_params()
    grouped = "".join(f"b.{column}, " for column in columns)
    return _PER_BUCKET.format(columns=grouped, rows=sql), parameters


def _counted(rows: QuerySet, columns: Collection[str]) -> QuerySet:
    return rows.values(*columns, "bucket").annotate(n=Sum("messages")).filter(n__gt=0)


def union_all(rows: list[QuerySet]) -> tuple[str, tuple]:
    """Return the SQL of all rows of these, one after the other, and its parameters."""
    parts = [source.query.sql_with_params() for source in rows]
    return " UNION ALL ".join(f"({sql})" for sql, _ in parts), tuple(value for _, values in parts for value in values)


def named(statement: tuple[str, Sequence], parameters: dict) -> str:
    """Return a statement of Django's with named parameters, which are added to `parameters`."""
    sql, values = statement
    first = len(parameters)
    for number, value in enumerate(values, first):
        parameters[f"row{number}"] = value
    return sql % tuple(f"%(row{number})s" for number in range(first, first + len(values)))


def as_float(name: str) -> Cast:
    """Return a column of whole numbers as what is summed fastest, for sums of each of many campaigns.

    A sum of floats takes no memory of its own and is exact to 2**53; one of bigints takes memory and more time.
    """
    return Cast(name, FloatField())


def summed(name: str) -> str:
    """Return the SQL that sums a column of whole numbers in this way."""
    return f"sum({name}::float8)"


def ready_spans(
    tenant_ids: Collection[int],
    first: date,
    last: date,
    *,
    by_day: bool = False,
    but: Collection[date] = (),
    with_final: bool = False,
) -> Ready:
    """Return the spans that are ready for all of the tenants; with `by_day` days alone.

    The months `but` (their first days) are read by day. With `with_final` only those whose sums of final messages hold
    for the present result codes.
    """
    key = ("ready", first, last, by_day, frozenset(but), frozenset(tenant_ids), with_final)
    return read_once(key, lambda: _chosen(tenant_ids, first, last, by_day, but, with_final))


def _chosen(
    tenant_ids: Collection[int], first: date, last: date, by_day: bool, but: Collection[date], with_final: bool
) -> Ready:
    """Return what `ready_spans` returns."""
    found = _read_once((first, last), tenant_ids, with_final=with_final)
    days = {day for span, day in found if span == Span.DAY}
    if by_day:
        return Ready(first, last, set(), set(), days)
    whole = [(span, day) for span, day in found if Span(span).end_of(day) <= last + _DAY]
    months = {day for span, day in whole if span == Span.MONTH}.difference(but)
    tens = {day for span, day in whole if span == Span.TEN_DAYS and day.replace(day=1) not in months.union(but)}
    days = days - _covered(Span.MONTH, months) - _covered(Span.TEN_DAYS, tens)
    return Ready(first, last, months, tens, days)


def _covered(span: Span, firsts: Collection[date]) -> set[date]:
    """Return the days of the spans that begin on these days."""
    return {day for first in firsts for day in _days(first, span.end_of(first))}


def _read_once(period: tuple[date, date], tenant_ids: Collection[int], *, with_final: bool) -> _Spans:
    """Return the ready spans that begin in a period, those read before within `spans_read_once`."""
    key = ("spans", period, frozenset(tenant_ids), with_final)
    return read_once(key, lambda: _ready_of_all(tenant_ids, period, with_final=with_final))


def read_once(key: tuple, read: Callable[[], Found]) -> Found:
    """Return what `read` found for this key before within `spans_read_once`, or finds now."""
    kept = _kept.get()
    if kept is None:
        return read()
    if key not in kept:
        kept[key] = read()
    return kept[key]


def _ready_of_all(tenant_ids: Collection[int], period: tuple[date, date], *, with_final: bool) -> _Spans:
    ready = CondensedSpan.objects.filter(day__range=period, tenant_id__in=tenant_ids, is_ready=True)
    if with_final:
        ready = ready.filter(final_codes=RawSQL(DIGEST, ()))  # noqa: S611  a constant
    of_all = ready.values_list("span", "day").annotate(n=Count("*")).filter(n=len(set(tenant_ids)))
    return {(span, day) for span, day, _ in of_all}


def whole_months(first: date, last: date) -> Iterator[Month]:
    """Yield the calendar months that lie within the days, both included."""
    month = Month.of(first) if first.day == 1 else Month.of(first).next()
    while month.next().first_day <= last + _DAY:
        yield month
        month = month.next()


def _days(first: date, end: date) -> Iterator[date]:
    for n in range((end - first).days):
        yield first + timedelta(days=n)


def _uncovered_ranges(first: date, last: date, covered: set[date]) -> Iterator[tuple[date, date]]:
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


def _within(ranges: Sequence[tuple[date, date]]) -> Q:
    """Return the condition of the days of these ranges; several as a list, which an index can find."""
    if len(ranges) == 1:
        return Q(day__range=ranges[0])
    return Q(day__any_of=[day for first, last in ranges for day in _days(first, last + _DAY)])
