"""Opaque cursors for keyset pages: they hold the key at the page's edge, not a row number."""

import base64
import binascii

import orjson


class BadCursor(ValueError):
    """The text is no cursor of ours."""


def encode(values: tuple, *, backwards: bool = False) -> str:
    """Return the cursor for going on after (or before) the row with these key values: texts, numbers, times."""
    raw = orjson.dumps([int(backwards), *values])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode(cursor: str, *, length: int) -> tuple[list, bool]:
    """Return the key values (times as ISO texts) and whether the cursor pages backwards. Raises BadCursor."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        backwards, *values = orjson.loads(raw)
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadCursor("not a cursor of this list") from error
    if backwards not in (0, 1) or len(values) != length:
        raise BadCursor("not a cursor of this list")
    return values, bool(backwards)
