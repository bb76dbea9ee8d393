"""LINK Mobility's SMS REST API: its delivery reports (docs/link.md sections 3 and 5)."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from campaigns.ref_ids import cut_to_bytes
from deliveries.dialects.link_codes import CODES
from deliveries.dialects.report import FROM_FEED, FROM_GATE, FROM_NOWHERE, FROM_PARAMETERS, Report, Unreadable
from portal.common.msisdn import normalize_destination

__all__ = ["CODES", "message_id_of", "parse", "parse_time", "window"]

MAX_PART = 254
MAX_SEGMENTS = 255
ACCEPT_DAYS = 400  # how old a gateway's time may be at receipt, and
ACCEPT_AHEAD = timedelta(days=2)  # how far ahead (section 5.6)
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)  # whatever an import accepts: months begin with 1970

# In bytes of UTF-8; what is longer goes to quarantine and stays whole in the raw row.
LIMITS = {
    "id": 200,
    "operator": 100,
    "operatorResultCode": 200,
    "platformPartnerId": 256,
    "source": 100,
    "destination": 100,
}
_SURELY_SHORT = min(LIMITS.values()) // 4  # characters: no text of so few exceeds any limit
_MAX_PARAMETERS = 100
_INT32 = 2**31
_FIRST_LOST = 2**53  # a number that is no 64-bit integer is read as a float, exact only below this


_part = re.compile(r"(.+)\$([0-9]+)", re.DOTALL).fullmatch
_is_time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII).fullmatch
# An escape of U+0000 that is not itself escaped; in valid JSON a backslash stands in texts alone.
_nul = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search


def message_id_of(dlr_id: str) -> str:
    """Return the id of the message: the id without a part's `$n` (section 5.1)."""
    match = _part(dlr_id) if "$" in dlr_id else None
    return match.group(1) if match else dlr_id


def parse(
    body: bytes, *, received_at: datetime, default_partner_id: str = "", accept_days: int | None = None
) -> Report:
    """Read one raw row. Raises Unreadable for what is no delivery report of this dialect.

    `accept_days` widens the window of accepted times for an archive's import.
    """
    data = _load(body)
    get = data.get
    dlr_id = get("id")
    if type(dlr_id) is not str or not dlr_id:
        raise Unreadable("missing field" if dlr_id in (None, "") else "wrong type", "id: a text is required")
    if len(dlr_id) > _SURELY_SHORT:
        _check_length("id", dlr_id)
    message_id, part = dlr_id, None
    if "$" in dlr_id and (match := _part(dlr_id)):
        message_id = match.group(1)
        part = _part_number(match.group(2))
    code = get("resultCode")
    if type(code) is not int:
        raise Unreadable("missing field" if code is None else "wrong type", "resultCode: an integer is required")
    if not -_INT32 < code < _INT32:
        raise Unreadable("out of range", "resultCode: at most 2147483647")
    earliest, latest = window(received_at, accept_days)
    at, odd_at = _time(data, "timestamp", earliest, latest)
    sent_at, odd_sent_at = _time(data, "sentTimestamp", earliest, latest)
    ref_id = _text(data, "refId")
    ref_id_cut = False
    if ref_id is not None and len(ref_id) > 64 and len(ref_id.encode()) > 256:
        ref_id, ref_id_cut = cut_to_bytes(ref_id, 256), True
    gate = _object(data, "gateCustomParameters")
    parameters = _object(data, "customParameters")
    partner_id, partner_rank = _partner(data, gate, parameters, default_partner_id)
    source, destination = parameters.pop("source", None), parameters.pop("destination", None)
    for name, value in (("source", source), ("destination", destination)):
        if value is not None and len(value) > _SURELY_SHORT:
            _check_length(name, value)
    operator, operator_code = _text(data, "operator"), _text(data, "operatorResultCode")
    return Report(  # by place, as the fields stand: by name takes twice as long
        message_id,
        part,
        code,
        at,
        sent_at,
        operator or None,
        operator_code,
        ref_id or None,
        _segments(get("segments")),
        partner_id,
        partner_rank,
        source or None,
        normalize_destination(destination) or None,
        parameters,
        odd_at or odd_sent_at,
        ref_id_cut,
    )


@lru_cache(maxsize=1024)  # the rows of one commit came in at one time
def window(received_at: datetime, accept_days: int | None) -> tuple[datetime, datetime]:
    """Return the earliest and the latest time that is accepted (section 5.6)."""
    return max(EARLIEST, received_at - timedelta(days=accept_days or ACCEPT_DAYS)), received_at + ACCEPT_AHEAD


