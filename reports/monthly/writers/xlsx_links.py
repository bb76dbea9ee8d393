"""Links of a workbook's figures: to the portal's list of the messages that a figure counts."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from reports.monthly.figures import ReportHeader
from reports.monthly.tables import COUNTED, Found, Table, narrowed

MAX_LINKS = 60_000
"""Maximum number of links in a sheet; Excel takes 65,530."""

_MAX_LENGTH = 2000  # of an address; Excel takes 2,079 characters


class SheetLinks:
    """Makes the links of one sheet: those of its first rows, as many as a sheet can have."""

    def __init__(self, table: Table, header: ReportHeader) -> None:
        self._address = header.messages_address
        if table.row_kinds:
            self._columns: dict[int, Mapping[str, str]] = {1: {}}  # the value; its row says what it counts
        else:
            self._columns = {i: COUNTED[column.key] for i, column in enumerate(table.columns) if column.key in COUNTED}
        self.made = 0
        self.is_full = False

    def of(self, row: tuple[object, ...], found: Found) -> dict[int, str]:
        """Return the addresses of a row's figures by column; none of 0 messages, and none where `found` is None."""
        if not self._address or found is None:
            return {}
        links = {
            index: address
            for index, more in self._columns.items()
            if row[index]
            and len(address := f"{self._address}?{urlencode(narrowed(found, more), doseq=True)}") <= _MAX_LENGTH
        }
        if self.made + len(links) > MAX_LINKS:
            self.is_full = True
            return {}
        self.made += len(links)
        return links
