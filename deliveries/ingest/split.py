"""One body into single delivery reports, byte for byte: an object, an array, NDJSON or an envelope (docs/link.md 3).

Splitting only finds where each report begins and ends, and its message id for the slice; reading it is the
applier's work. What cannot be split is one row, which the applier puts into quarantine.
"""

import re

import msgspec
import orjson

from deliveries.dialects import submission
from deliveries.dialects.dialect import Dialect
from deliveries.dialects.raw_text import without_bom
from deliveries.dialects.report import Unreadable
from deliveries.messages.slices import UNREADABLE_SLICE, slice_of

# No report is under 27 bytes ({"id":"x","resultCode":1001}), so no body of 1 MiB holds more than these. What looks like
# more (a million zeros) would only hold up the reports beside it, and is kept as the one unreadable row that it is.
MAX_REPORTS = 40_000

# Up to the next bracket or comma outside of texts, or the end; a text without an end takes all that is left. It never
# goes back, and never fails: a hostile body takes no longer than another one of its size.
_next_sign = re.compile(rb'(?:[^"\[\]{},]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"?)*+([\[\]{},]|\Z)', re.DOTALL).finditer


def split(
    body: bytes, *, account_id: int, dialect: Dialect, query: str = "", content_type: str = ""
) -> list[tuple[int, bytes]]:
    """Return (slice, raw report) of each report in `body`, in order; at least one for any body.

    An unreadable report is separate: its neighbours in an array or in NDJSON are reports of their own. Form pairs, XML
    and a query are one report. Of an object with the dialect's envelope, the array in it is split.
    """
    body = without_bom(body)
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        pieces = _elements(body) or _lines(body, dialect)
        if not 0 < len(pieces) <= MAX_REPORTS:
            pieces = [body]
        request = {"query": query, "content_type": content_type}
        return [split_line(piece, account_id=account_id, dialect=dialect, **request) for piece in pieces]
    whole = body
    if dialect.envelope and type(data) is dict and (array := _in_envelope(body, data, dialect.envelope)):
        body, data = array, data[dialect.envelope]
    if type(data) is list and len(data) > MAX_REPORTS:
        return [(UNREADABLE_SLICE, whole)]
    default_id = dialect.key_of_row(b"", query=query) if query else ""
    if type(data) is list and data:
        pieces = _elements(body)
        return [
            (_slice(account_id, dialect.key(value, default_id)), piece)
            for value, piece in zip(data, pieces, strict=True)
        ]
    return [(_slice(account_id, dialect.key(data, default_id)), body)]


def split_line(
    line: bytes, *, account_id: int, dialect: Dialect, query: str = "", content_type: str = ""
) -> tuple[int, bytes]:
    """Return (slice, line) of one line of NDJSON, or of a body that is one report."""
    line = without_bom(line)
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        return _slice(account_id, dialect.key_of_row(line, query=query, content_type=content_type)), line
    return _slice(account_id, dialect.key(data, dialect.key_of_row(b"", query=query) if query else "")), line


def slice_of_submission(body: bytes, *, account_id: int) -> int:
    """Return the slice of a raw row that is a submission, with any content."""
    try:
        return slice_of(account_id, submission.message_id_of_row(body))
    except Unreadable:
        return UNREADABLE_SLICE


def _slice(account_id: int, message_id: str) -> int:
    return slice_of(account_id, message_id) if message_id else UNREADABLE_SLICE


def _lines(body: bytes, dialect: Dialect) -> list[bytes]:
    """Return the lines of NDJSON; nothing unless one of them is a report by itself."""
    lines = [without_bom(line) for line in map(bytes.strip, body.split(b"\n")) if line]
    return lines if len(lines) > 1 and any(_is_report(line, dialect) for line in lines) else []


def _is_report(line: bytes, dialect: Dialect) -> bool:
    if not (line.startswith(b"{") and line.endswith(b"}")):
        return False
    try:
        return dialect.key(orjson.loads(line)) != ""
    except orjson.JSONDecodeError:
        return False


def _in_envelope(body: bytes, data: dict, name: str) -> bytes:
    """Return the array of this name as the bytes received, nothing where there is none or an empty one."""
    if type(data.get(name)) is not list or not data[name]:
        return b""
    try:
        return bytes(msgspec.json.decode(body, type=dict[str, msgspec.Raw])[name])
    except (msgspec.MsgspecError, RecursionError):  # nested more deeply than any report is
        return b""


def _elements(body: bytes) -> list[bytes]:
    """Return the elements of an array as the bytes received; nothing if it is not an array.

    Only texts, brackets and commas are read, so depth, long numbers and invalid UTF-8 do not matter.
    """
    if not body.lstrip().startswith(b"["):
        return []
    elements, depth, start = [], 0, 0
    for match in _next_sign(body):
        sign = match[1]
        if sign in (b"[", b"{"):
            depth += 1
            if depth == 1:
                start = match.end()
        elif sign in (b"]", b"}"):
            depth -= 1
        if depth == 0 or (depth == 1 and sign == b","):
            elements.append(body[start : match.start(1)].strip())
            start = match.end()
            if depth == 0 or not elements[-1]:
                break
    return elements if depth == 0 and elements[-1] and not body[start:].strip() else []
