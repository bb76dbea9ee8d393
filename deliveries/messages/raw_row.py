"""A waiting inbox row as an applier claims it, and one that cannot be applied."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct


class RawRow(Struct, frozen=True, gc=False):
    """One claimed inbox row; the last four are the request's (deliveries/ingest/inbox.py)."""

    id: int
    feed_id: int
    received_at: datetime
    accept_days: int | None
    import_run_id: int | None
    body: bytes
    method: str = ""
    query: str = ""
    content_type: str = ""
    content_encoding: str = ""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row with what is wrong with it."""

    row: RawRow
    reason: str
    detail: str
