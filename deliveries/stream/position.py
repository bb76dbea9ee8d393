"""Places in the stream, and the cursors by which clients name them; pure."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

LAST = 2**63 - 1  # behind every inbox id
_CURSOR = re.compile(r"([0-9a-f]{8})\.(\d{1,20})\.(\d{1,19})", re.ASCII)
_MAX_XID = 2**64 - 1


class BadCursor(ValueError):
    """A text that is no cursor of a stream."""


class Position(NamedTuple):
    """Place behind an event: all up to this transaction id and inbox id has been read."""

    xid: int
    inbox_id: int


def epoch_of(origin: str) -> str:
    """Return the mark of the log's origin, to which transaction ids belong, as it stands in cursors."""
    return hashlib.sha256(origin.encode()).hexdigest()[:8]


def to_cursor(epoch: str, position: Position) -> str:
    """Return the cursor of a position, such as `9f86d081.74211.90817`."""
    return f"{epoch}.{position.xid}.{position.inbox_id}"


def from_cursor(text: str) -> tuple[str, Position]:
    """Return a cursor's epoch and position. Raises BadCursor."""
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise BadCursor("not a cursor of this stream")
    epoch, xid, inbox_id = found[1], int(found[2]), int(found[3])
    if xid > _MAX_XID or inbox_id > LAST:
        raise BadCursor("not a cursor of this stream")
    return epoch, Position(xid, inbox_id)
