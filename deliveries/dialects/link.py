"""LINK Mobility's SMS REST API: its delivery reports (docs/link.md sections 3 and 5)."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any

import msgspec
import orjson
from msgspec import Meta, Struct

from campaigns.ref_ids import cut_to_bytes
from deliveries.dialects import link_forms
from deliveries.dialects.link_codes import CODES
from deliveries.dialects.report import FROM_FEED, FROM_GATE, FROM_NOWHERE, FROM_PARAMETERS, Report, Unreadable
from portal.common.msisdn import normalize_destination

__all__ = ["CODES", "message_id_of", "parse", "parse_time", "window"]

_PARTNER_ID = link_forms.PARTNER_ID
_PLACES = (("source", "customParameters"), ("destination", "customParameters"), (_PARTNER_ID, "gateCustomParameters"))
MAX_PART = 254
MAX_SEGMENTS = 255
ACCEPT_DAYS = 400  # how old a gateway's time may be at receipt, and
ACCEPT_AHEAD = timedelta(days=2)  # how far ahead (section 5.6)
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)  # whatever an import accepts: months begin with 1970

# In bytes of UTF-8. Longer values are quarantined; the raw row keeps them whole.
LIMITS = {
    "id": 200,
    "operator": 100,
    "operatorResultCode": 200,
    "platformPartnerId": 256,
    "source": 100,
    "destination": 100,
}
_SURELY_SHORT = min(LIMITS.values()) // 4  # characters: no text of so few exceeds any limit
MAX_PARAMETERS = 100
_INT32 = 2**31
_FIRST_LOST = 2**53  # a number that is no 64-bit integer is read as a float, exact only below this


_part = re.compile(r"(.+)\$([0-9]+)", re.DOTALL).fullmatch
_year_1 = re.compile(r"0001-\d\d-\d\d(?:[Tt ].*)?", re.DOTALL).fullmatch  # .NET's empty date, with or without a zone


def message_id_of(dlr_id: str) -> str:
    """Return the id of the message: the id without a part's `$n` (section 5.1)."""
    match = _part(dlr_id) if "$" in dlr_id else None
    return match.group(1) if match else dlr_id


_Time = Annotated[datetime, Meta(tz=True)]


