"""The tables of a monthly report: which rows and columns there are, in which order, and how each is totalled.

Sheet and column names are English keys; writers translate them. Our own words within the rows, such as
`(no campaign)` and country names, are in the report's language already, except in columns of kind `term`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from campaigns.statistics import rate
from reports.figures.volume import Volume
from reports.monthly.figures import OVER_LIMIT_KEY, ErrorCount, FiguresDisagree, MonthFigures, ReportHeader
from reports.monthly.found import MonthFilters, days_of
from reports.monthly.summary import PERCENTILES, build_summary, percentile_seconds
from reports.monthly.tables import Column, Found, Kind, Table
from reports.monthly.texts import name_country, translate

__all__ = [
    "OVER_LIMIT_KEY",
    "Column",
    "ErrorCount",
    "FiguresDisagree",
    "Kind",
    "MonthFigures",
    "ReportHeader",
    "Table",
    "Volume",
    "build_tables",
]

_MEASURES = (
    Column("Messages", "int"),
    Column("SMS parts", "int"),
    Column("Delivered parts", "int"),
    Column("Billed parts", "int"),
    Column("Delivered", "int"),
    Column("Failed", "int"),
    Column("Pending", "int"),
    Column("Unknown", "int"),
    Column("Delivery rate", "percent"),
)
_COUNTRY = (Column("Country code", "text"), Column("Country", "text"))
_TENANT = (Column("Tenant", "text"), Column("Time zone", "text"))
_Namer = Callable[[Any], tuple[Any, ...]]
"""From a key of the figures to the cells that name it."""
_Subtotal = tuple[tuple[Any, ...], Found]
"""A subtotal's cells, and the filters that find its messages."""

_ERROR_STATUSES = frozenset({"failed", "expired", "rejected", "unknown"})


def build_tables(figures: MonthFigures) -> list[Table]:
    """Return a month's tables in the order of the workbook's sheets.

    Rows are sorted by messages, most first, then by key; days by date, every day of the month. A total is calculated
    from summed counts: rates are never averaged, percentiles come from the merged buckets. A rate with a divisor of 0
    is None. With several tenants, tables that name them have subtotals by tenant; the table of partner IDs also by
    partner ID with several rows. Raises FiguresDisagree if the tables' counts do not add up to the same month.
    """
    _check(figures)
    volume = Volume.total(figures.countries.values())
    latency = _merge(figures.latency.values())
    return [
        build_summary(figures.header, volume, latency, MonthFilters(figures).month()),
        _countries(figures),
        _partner_ids(figures),
        _campaigns(figures),
        _operators(figures),
        _days(figures),
        _errors(figures, volume),
        _latency(figures, latency),
    ]


def _check(figures: MonthFigures) -> None:
    month = Volume.total(figures.countries.values())
    for name in ("partner_ids", "campaigns", "operators", "days"):
        found = Volume.total(getattr(figures, name).values())
        if found != month:
            raise FiguresDisagree(f"{name} add up to {found}, countries to {month}")
    if strangers := sorted(set(figures.days) - set(days_of(figures.header.month))):
        raise FiguresDisagree(f"{strangers[0]} is not a day of {figures.header.month}")
    errors = sum(error.messages for error in figures.errors if error.status in _ERROR_STATUSES)
    if errors != (expected := month.failed + month.unknown):
        raise FiguresDisagree(f"errors add up to {errors}, failed and unknown to {expected}")


def _countries(figures: MonthFigures) -> Table:
    country = _country_namer(figures)
    filters = MonthFilters(figures)
    return _volume_table("Countries", _COUNTRY, figures.countries, country, filters, filters.country)


