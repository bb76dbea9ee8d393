"""Fields of a delivery report received as JSON, XML, form pairs or a URL's query (docs/link.md section 3).

All four become an object as in LINK's JSON; `deliveries/dialects/link.py` then reads its fields.
"""

import re
from typing import Any
from urllib.parse import parse_qsl

import orjson

from deliveries.dialects import xml_tree
from deliveries.dialects.fields import MAX_PAIRS
from deliveries.dialects.raw_text import without_bom
from deliveries.dialects.report import Unreadable
from deliveries.dialects.xml_tree import add_value

MAPS = ("customParameters", "gateCustomParameters")
PARTNER_ID = "platformPartnerId"
FIELDS = {
    *("id", "refId", "operator", "operatorResultCode", "sentTimestamp", "timestamp", "resultCode", "segments"),
    *("source", "destination", PARTNER_ID, *MAPS),
}

# An escape of U+0000 that is not itself escaped; in valid JSON a backslash stands in texts alone.
_nul = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000").search
_FORM_TYPE = "application/x-www-form-urlencoded"
# A body without a content type of its own, such as one of before content types were stored.
_begins_with_pair = re.compile(rb"[A-Za-z][\w.\[\]%-]*=").match
_of_map = re.compile(r"(customParameters|gateCustomParameters)(?:\.(.+)|\[(.+)\])", re.DOTALL).fullmatch
# An unencoded plus sign is a space after decoding.
_TIMES, _NUMBERS = ("timestamp", "sentTimestamp"), ("source", "destination")
_time_with_lost_plus = re.compile(r"(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?) (\d\d:?\d\d)").fullmatch
_number_with_lost_plus = re.compile(r" (\d{6,15})").fullmatch


def load(body: bytes, *, query: str = "", content_type: str = "") -> dict[str, Any]:
    """Return the fields of one report; those of the query fill the gaps of a body. Raises Unreadable."""
    body = without_bom(body)
    if query and not body.strip():
        return pairs(query)
    if _is_xml(body, content_type):
        data = _with_maps(xml_tree.read(body))
    elif _is_form(body, content_type):
        data = pairs(body.decode(errors="surrogateescape").strip())
    else:
        data = load_json(body)
    return _filled(data, pairs(query)) if query else data


def id_of(body: bytes, *, query: str = "", content_type: str = "") -> str:
    """Return the `id` that `load` finds, '' where it finds none."""
    try:
        dlr_id = load(body, query=query, content_type=content_type).get("id")
    except Unreadable:
        return ""
    return dlr_id if type(dlr_id) is str else ""


def pairs(text: str) -> dict[str, Any]:
    """Return the fields of form pairs or of a query; an empty value is an absent one. Raises Unreadable.

    Names that are no field's do not count. A field with two different values is a list, which no field may be.
    """
    try:
        found = parse_qsl(text, errors="surrogateescape", max_num_fields=MAX_PAIRS)
    except ValueError:
        raise Unreadable("too many", f"at most {MAX_PAIRS} pairs") from None
    fields: dict[str, Any] = {}
    for name, value in found:
        of_map = _of_map(name)
        if of_map is None and name not in FIELDS:
            continue
        _check(name, value)
        if of_map is None:
            add_value(fields, name, _with_plus(name, value))
        elif type(target := fields.setdefault(of_map[1], {})) is dict:
            add_value(target, of_map[2] or of_map[3], value)
    return _with_maps(fields)


def _check(name: str, value: str) -> None:
    if "\0" in name or "\0" in value:
        raise Unreadable("NUL character", "a text holds the character U+0000")
    try:
        (name + value).encode()
    except UnicodeEncodeError:
        raise Unreadable("not UTF-8", f"{name.encode(errors='replace').decode()[:100]}: a text in UTF-8") from None


def refuse_nul(body: bytes) -> None:
    """Raise Unreadable where JSON holds the one character that PostgreSQL keeps in no text."""
    if b"\\u0000" in body and _nul(body):  # the cheap test first, it is on every row's way
        raise Unreadable("NUL character", "a text holds the character U+0000")


def load_json(body: bytes) -> dict[str, Any]:
    """Return the object of a JSON body. Raises Unreadable."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable("not JSON", str(error)[:300]) from None
    if type(data) is not dict:
        if data == []:
            raise Unreadable("empty array", "an array holds at least one delivery report")
        raise Unreadable("not an object", f"a delivery report is a JSON object, not {type(data).__name__}")
    refuse_nul(body)
    return data


def _is_xml(body: bytes, content_type: str) -> bool:
    start = body.lstrip()[:1]
    return start == b"<" or ("xml" in content_type.lower() and start not in (b"{", b"["))


def _is_form(body: bytes, content_type: str) -> bool:
    start = body.lstrip()[:1]
    if start in (b"", b"{", b"["):  # curl calls everything a form
        return False
    return content_type.lower().startswith(_FORM_TYPE) or _begins_with_pair(body.lstrip()) is not None


def _with_plus(name: str, value: str) -> str:
    """Return a decoded value with the plus signs that decoding made spaces of."""
    if " " not in value:
        return value
    if name == "id":
        return value.replace(" ", "+")
    if name in _TIMES and (match := _time_with_lost_plus(value)):
        return f"{match[1]}+{match[2]}"
    if name in _NUMBERS and (match := _number_with_lost_plus(value)):
        return f"+{match[1]}"
    return value


def _with_maps(found: dict[str, Any]) -> dict[str, Any]:
    """Return what was read as texts with its two maps as objects; one written as JSON is read."""
    for name in MAPS:
        value = found.get(name)
        if type(value) is str and value.lstrip()[:1] in ("{", "["):
            refuse_nul(value.encode())
            try:
                found[name] = orjson.loads(value)
            except orjson.JSONDecodeError as error:
                raise Unreadable("not JSON", f"{name}: {str(error)[:300]}") from None
    return found


def _filled(data: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a body with those of the query that the body does not have."""
    filled = dict(data)
    for name, value in more.items():
        known = filled.get(name)
        if name in MAPS and type(known) is dict and type(value) is dict:
            filled[name] = value | {key: item for key, item in known.items() if item not in (None, "")}
        elif known in (None, "", []) and not (name == PARTNER_ID and _names_partner(data)):
            filled[name] = value
    return filled


def _names_partner(data: dict[str, Any]) -> bool:
    maps = [data.get(name) for name in MAPS]
    return any(type(value) is dict and value.get(PARTNER_ID) for value in maps)
