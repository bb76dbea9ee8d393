"""The one way into the inbox: raw rows and their to-do entries in one statement."""

from typing import NamedTuple


class NewRow(NamedTuple):
    """A raw report on its way in; `accept_days` widens the window of accepted times (an import's)."""

    feed_id: int
    slice: int
    body: bytes
    peer: str | None = None
    accept_days: int | None = None


# One round trip and one commit for a whole group; the NOTIFY wakes the appliers once.
INSERT = """
WITH added AS (
    INSERT INTO inbox (feed_id, slice, body, peer, accept_days)
    SELECT * FROM unnest(%b::int[], %b::smallint[], %b::bytea[], %b::inet[], %b::int[])
    RETURNING slice, id, received_at
), todo AS (
    INSERT INTO inbox_todo (slice, id, received_at) SELECT slice, id, received_at FROM added
)
SELECT pg_notify('inbox', '')
"""


def columns(rows: list[NewRow]) -> list[list]:
    """Return INSERT's parameters for `rows`."""
    return [list(column) for column in zip(*rows, strict=True)]