def _partner_ids(figures: MonthFigures) -> Table:
    country, tenant = _country_namer(figures), _tenant_namer(figures)
    label, filters = _labeller(figures, none="(none)"), MonthFilters(figures)
    table = _volume_table(
        "Partner IDs",
        (Column("Partner ID", "text"), *_tenant_columns(figures), *_COUNTRY),
        figures.partner_ids,
        lambda key: (label(key[0]), *tenant(key[1:-1]), *country(key[-1])),
        filters,
        filters.partner_id,
    )
    if not figures.tenant_zones:
        return table
    owners: dict[str, set[str]] = defaultdict(set)
    for partner_id, owner, _ in figures.partner_ids:
        owners[partner_id].add(owner)

    def name(partner_id: str) -> tuple[Any, ...]:
        found = owners[partner_id]
        return (label(partner_id), *(tenant(tuple(found)) if len(found) == 1 else (None, None)), None, None)

    of_partner_ids = _subtotals(figures.partner_ids, lambda key: key[0], name, filters.of_partner_id, at_least=2)
    return _with_subtotals(table, [*of_partner_ids, *_of_tenants(figures, figures.partner_ids, tenant, before=1)])


def _campaigns(figures: MonthFigures) -> Table:
    country, tenant = _country_namer(figures), _tenant_namer(figures)
    label, filters = _labeller(figures, none="(no campaign)"), MonthFilters(figures)
    table = _volume_table(
        "Campaigns",
        (Column("Campaign", "text"), Column("Variant", "text"), *_tenant_columns(figures), *_COUNTRY),
        figures.campaigns,
        lambda key: (label(key[0]), key[1] or None, *tenant(key[2:-1]), *country(key[-1])),
        filters,
        filters.campaigns(),
    )
    if not figures.tenant_zones:
        return table
    return _with_subtotals(table, _of_tenants(figures, figures.campaigns, tenant, before=2))


def _operators(figures: MonthFigures) -> Table:
    country, label = _country_namer(figures), _labeller(figures, none="(unknown)")
    filters = MonthFilters(figures)
    return _volume_table(
        "Operators",
        (*_COUNTRY, Column("Operator", "text")),
        figures.operators,
        lambda key: (*country(key[0]), label(key[1])),
        filters,
        filters.operator,
    )


def _days(figures: MonthFigures) -> Table:
    days = {day: figures.days.get(day, Volume()) for day in days_of(figures.header.month)}
    filters = MonthFilters(figures)
    return _volume_table("Days", (Column("Day", "date"),), days, lambda day: (day,), filters, filters.day, by_key=True)


def _errors(figures: MonthFigures, volume: Volume) -> Table:
    """Return what was not delivered by code; a share is of all failed and unknown messages of the month."""
    whole = volume.failed + volume.unknown
    errors = [error for error in figures.errors if error.status in _ERROR_STATUSES]
    found = MonthFilters(figures).errors(figures.errors)
    errors.sort(key=lambda error: (-error.messages, error.code, error.meaning))
    return Table(
        key="Errors",
        columns=(
            Column("Code", "code"),
            Column("Meaning", "text"),
            Column("Reason", "term"),
            Column("Messages", "int"),
            Column("Share", "percent"),
        ),
        rows=[(e.code, e.meaning, e.reason, e.messages, rate(e.messages, whole)) for e in errors],
        total=(None, None, None, whole, rate(whole, whole)),
        found=[found(error) for error in errors],
    )


def _latency(figures: MonthFigures, merged: Mapping[int, int]) -> Table:
    """Return seconds from sending to delivery; only messages with both times are in it."""
    country = _country_namer(figures)
    sizes = {code: sum(buckets.values()) for code, buckets in figures.latency.items()}
    return Table(
        key="Latency",
        columns=(
            *_COUNTRY,
            Column("Delivered (messages with a known time)", "int"),
            *(Column(name, "seconds") for name, _ in PERCENTILES),
        ),
        rows=[
            (*country(code), sizes[code], *_percentiles(figures.latency[code]))
            for code in sorted(sizes, key=lambda code: (-sizes[code], code))
        ],
        total=(None, None, sum(sizes.values()), *_percentiles(merged)),
    )


