"""Bodies of saved reports as values of definitions, checked as on the pages."""

from collections.abc import Mapping
from typing import Any

from deliveries.dialects.codes import COUNTS_AS
from deliveries.models import Gate
from portal.accounts.access import Access
from portal.api.bodies import Faults, refuse
from portal.common.countries import country_problem
from portal.tenants.models import GatewayAccount
from reports.models import ReportDefinition
from reports.schedules.checking import WrongDefinition, check_definition
from reports.schedules.definitions import VALUES
from reports.schedules.pages.typed_filters import read_values

Frequency = ReportDefinition.Frequency
_OWN = ("name", "kind", "formats", "period", "first", "last", "gates")
_EMPTY: dict[str, Any] = {
    "parameters": {},
    "first": None,
    "last": None,
    "language": "",
    "frequency": "",
    "weekday": None,
    "month_day": None,
    "at": None,
    "condition": "",
    "gates": [],
}


def new_values(body: Mapping[str, Any], access: Access) -> dict[str, Any]:
    """Return the values of a new definition. Raises BadFields."""
    return _checked(_EMPTY | _given(body, access), access, [])


def changed_values(body: Mapping[str, Any], definition: ReportDefinition, access: Access) -> dict[str, Any]:
    """Return the values of a definition with the fields that are given. Raises BadFields."""
    stored = {name: getattr(definition, name) for name in VALUES}
    return _checked(stored | _given(body, access, held=definition.gates), access, definition.gates)


def check_stored(definition: ReportDefinition, access: Access) -> None:
    """Check a definition as it is saved. Raises BadFields."""
    changed_values({}, definition, access)


def _given(body: Mapping[str, Any], access: Access, held: list[int] | None = None) -> dict[str, Any]:
    values = {name: body[name] for name in VALUES if name in body}
    if "parameters" in values:
        values["parameters"] = _parameters(body["parameters"])
    if "gates" in values:
        values["gates"] = _gate_ids(body["gates"], access)
    return values


def _checked(values: dict[str, Any], access: Access, held_gates: list[int]) -> dict[str, Any]:
    frequency, is_custom = values["frequency"], values["period"] == ReportDefinition.Period.CUSTOM
    faults: Faults = []
    for name, of in (("at", Frequency.values), ("weekday", [Frequency.WEEKLY]), ("month_day", [Frequency.MONTHLY])):
        if frequency in of and values[name] is None:
            faults.append((f"#/{name}", f"required of a {frequency} report"))
        elif frequency not in of:
            values[name] = None
    refuse(faults)
    if not is_custom:
        values["first"] = values["last"] = None
    definition = ReportDefinition(tenant=access.tenant, **values)
    try:
        check_definition(definition, access, held_gates=held_gates)
    except WrongDefinition as wrong:
        at = f"#/{wrong.field}" if wrong.field in (*_OWN, "parameters") else f"#/parameters/{wrong.field}"
        refuse([(at, wrong.text)])
    return values


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as definitions hold them: an account by its id, codes as numbers, without empty ones."""
    found = {name: value for name, value in given.items() if value not in ("", None, [], {})}
    faults: Faults = []
    if "filters" in found:
        found["filters"] = _filters(found["filters"], faults)
    country = found.get("search", {}).get("country")
    if country and (problem := country_problem(country)):
        faults.append(("#/parameters/search/country", problem))
    if "search" in found:
        found["search"] = {name: list(v) if name == "statuses" else v for name, v in found["search"].items()}
    if "account" in found:
        account_id = GatewayAccount.objects.filter(name=found["account"]).values_list("id", flat=True).first()
        found["account"] = account_id or 0  # whether the key may see it is checked by the definition
    refuse(faults)
    return found


def _filters(given: Mapping[str, list[str]], faults: Faults) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, texts in given.items():
        at = f"#/parameters/filters/{name}"[:200]
        if name == "result_code":
            values, problem = read_values(name, "\n".join(texts))
        else:
            values, problem = list(texts), ""
        if name == "country":
            problem = next((text for text in map(country_problem, values) if text), "")
        if name == "status":
            wrong = [value for value in values if value not in COUNTS_AS]
            problem = f"one of {', '.join(sorted(COUNTS_AS))}" if wrong else ""
        if problem:
            faults.append((at, problem))
        if values:
            found[name] = values
    return found


def _gate_ids(public_ids: list[str], access: Access) -> list[int]:
    known = dict(Gate.objects.filter(tenant=access.tenant, public_id__in=public_ids).values_list("public_id", "id"))
    refuse([(f"#/gates/{place}", "no gate of this id") for place, one in enumerate(public_ids) if one not in known])
    return sorted({known[one] for one in public_ids})