def _load(body: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable("not JSON", str(error)[:300]) from None
    if type(data) is not dict:
        if data == []:
            raise Unreadable("empty array", "an array holds at least one delivery report")
        raise Unreadable("not an object", f"a delivery report is a JSON object, not {type(data).__name__}")
    # PostgreSQL keeps no NUL in text and jsonb; the cheap test first, it is on every row's way.
    if b"\\u0000" in body and _nul(body):
        raise Unreadable("NUL character", "a text holds the character U+0000")
    return data


def _check_length(name: str, value: str) -> None:
    limit = LIMITS[name]
    if len(value) * 4 > limit and len(value.encode()) > limit:
        raise Unreadable("too long", f"{name}: at most {limit} bytes")


def _part_number(digits: str) -> int:
    number = int(digits)
    if number > MAX_PART:
        raise Unreadable("out of range", f"id: part numbers end at {MAX_PART}")
    return number


def _text(data: dict, name: str) -> str | None:
    value = data.get(name)
    if value is None:
        return None
    if type(value) is not str:
        raise Unreadable("wrong type", f"{name}: a text or null")
    if len(value) > _SURELY_SHORT and name in LIMITS:
        _check_length(name, value)
    return value


def _segments(value: Any) -> int:
    if value is None:
        return 0
    if type(value) is not int:
        raise Unreadable("wrong type", "segments: an integer")
    if not 0 <= value <= MAX_SEGMENTS:
        raise Unreadable("out of range", f"segments: from 0 to {MAX_SEGMENTS}")
    return value


def _object(data: dict, name: str) -> dict[str, str]:
    """Return the map of texts; numbers and truth values become their JSON text, nulls are absent."""
    value = data.get(name)
    if value is None:
        return {}
    if type(value) is not dict:
        raise Unreadable("wrong type", f"{name}: an object")
    if len(value) > _MAX_PARAMETERS:
        raise Unreadable("too many", f"{name}: at most {_MAX_PARAMETERS} keys")
    try:
        "".join(value.values())  # the fastest way to see that all of them are texts
    except TypeError:
        pass
    else:
        return value
    try:
        return {
            key: item if type(item) is str else orjson.dumps(item).decode()
            for key, item in value.items()
            if item is not None
        }
    except orjson.JSONEncodeError:  # it reads four times as deep as it writes
        raise Unreadable("too deep", f"{name}: a value is nested too deeply") from None


def _partner(data: dict, gate: dict[str, str], parameters: dict[str, str], default: str) -> tuple[str, int]:
    """Return the platformPartnerId and where it came from (section 5.9)."""
    places = (("gateCustomParameters", gate, FROM_GATE), ("customParameters", parameters, FROM_PARAMETERS))
    for name, values, rank in places:
        if value := values.get("platformPartnerId"):
            raw = data[name]["platformPartnerId"]
            if type(raw) is float and abs(raw) >= _FIRST_LOST:
                raise Unreadable("out of range", "platformPartnerId: so long a number must be a text")
            if len(value) > _SURELY_SHORT:
                _check_length("platformPartnerId", value)
            return value, rank
    return (default, FROM_FEED) if default else ("", FROM_NOWHERE)


def _time(data: dict, name: str, earliest: datetime, latest: datetime) -> tuple[datetime | None, bool]:
    """Return the time, None where it is missing or out of the window; and whether it was out of the window."""
    text = data.get(name)
    if text is None:
        return None, False
    if type(text) is not str:
        raise Unreadable("wrong type", f"{name}: an RFC 3339 time as text")
    value = parse_time(text)
    if value is None:
        raise Unreadable("unreadable time", f"{name}: RFC 3339, such as 2015-11-19T09:37:35Z")
    if earliest <= value <= latest:
        return value, False
    return None, True


@lru_cache(maxsize=16384)
def parse_time(text: str) -> datetime | None:
    """Return the time in UTC, None for what is none; the reports of a moment share few times, so they are kept."""
    text = text.upper()
    if not _is_time(text):
        return None
    if text[17:19] == "60":  # a leap second; Python's clock has none
        text = f"{text[:17]}59{text[19:]}"
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return value.astimezone(UTC)
    except OverflowError:  # before the first or after the last year: out of every window
        return value
