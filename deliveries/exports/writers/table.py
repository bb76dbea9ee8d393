"""The table that writers write."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from deliveries.message_pages.columns import Column
from portal.common.csv_file import CsvForm

Pages = Iterator[list[Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file, and what it says about itself. `rows` is the exact number of rows of all pages.

    `product` is the brand's name for the portal, "" where it has none of its own.
    """

    columns: Sequence[Column]
    rows_heading: str  # what the rows are, a plural
    timezone: str
    csv_form: CsvForm
    title: str
    as_of: datetime
    in_full: bool  # phone numbers are not masked
    rows: int
    product: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """Number of rows that were written, and of texts that were too long for a cell and shortened."""

    rows: int
    shortened: int = 0


Writer = Callable[[Table, Pages, Path], Written]
