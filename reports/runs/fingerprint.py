"""Fingerprint of a report: a digest of a workbook's contents without its revision and times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from hashlib import sha256

from reports.monthly.figures import ReportHeader
from reports.monthly.tables import Table
from reports.monthly.texts import catalogue

LAYOUT = 3
"""The workbook's look: raise it when styles, charts or print change; tables and texts are in the digest already."""

_OF_THE_MOMENT = {"data_as_of": "Data as of", "oldest_waiting": "Oldest waiting", "revision": "Revision"}
"""Fields that differ in every report: those of the header, and their items in the Summary."""


def content_hash(tables: Sequence[Table], header: ReportHeader) -> str:
    """Return the digest of a report's figures, texts and layout, in hexadecimal digits."""
    digest = sha256()

    def add(value: object) -> None:
        digest.update(f"{value!r}\n".encode(errors="backslashreplace"))

    add((LAYOUT, sorted(catalogue(header.language).items())))
    # as before there were brands, and saved reports
    without = {name for name in ("product", "logo", "report", "days", "details") if not getattr(header, name)}
    left_out = {*_OF_THE_MOMENT, "messages_address", "template"} | without
    add([(f.name, getattr(header, f.name)) for f in fields(header) if f.name not in left_out])
    if header.template:
        add(sha256(header.template).hexdigest())
    for table in tables:
        add((table.key, table.columns, table.total))
        for row, kinds in table.typed_rows():
            if table.key != "Summary":
                add(row)
            elif row[0] not in _OF_THE_MOMENT.values():
                add((row, kinds))
        for row in table.subtotals:
            add(row)
    return digest.hexdigest()
