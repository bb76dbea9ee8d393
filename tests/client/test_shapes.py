"""The client's shapes have exactly the fields that the API's description has, and allow what it allows."""

from __future__ import annotations

import inspect
import json
import types
import typing
from datetime import date, datetime
from decimal import Decimal
from functools import cache

import msgspec
import pytest

from portal.api.schema import document
from sms_portal import errors, shapes
from sms_portal.shapes import alerts, campaigns, figures, files, gates, messages, partner_ids

NAMES = {  # those that the description calls otherwise
    "Alert": "AlertAnswer",
    "AlertFigures": "AlertFiguresAnswer",
    "AlertRule": "AlertRuleAnswer",
    "MessageCampaign": "Campaign",
    "Campaign": "CampaignAnswer",
    "CampaignWithFigures": "CampaignWithFiguresAnswer",
    "CampaignConversions": "Conversions",
    "ConversionKind": "ConversionKindAnswer",
    "PartnerId": "PartnerIdAnswer",
    "OwnershipPeriod": "PeriodAnswer",
    "Move": "MoveAnswer",
    "PartnerIdRequest": "RequestAnswer",
    "DeclareResult": "BatchItemAnswer",
    "DeclareResults": "BatchAnswer",
    "FieldError": "ProblemError",
    "ProblemBody": "Problem",
    "Gate": "NewGateAnswer",
    "GateFilter": "FilterAnswer",
    "GateDestination": "DestinationAnswer",
    "GateFigures": "GateFiguresAnswer",
    "GateLastAttempt": "LastAttemptAnswer",
    "Submitted": "SubmittedAnswer",
    "Event": "StreamEvent",
    "EventPage": "StreamPage",
    "MessageReport": "ReportWithForwardings",
}
OPEN = {"ProblemBody": {"type", "instance", "request_id"}, "Gate": {"secret"}}  # optional for the client
KINDS = {str: "string", int: "integer", float: "number", bool: "boolean", date: "string", datetime: "string"}
KINDS |= {Decimal: "string", list: "array", tuple: "array", dict: "object", types.NoneType: "null"}

STRUCTS = {
    name: each
    for module in (errors, alerts, campaigns, figures, files, gates, messages, partner_ids)
    for name, each in vars(module).items()
    if inspect.isclass(each) and issubclass(each, msgspec.Struct) and name not in ("Struct", "Shape", "Page")
}


@cache
def components() -> dict:
    return json.loads(json.dumps(document(), default=str))["components"]["schemas"]


def described(schema: dict) -> set[str]:
    """Return the JSON types that a schema allows; a shape is its own name."""
    if "$ref" in schema:
        return {schema["$ref"].rpartition("/")[2]}
    found: set[str] = set()
    for part in schema.get("oneOf", schema.get("anyOf", schema.get("allOf", ()))):
        found |= described(part)
    kinds = schema.get("type", ())
    found |= {kinds} if isinstance(kinds, str) else set(kinds)
    return found or {"string"}  # an enumeration of texts


def typed(annotation: object) -> set[str]:
    """Return the same of a field's type."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return set().union(*(typed(part) for part in typing.get_args(annotation)))
    plain = typing.get_origin(annotation) or annotation
    assert isinstance(plain, type)
    if issubclass(plain, msgspec.Struct):
        return {NAMES.get(plain.__name__, plain.__name__)}
    return {KINDS[plain]}


@pytest.mark.parametrize("name", sorted(STRUCTS))
def test_shape_is_that_of_the_description(name):
    shape, wanted = STRUCTS[name], components()[NAMES.get(name, name)]
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}

    assert set(fields) == set(wanted["properties"])
    for each, field in fields.items():
        ours, theirs = typed(field.type), described(wanted["properties"][each])
        optional = each not in wanted["required"] or each in OPEN.get(name, ())
        assert ours == theirs | ({"null"} if optional and "null" in ours else set()), each
        assert field.required is not optional, each


def test_all_shapes_are_looked_at():
    assert set(NAMES) <= set(STRUCTS)
    assert len(STRUCTS) > 40
    assert set(shapes.__all__) <= set(STRUCTS) | {"Page", "Shape"}
