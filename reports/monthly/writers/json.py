"""Tables as one JSON document, for machines: English keys, ISO 8601 dates, rates as six-digit fractions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import IO, Any

from portal.common.safe_text import make_encodable
from reports.monthly.figures import ReportHeader
from reports.monthly.summary import local_time
from reports.monthly.tables import Kind, Table


def write(tables: Sequence[Table], header: ReportHeader, file: IO[bytes]) -> int:
    """Write `{"header": …, "tables": {name: [row, …]}, "subtotals": {name: [row, …]}, "totals": {name: row}}`.

    Returns the number of rows. A row is an object of the table's columns; in a total those that name a row are null,
    in a subtotal those that it sums over; tables without subtotals are left out there. Rows go out one by
    one, as UTF-8, so that memory does not grow with them.
    """
    for piece in _pieces(tables, header):
        file.write(make_encodable(piece).encode())
    return sum(len(table.rows) for table in tables)


def _pieces(tables: Sequence[Table], header: ReportHeader) -> Iterator[str]:
    yield f'{{"header": {_dump(_header(header))},\n"tables": {{'
    for position, table in enumerate(tables):
        yield f"{',' if position else ''}\n{_dump(table.key)}: ["
        for number, (row, kinds) in enumerate(table.typed_rows()):
            yield f"{',' if number else ''}\n{_dump(_row(table, row, kinds))}"
        yield "]"
    kinds_of = {t.key: tuple(c.kind for c in t.columns) for t in tables}
    subtotals = {t.key: [_row(t, row, kinds_of[t.key]) for row in t.subtotals] for t in tables if t.subtotals}
    totals = {t.key: _row(t, t.total, kinds_of[t.key]) for t in tables if t.total}
    yield f'}},\n"subtotals": {_dump(subtotals)},\n"totals": {_dump(totals)}}}\n'


def _header(header: ReportHeader) -> dict[str, Any]:
    values = asdict(header)
    del values["logo"], values["colour"], values["messages_address"], values["template"]  # for people
    if header.days is not None:
        values["days"] = [day.isoformat() for day in header.days]
    for name in ("report", "days", "details"):  # of saved reports
        if not values[name]:
            del values[name]
    return {
        name: local_time(value, header).isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _row(table: Table, row: tuple[Any, ...], kinds: tuple[Kind, ...]) -> dict[str, Any]:
    return {c.key: _value(v, kind) for c, v, kind in zip(table.columns, row, kinds, strict=True)}


def _value(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    if kind in ("percent", "points", "ratio"):
        return round(value, 6)
    if kind == "money":
        return str(value)  # as the API: no program may round it
    if kind in ("date", "datetime"):
        return value.isoformat()
    return value


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
