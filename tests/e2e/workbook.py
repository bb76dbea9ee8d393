"""A workbook's cells as two other programs' readers see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas

Sheets = dict[str, list[tuple]]
"""Rows by the sheets' titles, in the workbook's order; an empty cell is None, a date without a time is a date."""


def read_with_openpyxl(path: Path) -> Sheets:
    book = openpyxl.load_workbook(path)
    return {sheet.title: _table(sheet.iter_rows(values_only=True)) for sheet in book}


def read_with_calamine(path: Path) -> Sheets:
    """Read by pandas and calamine, with every text as it stands: `NA` is Namibia or somebody's refId."""
    frames = pandas.read_excel(
        path, sheet_name=None, header=None, engine="calamine", keep_default_na=False, na_values=[], dtype=object
    )
    return {title: _table(frame.itertuples(index=False)) for title, frame in frames.items()}


def _table(rows: Iterable[tuple]) -> list[tuple]:
    """Return a sheet's table, without the mark that stands beside the table of a provisional report."""
    found = [tuple(map(_plain, row)) for row in rows]
    width = found[0].index(None) if None in found[0] else len(found[0])
    return [row[:width] for row in found]


def _plain(value: Any) -> Any:
    if value == "" or value is pandas.NaT:
        return None
    if isinstance(value, float):
        return round(value, 12)  # a workbook keeps 16 digits, of which readers make different last ones
    return value.date() if isinstance(value, datetime) else value
