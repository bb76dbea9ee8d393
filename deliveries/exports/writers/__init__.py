"""Writers of exports: each writes all pages of a table to a file, in constant memory."""

from deliveries.exports.writers import csv_writer, parquet_writer, xlsx_writer
from deliveries.exports.writers.table import Table, Writer, Written
from deliveries.models import Export

WRITERS: dict[str, Writer] = {
    Export.Format.CSV: csv_writer.write,
    Export.Format.XLSX: xlsx_writer.write,
    Export.Format.PARQUET: parquet_writer.write,
}

__all__ = ["WRITERS", "Table", "Writer", "Written"]