def _volume_table(
    key: str,
    columns: tuple[Column, ...],
    volumes: Mapping[Any, Volume],
    name: _Namer,
    filters: MonthFilters,
    found: Callable[[Any], Found],
    *,
    by_key: bool = False,
) -> Table:
    """Return a table of the measures.

    `columns` are those that `name` fills from a key, `found` has a key's filters of Message Search.
    """
    ordered = sorted(volumes.items(), key=lambda item: item[0] if by_key else (-item[1].messages, item[0]))
    return Table(
        key=key,
        columns=(*columns, *_MEASURES),
        rows=[(*name(group), *_measures(volume)) for group, volume in ordered],
        total=(*(None for _ in columns), *_measures(Volume.total(volumes.values()))),
        found=[found(group) for group, _ in ordered],
        found_total=filters.month(),
    )


def _with_subtotals(table: Table, subtotals: list[_Subtotal]) -> Table:
    rows, found = [row for row, _ in subtotals], [filters for _, filters in subtotals]
    return replace(table, subtotals=rows, found_subtotals=found)


def _of_tenants(
    figures: MonthFigures, volumes: Mapping[tuple[Any, ...], Volume], tenant: _Namer, *, before: int
) -> list[_Subtotal]:
    """Return a subtotal for each tenant, placed after `before` columns and before the country's."""
    empty, filters = (None,) * before, MonthFilters(figures)
    return _subtotals(
        volumes, lambda key: key[-2], lambda owner: (*empty, *tenant((owner,)), None, None), filters.tenant
    )


def _subtotals(
    volumes: Mapping[tuple[Any, ...], Volume],
    group: Callable[[tuple[Any, ...]], str],
    name: _Namer,
    filters: Callable[[str], Found],
    *,
    at_least: int = 1,
) -> list[_Subtotal]:
    """Return the sums of the groups that have `at_least` so many rows, ordered as rows are."""
    found: dict[str, list[Volume]] = defaultdict(list)
    for key, volume in volumes.items():
        found[group(key)].append(volume)
    sums = {key: Volume.total(rows) for key, rows in found.items() if len(rows) >= at_least}
    return [
        ((*name(key), *_measures(sums[key])), filters(key))
        for key in sorted(sums, key=lambda key: (-sums[key].messages, key))
    ]


def _measures(v: Volume) -> tuple[int | float | None, ...]:
    of_parts = (v.parts, v.delivered_parts, v.billed_parts)
    return (v.messages, *of_parts, v.delivered, v.failed, v.pending, v.unknown, rate(v.delivered, v.messages))


def _country_namer(figures: MonthFigures) -> _Namer:
    return lambda code: (code, name_country(code, figures.header.language))


def _labeller(figures: MonthFigures, *, none: str) -> Callable[[str], str]:
    """Return a function that names a key; the keys for "none" and "other" get their words."""
    language = figures.header.language
    words = {"": translate(none, language), OVER_LIMIT_KEY: translate("(other)", language)}
    return lambda key: words.get(key, key)


def _tenant_columns(figures: MonthFigures) -> tuple[Column, ...]:
    return _TENANT if figures.tenant_zones else ()


def _tenant_namer(figures: MonthFigures) -> _Namer:
    """Return what turns the tenant in a key, a tuple of one, into its name and zone; of a tenant alone into nothing."""
    if not figures.tenant_zones:
        return lambda _: ()
    zones = {"": figures.header.timezone, **figures.tenant_zones}
    pool = translate("(unassigned)", figures.header.language)
    return lambda key: (key[0] or pool, zones[key[0]])


def _merge(latencies: Iterable[Mapping[int, int]]) -> Counter[int]:
    merged: Counter[int] = Counter()
    for buckets in latencies:
        merged.update(buckets)
    return merged


def _percentiles(buckets: Mapping[int, int]) -> tuple[int | None, ...]:
    return tuple(percentile_seconds(buckets, q) for _, q in PERCENTILES)
