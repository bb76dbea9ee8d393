"""One body into single delivery reports, byte for byte: an object, an array or NDJSON (docs/link.md section 3).

Splitting only finds where each report begins and ends, and its message id for the slice; reading it is the
applier's work. What cannot be split is one row, which the applier puts into quarantine.
"""

import json
from collections.abc import Iterator
from json.decoder import WHITESPACE

import orjson

from deliveries.dialects.link import message_id_of
from deliveries.slices import UNREADABLE_SLICE, slice_of

_BOM = b"\xef\xbb\xbf"
_scan = json.JSONDecoder().raw_decode


def split(body: bytes, *, account_id: int) -> list[tuple[int, bytes]]:
    """Return (slice, raw report) of each report in `body`, in order; at least one, whatever the body is."""
    if body.startswith(_BOM):
        body = body[3:]
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _lines(body, account_id) or _elements(body, account_id) or [(UNREADABLE_SLICE, body)]
    if type(data) is list and data:
        # An integer of thousands of digits stops the scan: then each element is written anew.
        return _elements(body, account_id) or [(_slice(value, account_id), orjson.dumps(value)) for value in data]
    return [(_slice(data, account_id), body)]


def split_line(line: bytes, *, account_id: int) -> tuple[int, bytes]:
    """Return (slice, line) of one line of NDJSON."""
    try:
        return _slice(orjson.loads(line), account_id), line
    except orjson.JSONDecodeError:
        return UNREADABLE_SLICE, line


def _slice(data: object, account_id: int) -> int:
    dlr_id = data.get("id") if type(data) is dict else None
    if type(dlr_id) is not str or not dlr_id:
        return UNREADABLE_SLICE
    return slice_of(account_id, message_id_of(dlr_id))


def _lines(body: bytes, account_id: int) -> list[tuple[int, bytes]]:
    """Return the lines of NDJSON; nothing unless its first line is an object by itself."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    if len(lines) < 2:
        return []
    try:
        if type(orjson.loads(lines[0])) is not dict:
            return []
    except orjson.JSONDecodeError:
        return []
    return [split_line(line.strip(), account_id=account_id) for line in lines]


def _elements(body: bytes, account_id: int) -> list[tuple[int, bytes]]:
    """Return the elements of an array, each with the bytes that it came in; nothing for what is no array."""
    try:
        text = body.decode()
        return [
            (_slice(value, account_id), text[start:end].encode("utf-8", "surrogatepass"))
            for value, start, end in _scan_array(text)
        ]
    except (ValueError, RecursionError):
        return []


def _scan_array(text: str) -> Iterator[tuple[object, int, int]]:
    """Yield (value, start, end) for each element. Raises ValueError or RecursionError where there is no array."""
    index = WHITESPACE.match(text, 0).end()
    if text[index : index + 1] != "[":
        raise ValueError("not an array")
    while True:
        start = WHITESPACE.match(text, index + 1).end()
        value, end = _scan(text, start)
        yield value, start, end
        index = WHITESPACE.match(text, end).end()
        sign = text[index : index + 1]
        if sign == "]":
            break
        if sign != ",":
            raise ValueError("neither , nor ]")
    if text[index + 1 :].strip():
        raise ValueError("something after the array")
