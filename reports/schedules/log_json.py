"""A message log as one JSON document, for programs: names and statuses that no language changes, times in UTC."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from deliveries.exports.writers import Table, Written
from deliveries.exports.writers.table import Pages
from portal.common.safe_text import make_encodable


def write(table: Table, pages: Pages, path: Path) -> Written:
    """Write `{"header": {…}, "rows": [{column: value}, …]}`, a row a line, so that memory does not grow with them."""
    names = [column.name for column in table.columns]
    header = {
        "title": table.title,
        "timezone": table.timezone,
        "as_of": table.as_of.isoformat(),
        "numbers": "full" if table.in_full else "masked",
    }
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"header": {_dump(header)},\n"rows": [')
        for page in pages:
            cells = [column.raw_values(page) for column in table.columns]
            for row in zip(*cells, strict=True):
                file.write(f"{',' if rows else ''}\n{_dump(dict(zip(names, row, strict=True)))}")
                rows += 1
        file.write("\n]}\n")
    return Written(rows)


def _dump(value: Any) -> str:
    return make_encodable(json.dumps(value, ensure_ascii=False, allow_nan=False, default=_text))


def _text(value: datetime | date) -> str:
    return value.isoformat()
