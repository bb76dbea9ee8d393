"""Gates as LINK's PartnerGate objects: written for answers, and read from bodies.

Passwords and values of headers are masked in answers. A client that sends a mask back, or leaves a password out, keeps
what is stored of the destination with the same URL.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from deliveries.gates.changing import input_of
from deliveries.gates.definitions import MAX_NAME, DestinationInput, GateInput
from deliveries.gates.hidden_values import HIDDEN, hidden_headers, restored_headers
from deliveries.gates.secrets import headers_of
from deliveries.models import Gate, GateDestination
from deliveries.models.gates import DEFAULT_TTL
from portal.api.link_errors import Code, LinkError

TYPE = "PARTNER_GATE"
METHOD, TEMPLATE = "method", "template"
_header_name = re.compile(r"http\.header([0-9]{1,3})").fullmatch
_POST = GateDestination.Method.POST

# Fields of a definition as LINK names them.
NAMES = {
    "ref_id": "refId",
    "gate_type": "gateType",
    "ttl_ms": "ttl",
    "custom_parameters": "customParameters",
    "content_type": "contentType",
    "method": "customParameters.method",
    "template": "customParameters.template",
    "headers": "customParameters.http.header1",
}


def shown(gate: Gate, *, platform_id: str) -> dict[str, Any]:
    """Return a gate of one partner ID with every field."""
    (partner_id,) = gate.partner_ids
    return {
        "type": TYPE,
        "id": gate.public_id,
        "refId": gate.ref_id,
        "platformId": platform_id,
        "platformPartnerId": partner_id,
        "destinations": [_destination(one) for one in gate.destinations.all()],
        "gateType": gate.gate_type,
        "ttl": gate.ttl_ms,
        "acknowledge": gate.acknowledge,
        "throttle": gate.throttle,
        "customParameters": gate.custom_parameters,
    }


def _destination(one: GateDestination) -> dict[str, Any]:
    parameters = dict(one.custom_parameters)
    if one.method != _POST:
        parameters[METHOD] = one.method
    if one.template:
        parameters[TEMPLATE] = one.template
    for number, header in enumerate(hidden_headers(headers_of(one)), start=1):
        parameters[f"http.header{number}"] = header
    return {
        "url": one.url,
        "contentType": one.content_type,
        "username": one.username,
        "password": HIDDEN if one.password_sealed else "",
        "customParameters": parameters,
    }


def read_new(body: Mapping[str, Any], *, partner_id: str) -> GateInput:
    """Return the definition of a new gate. Raises LinkError."""
    if body.get("id"):
        raise LinkError(Code.ID, "a new gate has no id")
    missing = [name for name in ("refId", "destinations") if body.get(name) in (None, "", [])]
    if missing:
        raise LinkError(Code.MISSING, ", ".join(missing))
    ref_id = _text(body, "refId", Code.REF_ID)
    return _read(body, GateInput(name=ref_id[:MAX_NAME], ref_id=ref_id, destinations=(), partner_ids=(partner_id,)), {})


def read_change(body: Mapping[str, Any], gate: Gate) -> GateInput:
    """Return the definition of a changed gate: what LINK's shape does not have stays as it is. Raises LinkError."""
    if body.get("id") not in (None, "", gate.public_id):
        raise LinkError(Code.ID, "the body's id is another gate's")
    if not body.get("destinations"):
        raise LinkError(Code.MISSING, "destinations")
    before = input_of(gate)
    ref_id = _text(body, "refId", Code.REF_ID) if body.get("refId") is not None else before.ref_id
    stored = {one.url: one for one in gate.destinations.all()}
    return _read(body, replace(before, ref_id=ref_id), stored)


def _read(body: Mapping[str, Any], known: GateInput, stored: Mapping[str, GateDestination]) -> GateInput:
    if body.get("type") not in (None, TYPE):
        raise _bad("type", f"it is {TYPE}")
    destinations = body["destinations"]
    if not isinstance(destinations, list) or not all(isinstance(one, dict) for one in destinations):
        raise _bad("destinations", "a list of objects")
    return replace(
        known,
        gate_type=_text(body, "gateType") or Gate.Type.ONE_ORDERED,
        ttl_ms=_number(body, "ttl", DEFAULT_TTL),
        acknowledge=_boolean(body, "acknowledge"),
        throttle=_number(body, "throttle", None),
        custom_parameters=_texts(body),
        destinations=tuple(_read_destination(one, stored) for one in destinations),
    )


def _read_destination(given: Mapping[str, Any], stored: Mapping[str, GateDestination]) -> DestinationInput:
    url = _text(given, "url")
    if not url:
        raise LinkError(Code.MISSING, "destinations.url")
    username, password = _text(given, "username"), _text(given, "password")
    same = stored.get(url)
    if password == HIDDEN and (same is None or not same.password_sealed):
        raise _bad("password", "a destination with another URL needs its password again")
    is_kept = password == HIDDEN or (given.get("password") is None and bool(username))
    parameters = _texts(given)
    numbered = {int(found[1]): name for name in parameters if (found := _header_name(name))}
    try:
        headers = restored_headers(
            [text for number in sorted(numbered) if (text := parameters[numbered[number]])],
            headers_of(same) if same else (),
        )
    except ValueError as error:
        raise _bad("customParameters", f"the value of the header {error} is missing") from error
    is_same = same is not None and headers == headers_of(same)
    return DestinationInput(
        url=url,
        content_type=_text(given, "contentType").partition(";")[0].strip().lower() or GateDestination.JSON,
        method=parameters.get(METHOD, "").upper() or _POST,
        template=parameters.get(TEMPLATE, ""),
        username=username,
        password=None if is_kept else password,
        headers=None if headers and is_same else headers,
        custom_parameters={
            name: text
            for name, text in parameters.items()
            if name not in (METHOD, TEMPLATE) and name not in numbered.values()
        },
    )


def _text(given: Mapping[str, Any], name: str, code: Code = Code.GATE) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _bad(name, "a text", code)
    return value


def _number(given: Mapping[str, Any], name: str, default: int | None) -> Any:
    value = given.get(name)
    if value is None:
        return default
    if type(value) is not int:
        raise _bad(name, "a whole number")
    return value


def _boolean(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name)
    if not isinstance(value, bool | None):
        raise _bad(name, "true or false")
    return bool(value)


def _texts(given: Mapping[str, Any], name: str = "customParameters") -> dict[str, str]:
    """Return custom parameters: texts, also of numbers and truth values; null ones are left out."""
    values = given.get(name) or {}
    if not isinstance(values, dict) or any(isinstance(value, list | dict) for value in values.values()):
        raise _bad(name, "an object of texts")
    return {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in values.items()
        if value is not None
    }


def _bad(name: str, text: str, code: Code = Code.GATE) -> LinkError:
    return LinkError(code, f"{name}: {text}")