class _Dlr(Struct, gc=False, forbid_unknown_fields=True):
    """A delivery report of the common form, read at once; what is not of it, `_read` reads or refuses.

    Texts are so short here that none can exceed its limit in bytes.
    """

    id: Annotated[str, Meta(min_length=1, max_length=LIMITS["id"] // 4)]
    resultCode: Annotated[int, Meta(gt=-_INT32, lt=_INT32)]
    timestamp: _Time | None = None
    sentTimestamp: _Time | None = None
    refId: str | None = None
    operator: Annotated[str, Meta(max_length=LIMITS["operator"] // 4)] | None = None
    operatorResultCode: Annotated[str, Meta(max_length=LIMITS["operatorResultCode"] // 4)] | None = None
    segments: Annotated[int, Meta(ge=0, le=MAX_SEGMENTS)] | None = None
    gateCustomParameters: Annotated[dict[str, str], Meta(max_length=MAX_PARAMETERS)] | None = None
    customParameters: Annotated[dict[str, str], Meta(max_length=MAX_PARAMETERS)] | None = None


_decode = msgspec.json.Decoder(_Dlr).decode


def parse(
    body: bytes,
    *,
    received_at: datetime,
    default_partner_id: str = "",
    accept_days: int | None = None,
    query: str = "",
    content_type: str = "",
    content_encoding: str = "",
) -> Report:
    """Read one raw row. Raises Unreadable for what is no delivery report of this dialect.

    `accept_days` widens the window of accepted times for an archive's import. `query`, `content_type` and
    `content_encoding` are the request's; the last one is that of a body that is not unpacked.
    """
    if query or content_encoding:
        dlr = _read(body, query, content_type, content_encoding)
    else:
        try:
            dlr = _decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            dlr = _read(body, query, content_type, content_encoding)
        else:
            link_forms.refuse_nul(body)
    message_id, part = dlr.id, None
    if "$" in message_id and (match := _part(message_id)):
        message_id = match.group(1)
        part = _part_number(match.group(2))
    earliest, latest = window(received_at, accept_days)
    at, odd_at = _within(dlr.timestamp, earliest, latest)
    sent_at, odd_sent_at = _within(dlr.sentTimestamp, earliest, latest)
    ref_id, ref_id_cut = dlr.refId, False
    if ref_id is not None and len(ref_id) > 64 and len(ref_id.encode()) > 256:
        ref_id, ref_id_cut = cut_to_bytes(ref_id, 256), True
    parameters = dlr.customParameters or {}
    partner_id, partner_rank = _partner(dlr.gateCustomParameters, parameters, default_partner_id)
    source, destination = parameters.pop("source", None), parameters.pop("destination", None)
    if source and len(source) > _SURELY_SHORT:
        _check_length("source", source)
    if destination and len(destination) > _SURELY_SHORT:
        _check_length("destination", destination)
    return Report(  # positional arguments in the order of the fields: keywords take longer
        message_id,
        part,
        dlr.resultCode,
        at,
        sent_at,
        dlr.operator or None,
        dlr.operatorResultCode,
        ref_id or None,
        dlr.segments or 0,
        partner_id,
        partner_rank,
        source or None,
        normalize_destination(destination) or None,
        parameters,
        odd_at or odd_sent_at,
        ref_id_cut,
    )


def _read(body: bytes, query: str, content_type: str, content_encoding: str) -> _Dlr:
    """Read a request field by field: what is odd but can be taken, and the reason why something cannot."""
    # A header does not decide what a body is: one that can be read as it came was not packed.
    if content_encoding and not link_forms.id_of(body, content_type=content_type):
        raise Unreadable("cannot be unpacked", f"Content-Encoding: {content_encoding[:300]}")
    data = link_forms.load(body, query=query, content_type=content_type)
    get = data.get
    dlr_id = get("id")
    if type(dlr_id) is not str or not dlr_id:
        raise Unreadable("missing field" if dlr_id in (None, "") else "wrong type", "id: a text is required")
    _check_length("id", dlr_id)
    code = _number(get("resultCode"))
    if type(code) is not int:
        raise Unreadable("missing field" if code is None else "wrong type", "resultCode: an integer is required")
    if not -_INT32 < code < _INT32:
        raise Unreadable("out of range", "resultCode: at most 2147483647")
    for name, place in _PLACES:
        _put_in_place(data, name, place)
    gate, parameters = _object(data, "gateCustomParameters"), _object(data, "customParameters")
    raw = (data.get("gateCustomParameters" if gate.get(_PARTNER_ID) else "customParameters") or {}).get(_PARTNER_ID)
    if type(raw) is float and abs(raw) >= _FIRST_LOST:
        raise Unreadable("out of range", f"{_PARTNER_ID}: so long a number must be a text")
    return _Dlr(
        dlr_id,
        code,
        _time(data, "timestamp"),
        _time(data, "sentTimestamp"),
        _text(data, "refId"),
        _text(data, "operator"),
        _text(data, "operatorResultCode"),
        _segments(get("segments")),
        gate,
        parameters,
    )


@lru_cache(maxsize=1024)  # the rows of one commit came in at one time
def window(received_at: datetime, accept_days: int | None) -> tuple[datetime, datetime]:
    """Return the earliest and the latest time that is accepted (section 5.6)."""
    return max(EARLIEST, received_at - timedelta(days=accept_days or ACCEPT_DAYS)), received_at + ACCEPT_AHEAD


def _put_in_place(data: dict[str, Any], name: str, place: str) -> None:
    """Move a top-level field to its usual place, unless that place has a value."""
    value = data.get(name)
    if value is None or value == "":
        return
    if type(value) not in (str, int, float):
        raise Unreadable("wrong type", f"{name}: a text")
    usual = data.get(place)
    if usual is None or usual == []:
        data[place] = {name: value}
    elif type(usual) is dict and usual.get(name) in (None, ""):
        data[place] = usual | {name: value}


def _check_length(name: str, value: str) -> None:
    limit = LIMITS[name]
    if len(value) * 4 > limit and len(value.encode()) > limit:
        raise Unreadable("too long", f"{name}: at most {limit} bytes")


def _part_number(digits: str) -> int:
    number = int(digits)
    if number > MAX_PART:
        raise Unreadable("out of range", f"id: part numbers end at {MAX_PART}")
    return number


def _text(data: dict[str, Any], name: str) -> str | None:
    value = data.get(name)
    if value is None:
        return None
    if type(value) is not str:
        raise Unreadable("wrong type", f"{name}: a text or null")
    if len(value) > _SURELY_SHORT and name in LIMITS:
        _check_length(name, value)
    return value


def _number(value: Any) -> Any:
    """Return the integer of a text of digits; anything else as it is."""
    return int(value) if type(value) is str and value.isascii() and value.isdigit() and len(value) < 20 else value


def _segments(value: Any) -> int:
    if value is None:
        return 0
    value = _number(value)
    if type(value) is not int:
        raise Unreadable("wrong type", "segments: an integer")
    if not 0 <= value <= MAX_SEGMENTS:
        raise Unreadable("out of range", f"segments: from 0 to {MAX_SEGMENTS}")
    return value


def _object(data: dict[str, Any], name: str) -> dict[str, str]:
    """Return the map of texts; numbers and truth values become their JSON text, nulls are absent."""
    value = data.get(name)
    if value is None or value == []:  # PHP's empty object
        return {}
    if type(value) is not dict:
        raise Unreadable("wrong type", f"{name}: an object")
    if len(value) > MAX_PARAMETERS:
        raise Unreadable("too many", f"{name}: at most {MAX_PARAMETERS} keys")
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


def _partner(gate: dict[str, str] | None, parameters: dict[str, str], default: str) -> tuple[str, int]:
    """Return the platformPartnerId and its source (section 5.9)."""
    if gate and (value := gate.get(_PARTNER_ID)):
        rank = FROM_GATE
    elif value := parameters.get(_PARTNER_ID):
        rank = FROM_PARAMETERS
    else:
        return (default, FROM_FEED) if default else ("", FROM_NOWHERE)
    if len(value) > _SURELY_SHORT:
        _check_length(_PARTNER_ID, value)
    return value, rank


def _time(data: dict[str, Any], name: str) -> datetime | None:
    text = data.get(name)
    if text is None:
        return None
    if type(text) is not str:
        raise Unreadable("wrong type", f"{name}: an RFC 3339 time as text")
    if _year_1(text):
        return None
    value = parse_time(text)
    if value is None:
        raise Unreadable("unreadable time", f"{name}: RFC 3339, such as 2015-11-19T09:37:35Z")
    return value


def _within(value: datetime | None, earliest: datetime, latest: datetime) -> tuple[datetime | None, bool]:
    """Return the time in UTC, None where it is missing or out of the window; and whether it was out of the window."""
    if value is None or value.year == 1:
        return None, False
    if value.tzinfo is not UTC:
        value = _in_utc(value)
    if earliest <= value <= latest:
        return value, False
    return None, True


def parse_time(text: str) -> datetime | None:
    """Return the time in UTC, None for what is none."""
    if text[17:19] == "60":  # a leap second; Python's clock has none
        text = f"{text[:17]}59{text[19:]}"
    try:
        return _in_utc(msgspec.convert(text, _Time))
    except msgspec.ValidationError:
        return None


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # before the first or after the last year: out of every window
        return value
