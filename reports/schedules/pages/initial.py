"""Values with which the builder's form begins: of a definition, of a ready-made report, or as they were typed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from campaigns.models import Campaign
from reports.models import ReportDefinition
from reports.schedules.definitions import VALUES
from reports.schedules.figure_tables import ALWAYS, DEFAULT
from reports.schedules.kinds import KINDS
from reports.schedules.message_log import DEFAULT_COLUMNS
from reports.schedules.recipients import recipients_of

Kind = ReportDefinition.Kind
AS_THEY_ARE = (
    "key",
    "by",
    "account",
    "metric",
    "within",
    "group_by",
    "template",
    "costs",
)  # parameters with a field of their own
_SEVERAL = ("status", "tenant")  # filters that are chosen, not typed


def of_definition(definition: ReportDefinition) -> dict[str, Any]:
    """Return the form's values of a saved definition, with the members among its recipients."""
    values = {name: getattr(definition, name) for name in VALUES}
    members = [str(one.user_id) for one in recipients_of(definition) if one.user_id]
    return of_values(values) | {"members": members}


def of_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's values of those of a definition (VALUES)."""
    parameters = values.get("parameters") or {}
    found = {name: value for name, value in values.items() if name != "parameters"}
    found["formats"] = list(values.get("formats", []))
    found |= {name: parameters[name] for name in AS_THEY_ARE if name in parameters}
    found["columns"] = parameters.get("columns") or usual_columns(values["kind"])
    if "campaign" in parameters:
        campaign = Campaign.objects.filter(id=parameters["campaign"]).first()
        found["campaign"] = campaign.name if campaign else ""
    for name, value in {**parameters.get("filters", {}), **parameters.get("search", {})}.items():
        name = "status" if name == "statuses" else name
        given = value if isinstance(value, list) else [value]
        found[f"filter_{name}"] = given if name in _SEVERAL else "\n".join(map(str, given))
    return found


def of_typed(form: forms.Form, typed: QueryDict, kind: str) -> dict[str, Any]:
    """Return what a person has typed, for the form of another kind."""
    found = {name: field.widget.value_from_datadict(typed, {}, name) for name, field in form.fields.items()}
    found["formats"] = [name for name in found["formats"] if name in KINDS[kind].formats] or [KINDS[kind].formats[0]]
    found["columns"] = usual_columns(kind)
    return found | {"kind": kind}


def usual_columns(kind: str) -> list[str]:
    """Return the columns that are chosen at first."""
    return list(DEFAULT_COLUMNS) if kind == Kind.MESSAGES else [name for name in DEFAULT if name not in ALWAYS]
