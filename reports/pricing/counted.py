"""Counts as usages: sums of count rows over days with the same prices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from django.db.models import Case, DateField, F, IntegerField, Sum, Value, When
from django.db.models.functions import Cast, Greatest, TruncMonth

from reports.figures.query import TIMES, StatisticsQuery
from reports.figures.rollups import Ready, ready_spans
from reports.figures.statistics import count_sources, counts_for, with_times
from reports.pricing.tariff import Tariff, changes_of_prices
from reports.pricing.usage import BILLED_UNDELIVERED, Usage

_PRICED_BY = ("account_id", "country", "operator", "sender_type", "status")
_OTHER_CODE = 0  # of codes that change no cost


def counted(
    query: StatisticsQuery, tariffs: Collection[Tariff], columns: Collection[str], *, begins: Collection[date] = ()
) -> Iterator[tuple[dict, Usage]]:
    """Yield the query's counts by these columns and by all that these lists' prices depend on, each with its usage.

    Days between two changes of prices are one row, in months of their own if a price depends on the quantity of the
    month. A new row begins on each day of `begins`, too. No roll-up holds a month within which a price changes.
    """
    changes, by_month = _changes(query, tariffs, begins), bool(tiered_countries(tariffs))
    needed = [*(name for name in columns if name not in TIMES), *_PRICED_BY, "result_code"]
    columns = [*dict.fromkeys((*columns, *_PRICED_BY))]
    for source in count_sources(query, counts_for(query), columns=needed, ready=_ready(query, changes)):
        rows = with_times(source, query).annotate(
            priced_from=_priced_from(query.first, changes, by_month=by_month),
            code=Case(
                When(result_code=BILLED_UNDELIVERED, then=Value(BILLED_UNDELIVERED)),
                default=Value(_OTHER_CODE),
                output_field=IntegerField(),
            ),
        )
        found = rows.values(*columns, "priced_from", "code").annotate(n_messages=Sum("messages"), n_parts=Sum("parts"))
        yield from ((row, _usage(row)) for row in found.filter(n_messages__gt=0))


def tiered_countries(tariffs: Iterable[Tariff]) -> frozenset[str]:
    """Return the countries whose price depends on the quantity of the month in any of these lists."""
    return frozenset(price.country for one in tariffs for price in one.prices if price.tier_group is not None)


def _changes(query: StatisticsQuery, tariffs: Iterable[Tariff], begins: Iterable[date]) -> list[date]:
    """Return the days of the query, but its first, on which a price begins or ends, and those of `begins`."""
    return sorted(day for day in {*changes_of_prices(tariffs), *begins} if query.first < day <= query.last)


def _ready(query: StatisticsQuery, changes: Iterable[date]) -> Ready:
    """Return the rolled-up months within which no price changes, and the rolled-up days outside of them."""
    by_day = any(name in TIMES and name != "month" for name in query.group_by)
    changing = {day.replace(day=1) for day in changes if day.day != 1}
    return ready_spans(query.tenant_ids, query.first, query.last, by_day=by_day, but=changing)


def _priced_from(first: date, changes: list[date], *, by_month: bool) -> Case | Greatest:
    stretch = Case(
        *(When(day__gte=day, then=Value(day)) for day in reversed(changes)),
        default=Value(first),
        output_field=DateField(),
    )
    return Greatest(stretch, Cast(TruncMonth(F("day")), DateField())) if by_month else stretch


def _usage(row: Mapping) -> Usage:
    return Usage(
        row["priced_from"],
        row["account_id"],
        row.get("partner_id", ""),
        row["country"],
        row["operator"],
        row["sender_type"],
        row["status"],
        row["code"],
        row["n_messages"],
        row["n_parts"],
    )
