"""Names by which a template shows a report: `Countries.Messages`, `Countries.Total.Messages`, `Report.Period`.

They are the names that the portal's own workbook gives its ranges (reports/monthly/writers/xlsx_plan.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.common.safe_text import cut_to_cell, show_controls
from reports.monthly.figures import ReportHeader
from reports.monthly.summary import local_time, period_text
from reports.monthly.tables import Kind, Table
from reports.monthly.texts import name_month, translate
from reports.monthly.writers.words import cell_text, instant_text
from reports.monthly.writers.xlsx_plan import identifier

Value = str | float | int | date | None
"""A cell's value: a text as it is shown, a number, or a day."""

MAX_ROWS: dict[str, int] = {"Days": 31, "Summary": 40}
"""Tables that are never longer."""


@dataclass(frozen=True, slots=True)
class Names:
    """All names that a report has. `values` are single ones, `columns` those of a table's rows, by the table."""

    values: dict[str, Value]
    texts: dict[str, str]  # the values as they are shown within a sentence
    columns: dict[str, dict[str, list[Value]]]
    rows: dict[str, list[tuple[Value, ...]]]

    @property
    def known(self) -> list[str]:
        """Every name that a placeholder can have."""
        return [*self.values, *(f"{table}.{column}" for table, found in self.columns.items() for column in found)]


def names_of(tables: Sequence[Table], header: ReportHeader) -> Names:
    """Return the names of a report with what they stand for, in the report's language."""
    language = header.language
    values: dict[str, Value] = {
        "Report.Name": _text(header.report),
        "Report.Subject": _text(header.title_subject),
        "Report.Period": _text(period_text(header)),
        "Report.State": translate(header.state, language),
        "Report.Revision": header.revision,
        "Report.Data_as_of": instant_text(local_time(header.data_as_of, header)),
        "Report.Time_zone": header.timezone,
        "Report.Service": _text(header.product) or translate("SMS reporting portal", language),
    }
    texts = {
        name: cell_text(value, "int" if isinstance(value, int) else "text", language) for name, value in values.items()
    }
    columns: dict[str, dict[str, list[Value]]] = {}
    rows: dict[str, list[tuple[Value, ...]]] = {}
    for table in tables:
        name = identifier(table.key)
        shown = [
            tuple(_shown(value, kind, language) for value, kind in zip(row, kinds, strict=True))
            for row, kinds in table.typed_rows()
        ]
        rows[name] = shown
        if table.row_kinds is not None:
            for (row, kinds), line in zip(table.typed_rows(), shown, strict=True):
                values[f"{name}.{identifier(row[0])}"] = line[1]
                texts[f"{name}.{identifier(row[0])}"] = _text(cell_text(row[1], kinds[1], language))
            continue
        keys = [identifier(column.key) for column in table.columns]
        columns[name] = {key: [row[index] for row in shown] for index, key in enumerate(keys)}
        if table.total is not None:
            for key, column, value in zip(keys, table.columns, table.total, strict=True):
                values[f"{name}.Total.{key}"] = _shown(value, column.kind, language)
                texts[f"{name}.Total.{key}"] = _text(cell_text(value, column.kind, language))
    return Names(values, texts, columns, rows)


def _shown(value: Any, kind: Kind, language: str) -> Value:
    if value is None:
        return None
    if kind == "term":
        return translate(value, language)
    if kind == "month":
        return name_month(value, language)
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, str):
        return _text(value)
    plain: Value = value
    return plain


def _text(text: str) -> str:
    return cut_to_cell(show_controls(text))
