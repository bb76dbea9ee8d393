"""One body into single delivery reports, byte for byte: an object, an array or NDJSON (docs/link.md section 3).

Splitting only finds where each report begins and ends, and its message id for the slice; reading it is the
applier's work. What cannot be split is one row, which the applier puts into quarantine.
"""

import re

import orjson

from deliveries.dialects import link_forms, submission
from deliveries.dialects.link import message_id_of
from deliveries.dialects.raw_text import without_bom
from deliveries.dialects.report import Unreadable
from deliveries.messages.slices import UNREADABLE_SLICE, slice_of

# No report is under 27 bytes ({"id":"x","resultCode":1001}), so no body of 1 MiB holds more than these. What looks like
# more (a million zeros) would only hold up the reports beside it, and is kept as the one unreadable row that it is.
MAX_REPORTS = 40_000

# Up to the next bracket or comma outside of texts, or the end; a text without an end takes all that is left. It never
# goes back, and never fails: a hostile body takes no longer than another one of its size.
_next_sign = re.compile(rb'(?:[^"\[\]{},]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"?)*+([\[\]{},]|\Z)', re.DOTALL).finditer


def split(body: bytes, *, account_id: int, query: str = "", content_type: str = "") -> list[tuple[int, bytes]]:
    """Return (slice, raw report) of each report in `body`, in order; at least one for any body.

    An unreadable report is separate: its neighbours in an array or in NDJSON are reports of their own. Form pairs, XML
    and a query are one report.
    """
    body = without_bom(body)
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        pieces = _elements(body) or _lines(body)
        if not 0 < len(pieces) <= MAX_REPORTS:
            pieces = [body]
        return [split_line(piece, account_id=account_id, query=query, content_type=content_type) for piece in pieces]
    if type(data) is list and len(data) > MAX_REPORTS:
        return [(UNREADABLE_SLICE, body)]
    default_id = link_forms.id_of(b"", query=query) if query else ""
    if type(data) is list and data:
        pieces = _elements(body)
        return [(_slice(value, account_id, default_id), piece) for value, piece in zip(data, pieces, strict=True)]
    return [(_slice(data, account_id, default_id), body)]


def split_line(line: bytes, *, account_id: int, query: str = "", content_type: str = "") -> tuple[int, bytes]:
    """Return (slice, line) of one line of NDJSON, or of a body that is one report."""
    line = without_bom(line)
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        if link_forms.is_json(line, query=query, content_type=content_type):
            return UNREADABLE_SLICE, line
        dlr_id = link_forms.id_of(line, query=query, content_type=content_type)
        return _slice({"id": dlr_id}, account_id), line
    return _slice(data, account_id, link_forms.id_of(b"", query=query) if query else ""), line


def slice_of_submission(body: bytes, *, account_id: int) -> int:
    """Return the slice of a raw row that is a submission, with any content."""
    try:
        return slice_of(account_id, submission.message_id_of_row(body))
    except Unreadable:
        return UNREADABLE_SLICE


def _slice(data: object, account_id: int, default_id: str = "") -> int:
    """Return the slice of a report; `default_id` is the query's, for one that has no id of its own."""
    dlr_id = (data.get("id") or default_id) if type(data) is dict else None
    if type(dlr_id) is not str or not dlr_id:
        return UNREADABLE_SLICE
    return slice_of(account_id, message_id_of(dlr_id))


def _lines(body: bytes) -> list[bytes]:
    """Return the lines of NDJSON; nothing unless one of them is a report by itself."""
    lines = [without_bom(line) for line in map(bytes.strip, body.split(b"\n")) if line]
    return lines if len(lines) > 1 and any(map(_is_report, lines)) else []


def _is_report(line: bytes) -> bool:
    if not (line.startswith(b"{") and line.endswith(b"}")):
        return False
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return type(data) is dict and "id" in data


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
