"""The kind of segments: figures by the values of a key, and by those of two keys."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from deliveries.message_pages.parameter_fields import PARAMETER
from deliveries.search.segment_keys import search_keys
from portal.common.masking import Masking
from reports.figures.query import StatisticsQuery
from reports.monthly.tables import Column, Found, Table
from reports.pricing.costing import Payer
from reports.pricing.costs import Costs
from reports.schedules.cost_tables import cost_table
from reports.schedules.figure_tables import chosen_measures, figure_table, named
from reports.schedules.found import RowFilters, filters_of
from reports.schedules.of_counts import filter_details
from reports.schedules.reading import Content, Reading, SubjectGone
from reports.segments.costs import costs_of_rows, costs_of_values
from reports.segments.cross import REST_LABEL, cross_table
from reports.segments.figures import segment_figures
from reports.segments.links import is_found
from reports.segments.rows import in_order

_SPECIAL = {"(none)": "(no value)", "(other)": "(other)", "(small)": "(small)", REST_LABEL: "All others"}


def segment(reading: Reading, masking: Masking) -> Content:
    """Build the rows of a key; groups of few recipients are one for readers who see numbers masked."""
    parameters, merge_small = reading.parameters, not masking.in_full
    key, by = parameters["key"], parameters.get("by") or ""
    query, filters = _of_keys(reading, masking, [name for name in (key, by) if name])
    measures, language = chosen_measures(parameters.get("columns", ())), reading.language
    found = segment_figures(query, key, merge_small=merge_small)
    label = _labels(language, masking)
    shown = in_order(found.rows, "-messages")
    rows: list[Any] = [((label(row.value),), row.kpis) for row in shown]
    tables = [
        figure_table(
            "Segments",
            (Column("Value", "text"),),
            rows,
            measures=measures,
            language=language,
            total=found.total,
            found=[None if row.is_small else _found(filters, masking, {key: row.value}) for row in shown],
            found_total=filters.of({}),
        )
    ]
    if by:
        cross = cross_table(query, (key, by), merge_small=merge_small)
        cells = [(row, column) for row in cross.rows for column in cross.columns if cross.cells.get((row, column))]
        pairs: list[Any] = [((label(row), label(column)), cross.cells[row, column]) for row, column in cells]
        columns = (Column("Value", "text"), Column("Value of the second key", "text"))
        tables.append(
            figure_table(
                "Segments of two keys",
                columns,
                pairs,
                measures=measures,
                language=language,
                total=cross.total,
                found=[_found(filters, masking, {key: row, by: column}) for row, column in cells],
                found_total=filters.of({}),
            )
        )
    keys = [("Key", key), *([("Second key", by)] if by else [])]
    return Content(tables, found.total, (*keys, *filter_details(reading, masking)), found=filters.of({}))


def costs_of_segment(reading: Reading, masking: Masking, payer: Payer) -> list[Table]:
    """Build the costs by the values of the key; none of one campaign, whose messages by value are not counted."""
    key = reading.parameters["key"]
    query, _filters = _of_keys(reading, masking, [key])
    if query.is_of_campaigns:
        return []
    label = _labels(reading.language, masking)
    shown = in_order(segment_figures(query, key, merge_small=not masking.in_full).rows, "-messages")
    found = costs_of_rows(costs_of_values(query, key, payer), shown)
    rows = [((label(row.value),), one) for row, one in zip(shown, found, strict=True)]
    columns = [Column("Value", "text")]
    total = sum(found, Costs())
    return [cost_table("Costs by value", columns, rows, total=total, language=reading.language)]


def _labels(language: str, masking: Masking) -> Callable[[str], str]:
    """Return a function that names a value for a reader."""
    name = named(_SPECIAL, language)
    return lambda value: name(value if value in _SPECIAL else masking.text(value))


def _found(filters: RowFilters, masking: Masking, values: Mapping[str, str]) -> Found:
    """Return the filters for the messages with these values of the keys."""
    found = filters.of({})
    if found is None or not all(value.strip() and is_found(value, masking) for value in values.values()):
        return None
    return {**found, **{PARAMETER.format(key): value for key, value in values.items()}}


def _of_keys(reading: Reading, masking: Masking, keys: list[str]) -> tuple[StatisticsQuery, RowFilters]:
    """Return the query of the tenants that have figures by the keys, and its filters. Raises SubjectGone for none.

    Nothing is found while messages are indexed by a key, or where the counts by it begin within the days.
    """
    known = search_keys(reading.tenant_ids, keys)
    tenants = set(reading.tenant_ids)
    for key in keys:
        tenants &= known[key].counted if key in known and not masking.hides(key) else set()
    if not tenants:
        raise SubjectGone("the segment key has no figures any more")
    query = reading.query()
    query = replace(query, tenant_ids=sorted(tenants))
    filters = filters_of(reading, query)
    is_whole = all(
        not (key.making or key.failed) and (key.figures_from is None or key.figures_from <= query.first)
        for key in known.values()
    )
    return query, replace(filters, may_find=filters.may_find and is_whole)
