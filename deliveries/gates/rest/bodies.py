"""Bodies of /api/v1/gates/ as definitions of gates, and faults of definitions at the body's fields."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from campaigns.models import Campaign
from deliveries.gates.changing import GateRefused, input_of
from deliveries.gates.definitions import DestinationInput, GateInput
from deliveries.gates.hidden_values import HIDDEN, restored_headers
from deliveries.gates.secrets import headers_of
from deliveries.models import Gate, GateDestination
from portal.api.bodies import Faults, refuse
from portal.api.problems import BadFields, Conflict
from portal.tenants.models import Tenant

FILTER = (
    *("partner_ids", "final_only", "statuses", "countries", "campaign_ids"),
    *("ref_id_prefix", "parameter_key", "parameter_value"),
)
_LISTS = ("partner_ids", "statuses", "countries", "campaign_ids")
_SAME = (
    "name",
    "ref_id",
    "ttl_ms",
    "acknowledge",
    "throttle",
    "custom_parameters",
    "body",
    "batch_size",
    "forwards_reports",
)
_of_destination = re.compile(r"destinations\[(\d+)\]\.(\w+)").fullmatch
_OWNED = ("url", "content_type", "method", "template", "username", "password", "headers", "custom_parameters")


def new_gate(data: Mapping[str, Any], tenant: Tenant) -> GateInput:
    """Return the definition of a new gate. Raises BadFields."""
    return _given(data, GateInput(name="", ref_id="", destinations=()), {}, tenant)


def changed_gate(data: Mapping[str, Any], gate: Gate) -> GateInput:
    """Return the definition of a gate with the fields that are given. Raises BadFields."""
    stored: dict[str, tuple[DestinationInput, GateDestination]] = {}
    before = input_of(gate)
    for given, row in zip(before.destinations, gate.destinations.all(), strict=True):
        stored.setdefault(row.url, (given, row))
    return _given(data, before, stored, gate.tenant)


def refused(error: GateRefused) -> Exception:
    """Return the problem that answers a refusal."""
    if error.is_duplicate or "gate" in error.problems:
        return Conflict(" ".join(text for texts in error.problems.values() for text in texts))
    faults = [(_pointer(name), text) for name, texts in error.problems.items() for text in texts]
    return BadFields("; ".join(f"{pointer[2:]}: {text}" for pointer, text in faults), faults)


def _given(
    data: Mapping[str, Any],
    before: GateInput,
    stored: Mapping[str, tuple[DestinationInput, GateDestination]],
    tenant: Tenant,
) -> GateInput:
    values = {name: data[name] for name in _SAME if name in data}
    if "type" in data:
        values["gate_type"] = data["type"]
    if "events" in data:
        values["events"] = tuple(dict.fromkeys(data["events"]))
    chosen = data.get("filter", {})
    values |= {name: tuple(chosen[name]) if name in _LISTS else chosen[name] for name in FILTER if name in chosen}
    refuse(_unknown_campaigns(values.get("campaign_ids", ()), tenant))
    if "destinations" in data:
        values["destinations"] = tuple(
            _destination(one, stored, f"#/destinations/{number}") for number, one in enumerate(data["destinations"])
        )
    return replace(before, **values)


def _destination(
    given: Mapping[str, Any], stored: Mapping[str, tuple[DestinationInput, GateDestination]], at: str
) -> DestinationInput:
    if "url" not in given:
        refuse([(f"{at}/url", "This field is required.")])
    before, row = stored.get(given["url"], (DestinationInput(given["url"]), None))
    values = {name: given[name] for name in _OWNED if name in given}
    if values.get("password") == HIDDEN:
        if row is None or not row.password_sealed:
            refuse([(f"{at}/password", "A destination with another URL needs its password again.")])
        values["password"] = None
    if "headers" in values:
        known = headers_of(row) if row else ()
        try:
            headers = restored_headers(values["headers"], known)
        except ValueError as error:
            refuse([(f"{at}/headers", f"The value of the header {error} is missing.")])
        values["headers"] = None if headers and headers == known else headers
    return replace(before, **values)


def _unknown_campaigns(ids: tuple[int, ...], tenant: Tenant) -> Faults:
    known = set(Campaign.objects.filter(tenant_id=tenant.pk, id__in=ids).values_list("id", flat=True)) if ids else set()
    missing = [str(id_) for id_ in ids if id_ not in known]
    return [("#/filter/campaign_ids", f"No campaigns of the tenant: {', '.join(missing[:5])}.")] if missing else []


def _pointer(field: str) -> str:
    """Return where a definition's field stands in a body."""
    if match := _of_destination(field):
        return "#/batch_size" if match[2] == "batch_size" else f"#/destinations/{match[1]}/{match[2]}"
    if field in FILTER:
        return f"#/filter/{field}"
    return "#/type" if field == "gate_type" else f"#/{field}"
