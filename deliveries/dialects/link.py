"""LINK Mobility's SMS REST API: its delivery reports (docs/link.md sections 3 and 5)."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from campaigns.ref_ids import cut_to_bytes
from deliveries.dialects import link_advice, link_codes, link_forms
from deliveries.dialects.dialect import Dialect
from deliveries.dialects.fields import (
    ACCEPT_AHEAD,
    INT32,
    MAX_PARAMETERS,
    MAX_SEGMENTS,
    Time,
    check_length,
    code,
    map_of_texts,
    parse_time,
    required_text,
    segments,
    text,
    time,
    window,
    within,
)
from deliveries.dialects.link_codes import CODES
from deliveries.dialects.report import FROM_FEED, FROM_GATE, FROM_NOWHERE, FROM_PARAMETERS, Report, Unreadable
from portal.common.msisdn import normalize_destination

__all__ = ["ACCEPT_AHEAD", "CODES", "DIALECT", "message_id_of", "parse", "parse_time", "window"]

_PARTNER_ID = link_forms.PARTNER_ID
_PLACES = (("source", "customParameters"), ("destination", "customParameters"), (_PARTNER_ID, "gateCustomParameters"))
MAX_PART = 254

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
_FIRST_LOST = 2**53  # a number that is no 64-bit integer is read as a float, exact only below this


_part = re.compile(r"(.+)\$([0-9]+)", re.DOTALL).fullmatch


def message_id_of(dlr_id: str) -> str:
    """Return the id of the message: the id without a part's `$n` (section 5.1)."""
    match = _part(dlr_id) if "$" in dlr_id else None
    return match.group(1) if match else dlr_id


class _Dlr(Struct, gc=False, forbid_unknown_fields=True):
    """A delivery report of the common form, read at once; what is not of it, `_read` reads or refuses.

    Texts are so short here that none can exceed its limit in bytes.
    """

    id: Annotated[str, Meta(min_length=1, max_length=LIMITS["id"] // 4)]
    resultCode: Annotated[int, Meta(gt=-INT32, lt=INT32)]
    timestamp: Time | None = None
    sentTimestamp: Time | None = None
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
    at, odd_at = within(dlr.timestamp, earliest, latest)
    sent_at, odd_sent_at = within(dlr.sentTimestamp, earliest, latest)
    ref_id, ref_id_cut = dlr.refId, False
    if ref_id is not None and len(ref_id) > 64 and len(ref_id.encode()) > 256:
        ref_id, ref_id_cut = cut_to_bytes(ref_id, 256), True
    parameters = dlr.customParameters or {}
    partner_id, partner_rank = _partner(dlr.gateCustomParameters, parameters, default_partner_id)
    source, destination = parameters.pop("source", None), parameters.pop("destination", None)
    if source and len(source) > _SURELY_SHORT:
        check_length("source", source, LIMITS["source"])
    if destination and len(destination) > _SURELY_SHORT:
        check_length("destination", destination, LIMITS["destination"])
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
    dlr_id = required_text(get("id"), "id", limit=LIMITS["id"])
    result_code = code(get("resultCode"), "resultCode")
    for name, place in _PLACES:
        _put_in_place(data, name, place)
    gate, parameters = (map_of_texts(data.get(name), name) for name in ("gateCustomParameters", "customParameters"))
    raw = (data.get("gateCustomParameters" if gate.get(_PARTNER_ID) else "customParameters") or {}).get(_PARTNER_ID)
    if type(raw) is float and abs(raw) >= _FIRST_LOST:
        raise Unreadable("out of range", f"{_PARTNER_ID}: so long a number must be a text")
    return _Dlr(
        dlr_id,
        result_code,
        time(get("timestamp"), "timestamp"),
        time(get("sentTimestamp"), "sentTimestamp"),
        text(get("refId"), "refId"),
        text(get("operator"), "operator", limit=LIMITS["operator"]),
        text(get("operatorResultCode"), "operatorResultCode", limit=LIMITS["operatorResultCode"]),
        segments(get("segments")),
        gate,
        parameters,
    )


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


def _part_number(digits: str) -> int:
    number = int(digits)
    if number > MAX_PART:
        raise Unreadable("out of range", f"id: part numbers end at {MAX_PART}")
    return number


def _partner(gate: dict[str, str] | None, parameters: dict[str, str], default: str) -> tuple[str, int]:
    """Return the platformPartnerId and its source (section 5.9)."""
    if gate and (value := gate.get(_PARTNER_ID)):
        rank = FROM_GATE
    elif value := parameters.get(_PARTNER_ID):
        rank = FROM_PARAMETERS
    else:
        return (default, FROM_FEED) if default else ("", FROM_NOWHERE)
    if len(value) > _SURELY_SHORT:
        check_length(_PARTNER_ID, value, LIMITS[_PARTNER_ID])
    return value, rank


def _key(data: Any, default: str = "") -> str:
    dlr_id = (data.get("id") or default) if type(data) is dict else None
    return message_id_of(dlr_id) if type(dlr_id) is str else ""


def _key_of_row(body: bytes, *, query: str = "", content_type: str = "") -> str:
    return message_id_of(link_forms.id_of(body, query=query, content_type=content_type))


DIALECT = Dialect(
    title="LINK Mobility, SMS REST API",
    codes=CODES,
    billed=link_codes.BILLED,
    advice=link_advice.ADVICE,
    parse=parse,
    key=_key,
    key_of_row=_key_of_row,
    patience=timedelta(hours=48),
)
