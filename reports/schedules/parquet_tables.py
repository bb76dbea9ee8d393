"""Tables as Parquet for programs: English names, days and times as such, rates as fractions."""

from typing import Any

import pyarrow as pa

from portal.common.safe_text import make_encodable
from reports.monthly.figures import ReportHeader
from reports.monthly.tables import Kind, Table

_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "term": pa.string(),
    "week": pa.string(),
    "month": pa.string(),
    "mixed": pa.string(),  # of the Summary
    "code": pa.int64(),
    "int": pa.int64(),
    "money": pa.decimal128(38, 6),
    "seconds": pa.int64(),
    "ratio": pa.float64(),
    "percent": pa.float64(),
    "points": pa.float64(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
}


def table_of(table: Table, header: ReportHeader) -> pa.Table:
    """Return a table without its totals, so that columns can be summed; the Summary has those."""
    about = {"report": header.report, "as_of": header.data_as_of.isoformat(), "state": header.state}
    kinds = [column.kind for column in table.columns]
    schema = pa.schema([(column.key, _TYPES[column.kind]) for column in table.columns], metadata=about)
    cells = [[_cell(row[n], kind) for row in table.rows] for n, kind in enumerate(kinds)]
    return pa.table([pa.array(values, type=field.type) for values, field in zip(cells, schema, strict=True)], schema)


def _cell(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind == "mixed":
        return make_encodable(value.isoformat() if hasattr(value, "isoformat") else str(value))
    return make_encodable(value) if isinstance(value, str) else value
