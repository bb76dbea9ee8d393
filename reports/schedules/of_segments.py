"""The kind of segments: figures by the values of a key, and by those of two keys."""

from typing import Any

from deliveries.search.segment_keys import search_keys
from portal.common.masking import Masking
from reports.figures.query import StatisticsQuery
from reports.monthly.tables import Column
from reports.schedules.figure_tables import chosen_measures, figure_table, named
from reports.schedules.of_counts import filter_details
from reports.schedules.reading import Content, Reading, SubjectGone
from reports.segments.cross import REST_LABEL, cross_table
from reports.segments.figures import segment_figures
from reports.segments.rows import in_order

_SPECIAL = {name: name for name in ("(none)", "(other)", "(small)")} | {REST_LABEL: "All others"}


def segment(reading: Reading, masking: Masking) -> Content:
    """Build the rows of a key; groups of few recipients are one for readers who see numbers masked."""
    parameters, merge_small = reading.parameters, not masking.in_full
    key, by = parameters["key"], parameters.get("by") or ""
    query = _of_keys(reading, masking, [name for name in (key, by) if name])
    measures, language = chosen_measures(parameters.get("columns", ())), reading.language
    found = segment_figures(query, key, merge_small=merge_small)
    name = named(_SPECIAL, language)

    def label(value: str) -> str:
        return name(value if value in _SPECIAL else masking.text(value))

    rows: list[Any] = [((label(row.value),), row.kpis) for row in in_order(found.rows, "-messages")]
    tables = [
        figure_table(
            "Segments", (Column("Value", "text"),), rows, measures=measures, language=language, total=found.total
        )
    ]
    if by:
        cross = cross_table(query, (key, by), merge_small=merge_small)
        pairs: list[Any] = [
            ((label(row), label(column)), kpis)
            for row in cross.rows
            for column in cross.columns
            if (kpis := cross.cells.get((row, column))) is not None
        ]
        columns = (Column("Value", "text"), Column("Value of the second key", "text"))
        tables.append(
            figure_table(
                "Segments of two keys", columns, pairs, measures=measures, language=language, total=cross.total
            )
        )
    keys = [("Key", key), *([("Second key", by)] if by else [])]
    return Content(tables, found.total, (*keys, *filter_details(reading, masking)))


def _of_keys(reading: Reading, masking: Masking, keys: list[str]) -> StatisticsQuery:
    """Return the query of the tenants that have figures by the keys. Raises SubjectGone for none."""
    known = search_keys(reading.tenant_ids, keys)
    tenants = set(reading.tenant_ids)
    for key in keys:
        tenants &= known[key].counted if key in known and not masking.hides(key) else set()
    if not tenants:
        raise SubjectGone("the segment key has no figures any more")
    query = reading.query()
    return StatisticsQuery(
        tenant_ids=sorted(tenants), first=query.first, last=query.last, filters=query.filters, timezone=query.timezone
    )
