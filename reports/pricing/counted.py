"""Counts as usages: sums of count rows over days with the same prices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, DateField, F, Func, IntegerField, Sum, Value, When

from portal.common.periods import Month
from reports.figures.query import TIMES, StatisticsQuery
from reports.figures.rollups import Ready, ready_spans
from reports.figures.statistics import count_sources, counts_for, with_times
from reports.pricing.tariff import ANY, Tariff, changes_of_prices
from reports.pricing.usage import BILLED_UNDELIVERED, Usage

OF_LINES = ("partner_id", "operator", "sender_type")  # columns that make lines of a statement differ
_PRICED_BY = ("account_id", "country", "status")
_SOMETIMES_PRICED_BY = ("operator", "sender_type")
_OTHER_CODE = 0  # of codes that change no cost


def counted(
    query: StatisticsQuery, tariffs: Collection[Tariff], columns: Collection[str], *, begins: Collection[date] = ()
) -> Iterator[tuple[dict, Usage]]:
    """Yield the query's counts by these columns and by all that these lists' prices depend on, each with its usage.

    Days between two changes of prices are one row, in months of their own if a price depends on the quantity of the
    month. A new row begins on each day of `begins`, too. No roll-up holds a month within which a price changes. A
    usage has an operator and a sender type if they are among the columns, or if a price depends on them.
    """
    changes = _changes(query, tariffs, begins)
    stretches = [query.first, *changes]
    columns = [*dict.fromkeys((*columns, *_PRICED_BY, *_of_prices(tariffs)))]
    needed = [*(name for name in columns if name not in TIMES), "result_code"]
    for source in count_sources(query, counts_for(query), columns=needed, ready=_ready(query, changes)):
        rows = with_times(source, query).annotate(
            stretch=Func(
                F("day"),
                Value(stretches, output_field=ArrayField(DateField())),
                function="width_bucket",
                output_field=IntegerField(),
            ),
            code=Case(
                When(result_code=BILLED_UNDELIVERED, then=Value(BILLED_UNDELIVERED)),
                default=Value(_OTHER_CODE),
                output_field=IntegerField(),
            ),
        )
        found = rows.values(*columns, "stretch", "code").annotate(n_messages=Sum("messages"), n_parts=Sum("parts"))
        yield from ((row, _usage(row, stretches)) for row in found.filter(n_messages__gt=0))


def _of_prices(tariffs: Iterable[Tariff]) -> Iterator[str]:
    """Yield the columns that only some lists' prices depend on."""
    prices = [price for tariff in tariffs for price in tariff.prices]
    for name in _SOMETIMES_PRICED_BY:
        if any(getattr(price, name) != ANY for price in prices):
            yield name


def tiered_countries(tariffs: Iterable[Tariff]) -> frozenset[str]:
    """Return the countries whose price depends on the quantity of the month in any of these lists."""
    return frozenset(price.country for one in tariffs for price in one.prices if price.tier_group is not None)


def _changes(query: StatisticsQuery, tariffs: Collection[Tariff], begins: Iterable[date]) -> list[date]:
    """Return the days of the query, but its first, on which a row of its own begins."""
    found = {*changes_of_prices(tariffs), *begins}
    if tiered_countries(tariffs):
        month = Month.of(query.first).next()
        while month.first_day <= query.last:
            found.add(month.first_day)
            month = month.next()
    return sorted(day for day in found if query.first < day <= query.last)


def _ready(query: StatisticsQuery, changes: Iterable[date]) -> Ready:
    """Return the rolled-up months within which no price changes, and the rolled-up days outside of them."""
    by_day = any(name in TIMES and name != "month" for name in query.group_by)
    changing = {day.replace(day=1) for day in changes if day.day != 1}
    return ready_spans(query.tenant_ids, query.first, query.last, by_day=by_day, but=changing)


def _usage(row: Mapping, stretches: list[date]) -> Usage:
    return Usage(
        stretches[row["stretch"] - 1],
        row["account_id"],
        row.get("partner_id", ""),
        row["country"],
        row.get("operator", ANY),
        row.get("sender_type", ANY),
        row["status"],
        row["code"],
        row["n_messages"],
        row["n_parts"],
    )
