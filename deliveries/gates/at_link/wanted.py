"""Gate of one platformPartnerId as it should be at LINK: compared with the present one, and merged into it.

What the portal does not need stays as it is: other destinations, other custom parameters, the throttle. `platform_id`
is the account's, `owner` the partner that has the gate at LINK.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.common.masking import Masking
from portal.common.redaction import redact
from portal.tenants.gate_values import TTL_MS, destination, partner_gate

PARTNER = "platformPartnerId"
HEADER, METHOD, TEMPLATE = "http.header1", "method", "template"
_readable = re.compile(r"[A-Za-z0-9._-]{1,64}").fullmatch
MAX_SHOWN = 100

Gate = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """The feed as gates should name it. `url` is None in a trial as long as the portal has no token of its own."""

    feed_name: str
    platform_id: str
    url: str | None
    username: str
    password: str
    header: str
    feeds_us: Callable[[str], bool]  # whether an address is one of the account's, of today or of before
    is_right: Callable[[str], bool]  # whether an address is the chosen feed's, with a token that does not end


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a gate that is not as it should be; secrets are not in the texts."""

    field: str
    has: str
    wants: str


def ref_id_of(target: Target, partner_id: str) -> str:
    """Return the gate's refId: `portal-<feed>-<partner ID>`.

    A hash replaces a partner ID that may be a phone number or does not fit into an address.
    """
    is_plain = _readable(partner_id) and not Masking(in_full=False).hides(partner_id)
    name = partner_id if is_plain else hashlib.sha256(partner_id.encode()).hexdigest()[:24]
    return f"portal-{target.feed_name}-{name}"


def new_gate(target: Target, *, owner: str, partner_id: str) -> dict[str, Any]:
    """Return a gate to create."""
    return partner_gate(
        ref_id=ref_id_of(target, partner_id),
        platform_id=target.platform_id,
        owner=owner,
        partner_id=partner_id,
        destination=_destination(target),
    )


def destinations(gate: Gate) -> list[dict[str, Any]]:
    """Return the gate's destinations, without what is none."""
    found = gate.get("destinations")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def ours(gate: Gate, target: Target) -> list[int]:
    """Return the positions of the destinations that deliver to the account's feeds."""
    return [n for n, one in enumerate(destinations(gate)) if target.feeds_us(_text(one.get("url")))]


def partner_of(gate: Gate) -> str:
    """Return the platformPartnerId that the gate's reports carry, '' if it sets none."""
    return _text(_map(gate.get("customParameters")).get(PARTNER))


def differences(gate: Gate, target: Target, *, partner_id: str) -> list[Difference]:
    """Return the fields in which a gate that feeds the portal is not as it should be."""
    found = []
    positions = ours(gate, target)
    all_of_them = destinations(gate)
    one = all_of_them[positions[0]]
    own = _map(one.get("customParameters"))
    if not target.is_right(_text(one.get("url"))):
        found.append(Difference("url", shown(redact(_text(one.get("url")))), redact(target.url or "/dlr/TOKEN/")))
    if len(positions) > 1:
        found.append(Difference("destinations", str(len(positions)), "1"))
    found += _if_other("contentType", _text(one.get("contentType")) or "application/json", "application/json")
    found += _if_other("username", _text(one.get("username")), target.username)
    # LINK may hide a password that is set.
    password = _text(one.get("password"))
    if password != target.password and password.strip("*•") and target.username:
        found.append(Difference("password", "•••", "•••"))
    found += _if_other(METHOD, _text(own.get(METHOD)).upper() or "POST", "POST")
    found += _if_other(TEMPLATE, _text(own.get(TEMPLATE)), "")
    header = _text(own.get(HEADER))
    if _header(header) != _header(target.header):
        found.append(Difference(HEADER, _name(header), _name(target.header)))
    if len(all_of_them) > 1:
        found += _if_other("gateType", _text(gate.get("gateType")), "ALL")
    ttl = gate.get("ttl")
    found += _if_other("ttl", _text(TTL_MS if ttl is None else ttl), str(TTL_MS))
    found += _if_other("acknowledge", _text(gate.get("acknowledge") is True).lower(), "true")
    found += _if_other(f"customParameters.{PARTNER}", partner_of(gate), partner_id)
    return found


def corrected(gate: Gate, target: Target, *, owner: str, partner_id: str) -> dict[str, Any]:
    """Return the whole gate as it should be, for a PUT. Only what `differences` compares is set."""
    new = {name: value for name, value in gate.items() if name != "id"}
    positions = ours(gate, target)
    kept = destinations(gate)
    first = kept[positions[0]]
    wanted = _destination(target)
    rest = {k: v for k, v in _map(first.get("customParameters")).items() if k not in (HEADER, METHOD, TEMPLATE)}
    if target.is_right(_text(first.get("url"))):
        wanted["url"] = first["url"]
    wanted["customParameters"] = rest | wanted["customParameters"]
    others = [one for n, one in enumerate(kept) if n not in positions]
    new |= {
        "type": "PARTNER_GATE",
        "platformId": target.platform_id,
        "platformPartnerId": owner,
        "destinations": [first | wanted, *others],
        "ttl": TTL_MS,
        "acknowledge": True,
        "customParameters": _map(gate.get("customParameters")) | {PARTNER: partner_id},
    }
    if others:
        new["gateType"] = "ALL"
    new.setdefault("gateType", "ONE_ORDERED")
    return new


def hides_others(gate: Gate, target: Target) -> bool:
    """Return whether another destination of the gate needs a password that LINK does not show."""
    positions = ours(gate, target)
    others = [one for n, one in enumerate(destinations(gate)) if n not in positions]
    return any(_text(one.get("username")) and not _text(one.get("password")).strip("*•") for one in others)


def shown(text: str) -> str:
    """Return a value of LINK's as the page and the command show it."""
    return Masking(in_full=False).text(text)[:MAX_SHOWN]


def _destination(target: Target) -> dict[str, Any]:
    return destination(target.url or "", username=target.username, password=target.password, header=target.header)


def _if_other(field: str, has: str, wants: str) -> list[Difference]:
    return [Difference(field, shown(has), shown(wants))] if has != wants else []


def _header(text: str) -> tuple[str, str]:
    name, _sign, value = text.partition(":")
    return name.strip().lower(), value.strip()


def _name(header: str) -> str:
    name = header.partition(":")[0].strip()
    return f"{shown(name)}:•••" if name else ""


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
