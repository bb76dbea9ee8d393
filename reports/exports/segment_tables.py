"""Kinds of exports with the figures of segments: a key by its values, and two keys together."""

from dataclasses import replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from deliveries.exports.kinds import Kind, NotAllowed
from deliveries.message_pages.columns import Column
from deliveries.search.segment_keys import search_keys
from portal.common.masking import Masking
from reports.exports.tables import FIGURES, MATURITY, TIMES, FigureRow, Table, kind, name_column
from reports.figures.query import StatisticsQuery
from reports.segments.cross import REST_LABEL, cross_table
from reports.segments.figures import ValueRow, segment_figures
from reports.segments.from_messages import may_be_read
from reports.segments.rows import in_order
from reports.segments.texts import label_of


def _values(table: Table) -> list[FigureRow]:
    """Read the rows of a key; they sum to the total of the page, and recipients are counted where they can be."""
    parameters, masking = table.parameters, table.masking
    found = segment_figures(
        table.query,
        parameters["key"],
        merge_small=not masking.in_full,
        with_recipients=may_be_read(table.query),
        kind=parameters.get("kind", ""),
    )
    return [
        FigureRow({"value": label_of(masking.text(row.value))}, row.kpis, more=_more(row))
        for row in in_order(found.rows, parameters["order"])
    ]


def _more(row: ValueRow) -> dict[str, Any]:
    converted, standout = row.conversions, row.standout
    revenue = converted.revenue if converted else []
    return {
        "recipients": row.recipients,
        "converted": converted and converted.converted,
        "conversion_rate": converted and converted.rate,
        "revenue": ", ".join(f"{one.total:.2f} {one.currency}" for one in revenue),
        "difference": standout and standout.difference,
    }


def _pairs(table: Table) -> list[FigureRow]:
    """Read a row for each pair of values; a hidden group of few recipients is in no row."""
    parameters, masking = table.parameters, table.masking
    found = cross_table(table.query, (parameters["key"], parameters["by"]), merge_small=not masking.in_full)
    return [
        FigureRow({"value": _label(row, masking), "by_value": _label(column, masking)}, kpis)
        for row in found.rows
        for column in found.columns
        if (kpis := found.cells.get((row, column))) is not None
    ]


def _label(value: str, masking: Masking) -> str:
    return str(_ALL_OTHERS) if value == REST_LABEL else label_of(masking.text(value))


def _of_keys(table: Table) -> StatisticsQuery:
    """Return the query of the tenants that still have figures by the keys. Raises NotAllowed for none."""
    keys = [table.parameters[name] for name in ("key", "by") if name in table.parameters]
    known = search_keys(table.query.tenant_ids, keys)
    tenants = set(table.query.tenant_ids)
    for key in keys:
        tenants &= known[key].counted if key in known and not table.masking.hides(key) else set()
    if not tenants:
        raise NotAllowed("the segment key has no figures any more")
    return replace(table.query, tenant_ids=sorted(tenants))


_ALL_OTHERS = gettext_lazy("All others")


def _more_column(name: str, kind_: Any, heading: Promise) -> Column:
    return Column(name, kind_, heading, lambda row: row.more.get(name))


SEGMENTS: Kind = kind(
    gettext_lazy("Segments"),
    _values,
    name_column("value", gettext_lazy("Value")),
    *FIGURES,
    MATURITY,
    *TIMES,
    _more_column("recipients", "number", gettext_lazy("Recipients")),
    _more_column("converted", "number", gettext_lazy("Recipients with an event")),
    _more_column("conversion_rate", "share", gettext_lazy("Conversion rate")),
    _more_column("revenue", "text", gettext_lazy("Revenue")),
    _more_column("difference", "share", gettext_lazy("Against all others")),
    narrow=_of_keys,
)
SEGMENT_PAIRS: Kind = kind(
    gettext_lazy("Segments of two keys"),
    _pairs,
    name_column("value", gettext_lazy("Value")),
    name_column("by_value", gettext_lazy("Value of the second key")),
    *FIGURES,
    MATURITY,
    *TIMES,
    narrow=_of_keys,
)
