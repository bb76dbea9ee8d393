"""Tables of a revision, kept as data beside its workbook: the next revision is compared with them.

They have numbers in full: who sees them masked gets them masked on reading (reports/monthly/masked_tables.py). An
erasure deletes them together with the workbook.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from deliveries.counts.causes import KEYS
from reports.models import ReportRun
from reports.monthly.ledger import LedgerRows
from reports.monthly.tables import Column, Kind, Table

_WIDTH = len(KEYS)
_DAY = list(KEYS).index("day")
_TIMES = {"date": date.fromisoformat, "datetime": datetime.fromisoformat}


@dataclass(frozen=True, slots=True)
class KeptTables:
    """The kept content of a revision: its tables, the ledger of causes at that moment, and the tables' language."""

    language: str
    tables: list[Table]
    ledger: LedgerRows


def store(run: ReportRun, tables: Sequence[Table], ledger: LedgerRows, language: str) -> str:
    """Store a run's tables and return the name of the file."""
    content = {
        "language": language,
        "tables": [
            {
                "key": table.key,
                "columns": [(column.key, column.kind) for column in table.columns],
                "rows": table.rows,
                "total": table.total,
                "row_kinds": table.row_kinds,
                "subtotals": table.subtotals,
            }
            for table in tables
        ],
        "ledger": [(*key, *values) for key, values in ledger.items()],
    }
    packed = gzip.compress(orjson.dumps(content), compresslevel=6, mtime=0)
    return default_storage.save(file_name(run, run.revision, run.attempts), ContentFile(packed))


def load(run: ReportRun) -> KeptTables | None:
    """Return what is kept of a run; None if it was made by an earlier version, or its files were deleted."""
    if not run.has_file or not run.kept_file or not default_storage.exists(run.kept_file):
        return None
    with default_storage.open(run.kept_file, "rb") as file:
        content = orjson.loads(gzip.decompress(file.read()))
    ledger = {}
    for row in content["ledger"]:
        row[_DAY] = date.fromisoformat(row[_DAY])
        ledger[tuple(row[:_WIDTH])] = tuple(row[_WIDTH:])
    return KeptTables(content["language"], [_table(stored) for stored in content["tables"]], ledger)


def file_name(run: ReportRun, revision: int | None, attempt: int) -> str:
    """Return the name of the file of one attempt, which no other attempt overwrites."""
    return f"reports/{run.tenant_id}/kept/{run.month:%Y-%m}_r{revision}_{attempt}.json.gz"


def _table(stored: dict[str, Any]) -> Table:
    kinds = stored["row_kinds"]
    table = Table(
        key=stored["key"],
        columns=tuple(Column(key, kind) for key, kind in stored["columns"]),
        rows=[tuple(row) for row in stored["rows"]],
        total=stored["total"] and tuple(stored["total"]),
        row_kinds=kinds and tuple(kinds),
        subtotals=[tuple(row) for row in stored["subtotals"]],
    )
    table.rows[:] = [tuple(map(_read, row, row_kinds)) for row, row_kinds in list(table.typed_rows())]
    return table


def _read(value: Any, kind: Kind) -> Any:
    return _TIMES[kind](value) if value is not None and kind in _TIMES else value
