"""Parquet for programs: names and statuses that no language changes, times in UTC, words as dictionaries."""

from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from deliveries.exports.writers.table import Pages, Table, Written
from deliveries.message_pages.columns import Column
from portal.common.safe_text import make_encodable

ROW_GROUP = 25_000  # rows
_TYPES = {
    "time": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
    "word": pa.dictionary(pa.int32(), pa.string()),
    "number": pa.int64(),
    "day": pa.date32(),
    "share": pa.float64(),
    "decimal": pa.float64(),
    "money": pa.decimal128(24, 6),
}


def write(table: Table, pages: Pages, path: Path) -> Written:
    """Write all pages, a row group at a time. The file's metadata says what was searched for, and when."""
    about = {"title": table.title, "as_of": table.as_of.isoformat(), "numbers": "full" if table.in_full else "masked"}
    schema = pa.schema([(column.name, _TYPES[column.kind]) for column in table.columns], metadata=about)
    rows, waiting = 0, []
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for page in filter(None, pages):  # a page whose messages are all hidden is empty, and so would its row group be
            waiting.append(pa.record_batch([_array(column, page) for column in table.columns], schema=schema))
            rows += len(page)
            if sum(batch.num_rows for batch in waiting) >= ROW_GROUP:
                _write_group(writer, waiting)
                waiting = []
        if waiting:
            _write_group(writer, waiting)
    return Written(rows)


def _write_group(writer: parquet.ParquetWriter, batches: list[pa.RecordBatch]) -> None:
    table = pa.Table.from_batches(batches).unify_dictionaries()
    writer.write_table(table, row_group_size=table.num_rows)


def _array(column: Column, page: list[Any]) -> pa.Array:
    values = column.raw_values(page)
    if column.kind in ("text", "word"):
        values = [text if text is None or text.isascii() else make_encodable(text) for text in values]
    if column.kind == "word":
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array(values, _TYPES[column.kind])
